// How long tests that draw at random go on: a short form within `npm test`, the whole with `npm run test:long`, and a brief
// one where the same tests run again for every changed line (test/mutation).

const EFFORT = process.env.TEST_EFFORT;
const BRIEF = 10;

/**
 * Of a list that is tried at every one of many places: the whole in the long form, else each `few`th, at every place (by its number)
 * others, so that all are tried at some.
 */
export function share<Value>(values: readonly Value[], few: number, place: number): readonly Value[] {
  return EFFORT === 'long' ? values : values.filter((_, index) => (index + place) % few === 0);
}

/** The number of cases to draw. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  if (EFFORT === 'long') return long;
  return EFFORT === 'brief' ? Math.max(1, Math.round(short / BRIEF)) : short;
}
