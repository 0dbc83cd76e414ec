// The form of the texts that are credentials: which kinds there are, and what a text says of itself without anybody being asked. Nothing
// here keeps, logs or makes one; texts are made in secrets.ts. Source: contract 2.

import { crc32 } from 'node:zlib';

export const TEXT_KINDS = ['classic', 'fine_grained', 'session', 'setup', 'exchanged', 'client'] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

export const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;
export const RANDOM_LENGTH = 30;
export const FINE_GRAINED_FIRST_LENGTH = 22;
export const FINE_GRAINED_SECOND_LENGTH = 53;
/** `i`, initial password: the one-time right to choose it is no credential and opens nothing else. */
export const LETTER = { classic: 'p', session: 's', setup: 'i', exchanged: 'x', client: 'c' } as const;

/** The six characters at the end: CRC-32 (IEEE) of the random ones in order, in base62, padded with `0`. */
export function checksumOf(random: string): string {
  let rest = crc32(random);
  let text = '';
  while (rest > 0) {
    text = `${ALPHABET[rest % ALPHABET.length]}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text.padStart(CHECKSUM_LENGTH, '0');
}

const KIND_OF_LETTER: Readonly<Record<string, TextKind>> = {
  p: 'classic',
  s: 'session',
  i: 'setup',
  x: 'exchanged',
  c: 'client',
};

/** By the code of an ASCII character: its value in base62, or NO_VALUE. */
const NO_VALUE = 255;
const VALUES = new Uint8Array(128).fill(NO_VALUE);
for (const [value, character] of [...ALPHABET].entries()) VALUES[character.charCodeAt(0)] = value;

/** CRC-32 (IEEE), a byte at a time: zlib's takes twice as long for so few characters, because it has to be called. */
const CRC_STEPS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});
const CRC_START = 0xffffffff;

/** The CRC goes on over these characters of the text; null: one of them is none of base62. */
function crcOver(
  text: string,
  { from, to, crc }: { readonly from: number; readonly to: number; readonly crc: number },
) {
  let next = crc;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if ((VALUES[code] ?? NO_VALUE) === NO_VALUE) return null;
    next = (CRC_STEPS[(next ^ code) & 0xff] ?? 0) ^ (next >>> 8);
  }
  return next;
}

/** The number that the last characters of the text are in base62; no CRC is negative. */
function checksumAtEnd(text: string): number {
  let number = 0;
  for (let at = text.length - CHECKSUM_LENGTH; at < text.length; at += 1) {
    const value = VALUES[text.charCodeAt(at)] ?? NO_VALUE;
    if (value === NO_VALUE) return -1;
    number = number * ALPHABET.length + value;
  }
  return number;
}

/** Whether the text ends, from here on, with random characters and their checksum; `gap`: a `_` stands there, which is not one of them. */
function endsRight(text: string, from: number, gap: number | null): boolean {
  const to = text.length - CHECKSUM_LENGTH;
  if (gap !== null && text[gap] !== '_') return false;
  const first = crcOver(text, { from, to: gap ?? to, crc: CRC_START });
  const crc = first === null || gap === null ? first : crcOver(text, { from: gap + 1, to, crc: first });
  return crc !== null && (crc ^ CRC_START) >>> 0 === checksumAtEnd(text);
}

const FINE_GRAINED_MARK = '_pat_';
const FINE_GRAINED_LENGTH =
  FINE_GRAINED_MARK.length + FINE_GRAINED_FIRST_LENGTH + 1 + FINE_GRAINED_SECOND_LENGTH + CHECKSUM_LENGTH;
const COMMON_LENGTH = 2 + RANDOM_LENGTH + CHECKSUM_LENGTH;

/**
 * The kind of a presented text, or null where it has not exactly the form and the checksum of one of ours; such a text
 * never reaches the database (contract 2). On the way of every check: it makes no other text.
 */
export function kindOfText(text: string, prefix: string): TextKind | null {
  const length = text.length - prefix.length;
  if (length === FINE_GRAINED_LENGTH) {
    const from = prefix.length + FINE_GRAINED_MARK.length;
    const is_marked = text.startsWith(prefix) && text.startsWith(FINE_GRAINED_MARK, prefix.length);
    return is_marked && endsRight(text, from, from + FINE_GRAINED_FIRST_LENGTH) ? 'fine_grained' : null;
  }
  if (length !== COMMON_LENGTH || !text.startsWith(prefix) || text[prefix.length + 1] !== '_') return null;
  const kind = KIND_OF_LETTER[text[prefix.length] ?? ''];
  return kind !== undefined && endsRight(text, prefix.length + 2, null) ? kind : null;
}

/** Whether the text says that it was exchanged, by its letter alone: enough for who looks for it among texts that were right once. */
export function isNamedExchanged(text: string, prefix: string): boolean {
  return text[prefix.length] === LETTER.exchanged && text[prefix.length + 1] === '_';
}

const ANY_TEXT =
  /^([A-Za-z][A-Za-z0-9]{1,9})(?:([psixc])_([0-9A-Za-z]{30})|_pat_([0-9A-Za-z]{22})_([0-9A-Za-z]{53}))([0-9A-Za-z]{6})$/;

/** What the form of a text says without asking anybody: null where it is none of ours, whatever the prefix. */
export function examineText(
  text: string,
): { readonly kind: TextKind; readonly prefix: string; readonly is_checksum_right: boolean } | null {
  const [, prefix, letter, random, first, second, checksum] = ANY_TEXT.exec(text) ?? [];
  if (prefix === undefined) return null;
  const kind = letter === undefined ? 'fine_grained' : KIND_OF_LETTER[letter];
  if (kind === undefined) return null;
  return { kind, prefix, is_checksum_right: checksumOf(random ?? `${first}${second}`) === checksum };
}

const TEXTS =
  /[A-Za-z0-9]{2,10}(?:[psixc]_([0-9A-Za-z]{30})|_pat_([0-9A-Za-z]{22})_([0-9A-Za-z]{53}))([0-9A-Za-z]{6})/g;

/** The words of a caller without the texts of ours that he has put among them, whatever the prefix was when they were made. */
export function withoutTexts(words: string): string {
  return words.replace(TEXTS, (found, random?: string, first?: string, second?: string, checksum?: string) =>
    checksumOf(random ?? `${first}${second}`) === checksum ? '[redacted]' : found,
  );
}
