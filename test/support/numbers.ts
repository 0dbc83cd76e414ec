// Numbers that are the same in each run, for tests that try many cases.

/** A small generator: each call answers a number from 0 on, below the one that is given. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
