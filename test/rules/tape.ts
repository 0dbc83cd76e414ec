// Tapes for fast-check: bytes that random-cases.ts reads cases from. Made of numbers of three bytes, which fast-check makes
// and shrinks several times faster than bytes; and the seed, which is printed and can be given again by SEED.

import fc from 'fast-check';

const BYTES = 3;

export function aTape(length: number): fc.Arbitrary<Uint8Array> {
  const numbers = Array.from({ length: Math.ceil(length / BYTES) }, () => fc.nat(2 ** (8 * BYTES) - 1));
  // Without bias: fast-check's preference for extremes would make nearly every tape one of zeros.
  const even = fc.noBias(fc.tuple(...numbers));
  return even.map((values) => Uint8Array.from(values.flatMap((value) => [value >> 16, value >> 8, value])));
}

/** A new one each time, unless the environment gives one to look at a failure again. */
export function seed(): number {
  return process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.SEED);
}
