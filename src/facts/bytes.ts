// Single values as bytes, and back: what is remembered of an answer is made of these. Small whole numbers are short. Every value
// comes back as it was: a moment that is none, a number that is not finite, a text of any characters.

import type { Buffer } from 'node:buffer';

/** Where is read next. Changed by every function here, so that nothing is made for a read but what it answers. */
export type Source = { bytes: Buffer; at: number };

/** Where is written next; beyond the end nothing is written, and `at` goes on. */
export type Sink = Source & {
  /** False once there was something that bytes cannot say. */
  is_sound: boolean;
};

const DOUBLE_BYTES = 8;
const DIGEST_BYTES = 32;
const DIGEST_LETTERS = 43;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NO_LETTER = 64;
/** The six bits of a letter of base64, by its code. */
const SIX_BITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const found = ALPHABET.indexOf(String.fromCharCode(code));
  return found < 0 ? NO_LETTER : found;
});

/** Ready for the next one. */
export function rewind(sink: Sink): void {
  sink.at = 0;
  sink.is_sound = true;
}

/** Whether all that was written is there. */
export function isWhole({ bytes, at, is_sound }: Sink): boolean {
  return is_sound && at <= bytes.length;
}

/** Marks what is written as not to be kept. */
export function spoil(sink: Sink): void {
  sink.is_sound = false;
}

export function writeByte(sink: Sink, byte: number): void {
  sink.bytes[sink.at] = byte;
  sink.at += 1;
}

export function readByte(source: Source): number {
  const byte = source.bytes[source.at] ?? 0;
  source.at += 1;
  return byte;
}

/** Whole, not negative, below 2^53: seven bits a byte, the lowest first. */
function writeWhole(sink: Sink, whole: number): void {
  let rest = whole;
  while (rest >= 128) {
    writeByte(sink, (rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  writeByte(sink, rest);
}

function readWhole(source: Source): number {
  const { bytes } = source;
  let { at } = source;
  let byte = bytes[at] ?? 0;
  let whole = byte & 127;
  let scale = 128;
  while (byte >= 128) {
    at += 1;
    byte = bytes[at] ?? 0;
    whole += (byte & 127) * scale;
    scale *= 128;
  }
  source.at = at + 1;
  return whole;
}

function writeDouble(sink: Sink, number: number): void {
  if (sink.at + DOUBLE_BYTES <= sink.bytes.length) sink.bytes.writeDoubleLE(number, sink.at);
  sink.at += DOUBLE_BYTES;
}

function readDouble(source: Source): number {
  const number = source.bytes.readDoubleLE(source.at);
  source.at += DOUBLE_BYTES;
  return number;
}

function isPlain(number: number): boolean {
  return number >= 0 && number < 2 ** 52 && Number.isInteger(number) && !Object.is(number, -0);
}

/** 0: as it is follows. */
export function writeNumber(sink: Sink, number: number): void {
  if (isPlain(number)) {
    writeWhole(sink, number + 1);
    return;
  }
  writeByte(sink, 0);
  writeDouble(sink, number);
}

export function readNumber(source: Source): number {
  const whole = readWhole(source);
  return whole === 0 ? readDouble(source) : whole - 1;
}

/** 0: none; 1: as it is follows. */
export function writeMoment(sink: Sink, moment: Date | null): void {
  if (moment === null) {
    writeByte(sink, 0);
    return;
  }
  const ms = moment.getTime();
  if (isPlain(ms)) {
    writeWhole(sink, ms + 2);
    return;
  }
  writeByte(sink, 1);
  writeDouble(sink, ms);
}

export function readMomentOrNull(source: Source): Date | null {
  const whole = readWhole(source);
  if (whole === 0) return null;
  return new Date(whole === 1 ? readDouble(source) : whole - 2);
}

/** A moment that was written as one. */
export function readMoment(source: Source): Date {
  return readMomentOrNull(source) ?? new Date(Number.NaN);
}

/** The length, whether two bytes a letter, and the letters. */
export function writeText(sink: Sink, text: string): void {
  const is_wide = !isLatin(text);
  writeWhole(sink, text.length * 2 + (is_wide ? 1 : 0));
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    writeByte(sink, code);
    if (is_wide) writeByte(sink, code >> 8);
  }
}

export function readText(source: Source): string {
  const head = readWhole(source);
  const { bytes, at } = source;
  const is_wide = head % 2 === 1;
  const end = at + (is_wide ? head - 1 : head / 2);
  source.at = end;
  return bytes.toString(is_wide ? 'utf16le' : 'latin1', at, end);
}

function isLatin(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 255) return false;
  return true;
}

/** A byte that says whether there is one, and it. */
export function writeOrNull<Value>(sink: Sink, value: Value | null, write: (sink: Sink, value: Value) => void): void {
  writeFlag(sink, value !== null);
  if (value !== null) write(sink, value);
}

export function readOrNull<Value>(source: Source, read: (source: Source) => Value): Value | null {
  return readFlag(source) ? read(source) : null;
}

/** One of a closed list, as one byte. What is none of them spoils. */
export function writeWord<Word>(sink: Sink, words: readonly Word[], word: Word): void {
  const place = words.indexOf(word);
  if (place < 0) spoil(sink);
  writeByte(sink, place);
}

export function readWord<Word>(source: Source, words: readonly Word[]): Word {
  const word = words[readByte(source)];
  if (word === undefined) throw new Error('a word was read where none was written');
  return word;
}

export function writeFlag(sink: Sink, flag: boolean): void {
  writeByte(sink, flag ? 1 : 0);
}

export function readFlag(source: Source): boolean {
  return readByte(source) === 1;
}

/**
 * A digest as facts have it, base64 of 32 bytes, as those bytes: equal bytes are equal texts. False, and nothing is written, for a
 * text that is none.
 */
export function writeDigest(sink: Sink, text: string): boolean {
  if (text.length !== DIGEST_LETTERS + 1 || text.charCodeAt(DIGEST_LETTERS) !== 61) return false;
  const { bytes, at } = sink;
  let bits = 0;
  let seen = 0;
  let place = at;
  for (let index = 0; index < DIGEST_LETTERS; index += 1) {
    const six = SIX_BITS[text.charCodeAt(index)] ?? NO_LETTER;
    seen |= six;
    bits = (bits << 6) | six;
    // Four letters are three bytes.
    if ((index & 3) !== 3) continue;
    bytes[place] = bits >> 16;
    bytes[place + 1] = bits >> 8;
    bytes[place + 2] = bits;
    place += 3;
    bits = 0;
  }
  // The last two bytes are in three letters, whose last two bits are none of the digest's.
  if (seen >= NO_LETTER || (bits & 3) !== 0) return false;
  bytes[place] = bits >> 10;
  bytes[place + 1] = bits >> 2;
  sink.at = at + DIGEST_BYTES;
  return true;
}

export function readDigest(source: Source): string {
  const { bytes, at } = source;
  source.at = at + DIGEST_BYTES;
  return bytes.toString('base64', at, at + DIGEST_BYTES);
}

export function writeList<Member>(
  sink: Sink,
  list: readonly Member[],
  write: (sink: Sink, member: Member) => void,
): void {
  writeNumber(sink, list.length);
  for (const member of list) write(sink, member);
}

export function readList<Member>(source: Source, read: (source: Source) => Member): readonly Member[] {
  const list: Member[] = [];
  for (let left = readNumber(source); left > 0; left -= 1) list.push(read(source));
  return list;
}
