// A covering array: few rows in which every combination of values of any three dimensions that is allowed occurs. Made greedily,
// always the same for the same seed.

/** A row while it is made: the place of each dimension's value, undefined where it is not chosen yet. */
export type PartialRow = readonly (number | undefined)[];

const CANDIDATES = 12;

/** Small and the same on every machine (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffled(values: readonly number[], random: () => number): number[] {
  return values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

type Triple = readonly (readonly [dimension: number, value: number])[];

const keyOf = (triple: Triple): string =>
  triple
    .toSorted(([a], [b]) => a - b)
    .map(([dimension, value]) => `${dimension}=${value}`)
    .join();

function rowWith(sizes: readonly number[], triple: Triple): (number | undefined)[] {
  const row: (number | undefined)[] = sizes.map(() => undefined);
  for (const [dimension, value] of triple) row[dimension] = value;
  return row;
}

/** Every combination of three values that is allowed, by its key. */
function allTriples(sizes: readonly number[], allows: (row: PartialRow) => boolean): Map<string, Triple> {
  const pairs = sizes.map((size, dimension) => Array.from({ length: size }, (_, value) => [dimension, value] as const));
  const triples = new Map<string, Triple>();
  for (const [i, first] of pairs.entries()) {
    for (const [j, second] of pairs.entries()) {
      for (const [k, third] of pairs.entries()) {
        if (i >= j || j >= k) continue;
        for (const a of first)
          for (const b of second)
            for (const c of third) {
              const triple = [a, b, c];
              if (allows(rowWith(sizes, triple))) triples.set(keyOf(triple), triple);
            }
      }
    }
  }
  return triples;
}

function triplesOf(row: PartialRow, dimension: number, value: number): string[] {
  const chosen = row.flatMap((each, other): [number, number][] =>
    each === undefined || other === dimension ? [] : [[other, each]],
  );
  return chosen.flatMap((a, index) => chosen.slice(index + 1).map((b) => keyOf([a, b, [dimension, value]])));
}

/**
 * The rows. `allows` says of a row, also of one that is not whole, whether it can be; every allowed part must have an allowed
 * value for each further dimension.
 */
export function coveringArray(
  sizes: readonly number[],
  allows: (row: PartialRow) => boolean,
  seed: number,
): readonly (readonly number[])[] {
  const random = randomOf(seed);
  const left = allTriples(sizes, allows);
  const rows: number[][] = [];

  function candidate(start: Triple): { readonly row: number[]; readonly gain: number } {
    const row = rowWith(sizes, start);
    let gain = 1;
    const open = sizes.map((_, dimension) => dimension).filter((dimension) => row[dimension] === undefined);
    for (const dimension of shuffled(open, random)) {
      let best = { value: -1, gain: -1 };
      for (const value of shuffled([...Array(sizes[dimension]).keys()], random)) {
        if (!allows(row.with(dimension, value))) continue;
        const added = triplesOf(row, dimension, value).filter((key) => left.has(key)).length;
        if (added > best.gain) best = { value, gain: added };
      }
      if (best.value < 0) throw new Error(`no value of dimension ${dimension} is allowed`);
      row[dimension] = best.value;
      gain += best.gain;
    }
    return { row: row.map((value) => value ?? 0), gain };
  }

  for (let next = left.values().next(); !next.done; next = left.values().next()) {
    const start = next.value;
    const candidates = Array.from({ length: CANDIDATES }, () => candidate(start));
    const { row } = candidates.reduce((best, each) => (each.gain > best.gain ? each : best));
    rows.push(row);
    for (const [dimension, value] of row.entries()) {
      for (const key of triplesOf(row, dimension, value)) left.delete(key);
    }
  }
  return rows;
}
