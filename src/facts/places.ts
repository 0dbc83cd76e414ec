// Where each entry of the slab stands: a table in one typed array, of a size that never changes. An entry has its place in one of two
// buckets, which its hash says, so that finding it looks at sixteen places at the most, however full the table is and whoever chose
// the keys. Where both buckets are full an entry that nobody asked for is forgotten: this is a memory, not the truth.

/** Places that stand together in memory as one line of the processor's cache. */
const BUCKET = 8;
/** Two words a place: the address and, in the second one, its high bits, whether it was asked for, and bits of the hash. */
const WORDS = 2;
/** With so many of its places free the first bucket takes an entry, so that most are found where is looked first. */
const FREE_ENOUGH = 4;
export const PLACE_BYTES = 4 * WORDS;
const ADDRESS_LOW = 2 ** 32;
const ADDRESS_HIGH_BITS = 0xff;
const ASKED = 0x100;
const TAG_SHIFT = 9;

/** No place. */
export const NOWHERE = -1;

/** What the key of an entry is scattered by. */
export type Hash = { first: number; second: number };

export type Places = {
  /** The place of the entry with this hash whose address is the wanted one, or NOWHERE. */
  readonly find: (hash: Hash, isWanted: (address: number) => boolean) => number;
  readonly add: (hash: Hash, address: number) => void;
  readonly addressOf: (place: number) => number;
  /** The entry stands elsewhere now, and was not asked for there. */
  readonly move: (place: number, address: number) => void;
  readonly isAsked: (place: number) => boolean;
  readonly ask: (place: number) => void;
  readonly drop: (place: number) => void;
  readonly clear: () => void;
};

/** At least `count` places. Addresses are from 1 to 2^40. */
export function createPlaces(count: number): Places {
  const buckets = Math.ceil(count / BUCKET);
  const words = new Uint32Array(buckets * BUCKET * WORDS);

  /** The first word of the bucket. */
  function bucketOf(hash: number): number {
    return Math.floor(((hash >>> 0) / ADDRESS_LOW) * buckets) * BUCKET * WORDS;
  }

  function word(at: number): number {
    return words[at] ?? 0;
  }

  function addressOf(place: number): number {
    return word(place) + (word(place + 1) & ADDRESS_HIGH_BITS) * ADDRESS_LOW;
  }

  function tagOf({ first, second }: Hash): number {
    return ((first << TAG_SHIFT) ^ (second << (TAG_SHIFT + 5))) >>> TAG_SHIFT;
  }

  function findIn(bucket: number, tag: number, isWanted: (address: number) => boolean): number {
    for (let place = bucket; place < bucket + BUCKET * WORDS; place += WORDS) {
      if (word(place + 1) >>> TAG_SHIFT !== tag) continue;
      const address = addressOf(place);
      if (address !== 0 && isWanted(address)) return place;
    }
    return NOWHERE;
  }

  function isFree(place: number): boolean {
    return word(place) === 0 && word(place + 1) === 0;
  }

  /** The first place of which this is so, and how many there are. */
  function firstIn(
    bucket: number,
    holds: (place: number) => boolean,
  ): { readonly place: number; readonly count: number } {
    let first = NOWHERE;
    let found = 0;
    for (let place = bucket; place < bucket + BUCKET * WORDS; place += WORDS) {
      if (!holds(place)) continue;
      if (found === 0) first = place;
      found += 1;
    }
    return { place: first, count: found };
  }

  function isAsked(place: number): boolean {
    return (word(place + 1) & ASKED) !== 0;
  }

  /** In the first bucket, or the emptier one; where both are full, instead of one that nobody asked for. */
  function placeFor({ first, second }: Hash): number {
    const [one, other] = [bucketOf(first), bucketOf(second)];
    const in_one = firstIn(one, isFree);
    if (in_one.count >= FREE_ENOUGH) return in_one.place;
    const in_other = firstIn(other, isFree);
    const emptier = in_other.count > in_one.count ? in_other : in_one;
    if (emptier.count > 0) return emptier.place;
    const unasked = [one, other].map((bucket) => firstIn(bucket, (place) => !isAsked(place)).place);
    return unasked.find((place) => place !== NOWHERE) ?? one;
  }

  function put(place: number, address: number, tag: number): void {
    words[place] = address % ADDRESS_LOW;
    words[place + 1] = (tag << TAG_SHIFT) | Math.floor(address / ADDRESS_LOW);
  }

  return {
    find: (hash, isWanted) => {
      const tag = tagOf(hash);
      const found = findIn(bucketOf(hash.first), tag, isWanted);
      return found === NOWHERE ? findIn(bucketOf(hash.second), tag, isWanted) : found;
    },
    add: (hash, address) => put(placeFor(hash), address, tagOf(hash)),
    addressOf,
    move: (place, address) => put(place, address, word(place + 1) >>> TAG_SHIFT),
    isAsked,
    ask: (place) => {
      if (!isAsked(place)) words[place + 1] = word(place + 1) | ASKED;
    },
    drop: (place) => {
      words[place] = 0;
      words[place + 1] = 0;
    },
    clear: () => words.fill(0),
  };
}
