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

/** Which combinations of three values of three dimensions are still to occur: a byte each, by the values' numbers. */
class Triples {
  readonly #sizes: readonly number[];
  /** The number of each dimension's first value; values are numbered through, dimension by dimension. */
  readonly #first: readonly number[];
  readonly #values: number;
  readonly #left: Uint8Array;
  #from = 0;

  constructor(sizes: readonly number[], allows: (row: PartialRow) => boolean) {
    this.#sizes = sizes;
    this.#first = sizes.map((_, dimension) => sizes.slice(0, dimension).reduce((sum, size) => sum + size, 0));
    this.#values = sizes.reduce((sum, size) => sum + size, 0);
    this.#left = new Uint8Array(this.#values ** 3);
    const every = sizes.flatMap((size, dimension) =>
      Array.from({ length: size }, (_, value) => ({ dimension, value })),
    );
    for (const [a, { dimension: i }] of every.entries()) {
      for (const [b, { dimension: j }] of every.entries()) {
        if (i >= j) continue;
        for (const [c, { dimension: k }] of every.entries()) {
          if (j < k && allows(this.#row(a, b, c))) this.#left[this.#key(a, b, c)] = 1;
        }
      }
    }
  }

  #key(a: number, b: number, c: number): number {
    return (a * this.#values + b) * this.#values + c;
  }

  /** The row that has these three values, and no other yet. */
  #row(...values: readonly number[]): (number | undefined)[] {
    return this.#sizes.map((size, dimension) => {
      const first = this.#first[dimension] ?? 0;
      const value = values.find((each) => each >= first && each < first + size);
      return value === undefined ? undefined : value - first;
    });
  }

  /** A row with the first combination that is still to occur, or null. */
  next(): (number | undefined)[] | null {
    this.#from = this.#left.indexOf(1, this.#from);
    if (this.#from < 0) return null;
    const bc = this.#from % this.#values ** 2;
    return this.#row(Math.floor(this.#from / this.#values ** 2), Math.floor(bc / this.#values), bc % this.#values);
  }

  /** How many combinations occur for the first time when the dimension gets this value. */
  gain(row: PartialRow, dimension: number, value: number): number {
    let gain = 0;
    this.#forEach(row, dimension, value, (key) => {
      gain += this.#left[key] ?? 0;
    });
    return gain;
  }

  /** From now on the combinations of this row have occurred. */
  cross(row: PartialRow): void {
    for (const [dimension, value = 0] of row.entries()) {
      this.#forEach(row, dimension, value, (key) => {
        this.#left[key] = 0;
      });
    }
  }

  /** Calls with the key of each combination of this value with two others of the row. */
  #forEach(row: PartialRow, dimension: number, value: number, call: (key: number) => void): void {
    const own = (this.#first[dimension] ?? 0) + value;
    for (let i = 0; i < row.length; i += 1) {
      const a = row[i];
      if (a === undefined || i === dimension) continue;
      const one = (this.#first[i] ?? 0) + a;
      for (let j = i + 1; j < row.length; j += 1) {
        const b = row[j];
        if (b === undefined || j === dimension) continue;
        const other = (this.#first[j] ?? 0) + b;
        if (dimension < i) call(this.#key(own, one, other));
        else if (dimension < j) call(this.#key(one, own, other));
        else call(this.#key(one, other, own));
      }
    }
  }
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
  const left = new Triples(sizes, allows);
  const rows: number[][] = [];

  function candidate(start: PartialRow): { readonly row: number[]; readonly gain: number } {
    const row = [...start];
    let gain = 1;
    const open = sizes.map((_, dimension) => dimension).filter((dimension) => row[dimension] === undefined);
    for (const dimension of shuffled(open, random)) {
      let best = { value: -1, gain: -1 };
      for (const value of shuffled([...Array(sizes[dimension]).keys()], random)) {
        if (!allows(row.with(dimension, value))) continue;
        const added = left.gain(row, dimension, value);
        if (added > best.gain) best = { value, gain: added };
      }
      if (best.value < 0) throw new Error(`no value of dimension ${dimension} is allowed`);
      row[dimension] = best.value;
      gain += best.gain;
    }
    return { row: row.map((value) => value ?? 0), gain };
  }

  for (let start = left.next(); start !== null; start = left.next()) {
    const part = start;
    const candidates = Array.from({ length: CANDIDATES }, () => candidate(part));
    const { row } = candidates.reduce((best, each) => (each.gain > best.gain ? each : best));
    rows.push(row);
    left.cross(row);
  }
  return rows;
}
