// How long tests that draw at random go on: a short form within `npm test`, the whole with `npm run test:long`.

const IS_LONG = process.env.TEST_EFFORT === 'long';

/** The number of cases to draw. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  return IS_LONG ? long : short;
}
