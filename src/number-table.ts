// A table of numbers by three numbers, for what is counted with each request: an entry is four numbers beside each other, so that
// finding one costs one look into memory and nothing is allocated. It grows up to a bound.

export type NumberTable = {
  readonly size: () => number;
  /** The number of this key with `more` added; 0 where the key is new and there is no room for it. */
  readonly add: (a: number, b: number, c: number, more: number) => number;
  /** Makes this the number of the key, if it is larger; nothing where the key is new and there is no room for it. */
  readonly raise: (a: number, b: number, c: number, value: number) => void;
  /** Adds one to the number of a key that is there; whether it is. */
  readonly addOneIfThere: (a: number, b: number, c: number) => boolean;
  /** Up to so many entries from a place on, each to `visit`; answers the place to go on from, null at the end. */
  readonly walk: (
    from: number,
    limit: number,
    visit: (a: number, b: number, c: number, value: number) => void,
  ) => number | null;
};

/** Numbers of an entry: its key, and its number, which is 0 in an empty place. */
const STRIDE = 4;
const SLOTS_MIN = 256;

/** The place where looking for the key begins. */
function hashOf(a: number, b: number, c: number): number {
  const mixed = Math.imul(a | 0, 0x9e3779b1) ^ Math.imul(b | 0, 0x85ebca77) ^ Math.imul(c | 0, 0xc2b2ae3d);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** `expected`: for so many entries there is room from the beginning; numbers that are kept are not 0. */
export function createNumberTable({ size_max, expected = 0 }: { size_max: number; expected?: number }): NumberTable {
  let slots = SLOTS_MIN;
  while (slots < 2 * Math.min(expected, size_max)) slots *= 2;
  let cells = new Float64Array(slots * STRIDE);
  let size = 0;

  /** Where the key is, or the empty place where it would be. */
  function placeOf(a: number, b: number, c: number): number {
    const mask = slots - 1;
    let slot = hashOf(a, b, c) & mask;
    for (;;) {
      const at = slot * STRIDE;
      if (cells[at + 3] === 0 || (cells[at] === a && cells[at + 1] === b && cells[at + 2] === c)) return at;
      slot = (slot + 1) & mask;
    }
  }

  function put(at: number, a: number, b: number, c: number, value: number): void {
    cells[at] = a;
    cells[at + 1] = b;
    cells[at + 2] = c;
    cells[at + 3] = value;
  }

  function grow(): void {
    const before = cells;
    slots *= 2;
    cells = new Float64Array(slots * STRIDE);
    for (let at = 0; at < before.length; at += STRIDE) {
      const [a, b, c, value] = [before[at] ?? 0, before[at + 1] ?? 0, before[at + 2] ?? 0, before[at + 3] ?? 0];
      if (value !== 0) put(placeOf(a, b, c), a, b, c, value);
    }
  }

  /** Puts a new entry; whether there was room. */
  function insert(a: number, b: number, c: number, value: number): boolean {
    if (size >= size_max) return false;
    if (2 * (size + 1) > slots) grow();
    put(placeOf(a, b, c), a, b, c, value);
    size += 1;
    return true;
  }

  return {
    size: () => size,
    add: (a, b, c, more) => {
      const at = placeOf(a, b, c);
      const known = cells[at + 3] ?? 0;
      if (known === 0) return insert(a, b, c, more) ? more : 0;
      cells[at + 3] = known + more;
      return known + more;
    },
    raise: (a, b, c, value) => {
      const at = placeOf(a, b, c);
      const known = cells[at + 3] ?? 0;
      if (known === 0) insert(a, b, c, value);
      else if (value > known) cells[at + 3] = value;
    },
    addOneIfThere: (a, b, c) => {
      const at = placeOf(a, b, c);
      const known = cells[at + 3] ?? 0;
      if (known !== 0) cells[at + 3] = known + 1;
      return known !== 0;
    },
    walk: (from, limit, visit) => {
      let visited = 0;
      for (let at = from; at < cells.length; at += STRIDE) {
        const value = cells[at + 3] ?? 0;
        if (value === 0) continue;
        if (visited === limit) return at;
        visit(cells[at] ?? 0, cells[at + 1] ?? 0, cells[at + 2] ?? 0, value);
        visited += 1;
      }
      return null;
    },
  };
}
