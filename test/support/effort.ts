// How long tests that draw at random go on: a short form within `npm test`, the whole with `npm run test:long`, and a brief
// one where the same tests run again for every changed line (test/mutation).

const EFFORT = process.env.TEST_EFFORT;
const BRIEF = 10;

/** The number of cases to draw. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  if (EFFORT === 'long') return long;
  return EFFORT === 'brief' ? Math.max(1, Math.round(short / BRIEF)) : short;
}
