// The form of credentials (contract 2): read by one pass over the characters, compared with a reader that is written down as the
// contract says it, with regular expressions and the checksum of zlib.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { digestOf, newText } from '../src/secrets.ts';
import { kindOfText, TEXT_KINDS, type TextKind } from '../src/text-form.ts';
import { seed } from './rules/tape.ts';
import { cases } from './support/effort.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LETTERS: Readonly<Record<string, TextKind>> = {
  p: 'classic',
  s: 'session',
  i: 'setup',
  x: 'exchanged',
  c: 'client',
};

function inBase62(number: number): string {
  return number === 0 ? '' : `${inBase62(Math.floor(number / 62))}${ALPHABET[number % 62]}`;
}

/** As contract 2 has it. */
function kindByContract(text: string, prefix: string): TextKind | null {
  const form = new RegExp(
    `^${prefix}(?:([psixc])_([0-9A-Za-z]{30})|_pat_([0-9A-Za-z]{22})_([0-9A-Za-z]{53}))([0-9A-Za-z]{6})$`,
  );
  const [, letter, random, first, second, checksum] = form.exec(text) ?? [];
  if (checksum === undefined || inBase62(crc32(random ?? `${first}${second}`)).padStart(6, '0') !== checksum)
    return null;
  return letter === undefined ? 'fine_grained' : (LETTERS[letter] ?? null);
}

t.test('F5.1: a text is of a kind exactly where its form and its checksum are right', (t) => {
  const kind = fc.constantFrom(...TEXT_KINDS);
  const prefix = fc.constantFrom('gth', 'ab', 'g1p', 'abcdefghij');
  const wrong = fc.constantFrom('0', 'A', 'a', 'p', '_', '-', ' ', '\0', 'é', 'Ā', '\u{1d4b3}', '\ud800', '');
  const change = fc.record({ at: fc.nat(110), take: fc.nat(2), put: wrong });
  const seen = { right: 0, wrong: 0 };
  const same = fc.property(
    kind,
    prefix,
    prefix,
    fc.array(change, { maxLength: 2 }),
    (of, made_with, read_with, changes) => {
      let text = newText(of, made_with);
      for (const { at, take, put } of changes) text = text.slice(0, at) + put + text.slice(at + take);
      const expected = kindByContract(text, read_with);
      if (kindOfText(text, read_with) !== expected) throw new Error(`${JSON.stringify(text)} read with ${read_with}`);
      seen[expected === null ? 'wrong' : 'right'] += 1;
    },
  );
  fc.assert(same, { numRuns: cases({ short: 4000, long: 400_000 }), seed: seed() });
  t.ok(seen.right > 0 && seen.wrong > 0, `${seen.right} right, ${seen.wrong} wrong`);
  t.end();
});

t.test('F5.1: every single character counts', (t) => {
  for (const kind of TEXT_KINDS) {
    const text = newText(kind, 'gth');
    t.equal(kindOfText(text, 'gth'), kind);
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === '0' ? '1' : '0';
      if (kindOfText(`${text.slice(0, at)}${other}${text.slice(at + 1)}`, 'gth') !== null) t.fail(`${kind}, at ${at}`);
    }
  }
  t.end();
});

/** How many bits were drawn for texts of this form, by what stands at each of their places; those of the checksum are none. */
function bitsOf(draw: () => string): number {
  const places = Array.from(draw(), () => new Set<string>());
  const seen = new Set<string>();
  for (let count = 0; count < DRAWN; count += 1) {
    const text = draw();
    seen.add(text);
    for (const [at, character] of [...text].entries()) places[at]?.add(character);
  }
  if (seen.size < DRAWN) return 0;
  return places.slice(0, -CHECKSUM_LENGTH).reduce((sum, characters) => sum + Math.log2(characters.size), 0);
}

const CHECKSUM_LENGTH = 6;
/** So many that a character which may stand at a place has stood there, but for one time in 10^20. */
const DRAWN = 4000;

t.test('promises P16: at least 160 bits of every text are drawn at random', (t) => {
  for (const kind of TEXT_KINDS) {
    const bits = bitsOf(() => newText(kind, 'gth'));
    t.ok(bits >= 160, `${kind}: ${Math.floor(bits)}`);
  }
  const cut = (text: string): string => `${text.slice(0, 10)}${text.slice(14)}`;
  t.ok(bitsOf(() => cut(newText('classic', 'gth'))) < 160, 'control: one with fewer characters has fewer bits');
  t.ok(bitsOf(() => newText('classic', 'gth').toLowerCase()) < 160, 'control: so has one of a smaller alphabet');
  t.end();
});

t.test('promises P16: a text has one digest, that of all its bytes', (t) => {
  for (const kind of TEXT_KINDS) {
    const text = newText(kind, 'gth');
    t.equal(digestOf(text), createHash('sha256').update(text, 'utf8').digest('base64'), kind);
  }
  t.end();
});
