// Entries of bytes under keys of bytes, in one slab of a size that never changes. The slab is written in a circle, a segment at a time.
// A segment that is come to again keeps, packed at its front, the entries that were asked for since it was last packed; what nobody
// asked for is forgotten, and where all was asked for, half of it. So a flood of what is asked once goes through and takes nothing else
// with it. To the collector of garbage all of it is three objects.

import { Buffer } from 'node:buffer';
import type { Sink } from './bytes.ts';
import { createPlaces, type Hash, NOWHERE, PLACE_BYTES } from './places.ts';

/** An entry: its whole length, the length of its key, the key, and what stands under it. */
const LENGTH_BYTES = 2;
const HEAD_BYTES = LENGTH_BYTES + 1;
const KEY_BYTES_MAX = 255;
export const ENTRY_BYTES_MAX = 2 ** 15;
/** Packing one takes well below a millisecond. */
const SEGMENT_BYTES_MAX = 2 ** 17;
const SEGMENTS_MIN = 16;
/** An entry may take this part of a segment. */
const ENTRY_SHARE = 4;
/** A segment that is fuller after packing has no room worth having; where so many come one after the other, the last one makes room. */
const FULL = 7 / 8;
const FULL_MAX = 4;
/** There is a place for each so many bytes: entries are rarely smaller. */
const BYTES_PER_PLACE = 80;

export type Slab = {
  /** Of all entries; `answerAt` says where. */
  readonly bytes: Buffer;
  /** The place of the entry with this key, or NOWHERE. It counts until the next `keep`. */
  readonly find: (key: Sink) => number;
  readonly answerAt: (place: number) => number;
  /** It was of use: it survives the next round. */
  readonly ask: (place: number) => void;
  /** Keeps this under this key, instead of what was there. What is too large is not kept. */
  readonly keep: (key: Sink, answer: Sink) => void;
  readonly drop: (place: number) => void;
  readonly clear: () => void;
  /** Bytes of memory that it takes, and those of them that entries have been written to. */
  readonly size: () => { readonly bytes_taken: number; readonly bytes_written: number };
};

/** A slab that takes no more than so many bytes, with the table of its places. */
export function createSlab(bytes_max: number): Slab {
  const share = BYTES_PER_PLACE / (BYTES_PER_PLACE + PLACE_BYTES);
  const segment_bytes = Math.min(SEGMENT_BYTES_MAX, Math.floor((bytes_max * share) / SEGMENTS_MIN));
  const segments = Math.floor((bytes_max * share) / segment_bytes);
  const bytes = Buffer.alloc(segments * segment_bytes);
  const places_count = Math.floor((bytes_max * (1 - share)) / PLACE_BYTES);
  const places = createPlaces(places_count);
  const entry_bytes_max = Math.min(ENTRY_BYTES_MAX, Math.floor(segment_bytes / ENTRY_SHARE));
  /** How far each segment is written. */
  const written = new Uint32Array(segments);
  let segment = 0;

  const hash: Hash = { first: 0, second: 0 };
  let wanted: Sink = { bytes, at: 0, is_sound: true };
  let wanted_address = 0;

  /** An address is the offset of an entry and 1. */
  function hasWantedKey(address: number): boolean {
    const from = address - 1 + LENGTH_BYTES;
    const { bytes: key, at: length } = wanted;
    if (bytes[from] !== length) return false;
    for (let index = 0; index < length; index += 1) if (bytes[from + 1 + index] !== key[index]) return false;
    return true;
  }

  function isWantedAddress(address: number): boolean {
    return address === wanted_address;
  }

  function find(key: Sink): number {
    wanted = key;
    scatter(hash, key.bytes, 0, key.at);
    return places.find(hash, hasWantedKey);
  }

  function lengthAt(offset: number): number {
    return (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);
  }

  /** Where the entry at this offset has its place; NOWHERE for one that counts no longer. */
  function placeOf(offset: number): number {
    const key = offset + HEAD_BYTES;
    scatter(hash, bytes, key, key + (bytes[offset + LENGTH_BYTES] ?? 0));
    wanted_address = offset + 1;
    return places.find(hash, isWantedAddress);
  }

  /** Packs what was asked for at the front, up to so many bytes. */
  function pack(bytes_kept_max: number): void {
    const base = segment * segment_bytes;
    const end = base + (written[segment] ?? 0);
    const kept_max = base + bytes_kept_max;
    let to = base;
    for (let from = base; from < end; ) {
      const length = lengthAt(from);
      const place = placeOf(from);
      if (place !== NOWHERE && places.isAsked(place) && to + length <= kept_max) {
        bytes.copyWithin(to, from, from + length);
        places.move(place, to + 1);
        to += length;
      } else if (place !== NOWHERE) {
        places.drop(place);
      }
      from += length;
    }
    written[segment] = to - base;
  }

  /** To the next segment that has room for so much, or gets some. */
  function advance(length: number): void {
    for (let left = FULL_MAX; left > 0; left -= 1) {
      segment = (segment + 1) % segments;
      pack(left === 1 ? segment_bytes / 2 : segment_bytes);
      if ((written[segment] ?? 0) + length <= segment_bytes * FULL) return;
    }
  }

  /** The offset of room for an entry. */
  function roomFor(length: number): number {
    if ((written[segment] ?? 0) + length > segment_bytes) advance(length);
    const offset = segment * segment_bytes + (written[segment] ?? 0);
    written[segment] = (written[segment] ?? 0) + length;
    return offset;
  }

  function keep(key: Sink, answer: Sink): void {
    const length = HEAD_BYTES + key.at + answer.at;
    if (key.at > KEY_BYTES_MAX || length > entry_bytes_max) return;
    const offset = roomFor(length);
    bytes[offset] = length >> 8;
    bytes[offset + 1] = length;
    bytes[offset + LENGTH_BYTES] = key.at;
    key.bytes.copy(bytes, offset + HEAD_BYTES, 0, key.at);
    answer.bytes.copy(bytes, offset + HEAD_BYTES + key.at, 0, answer.at);
    const before = find(key);
    if (before === NOWHERE) places.add(hash, offset + 1);
    else places.move(before, offset + 1);
  }

  return {
    bytes,
    find,
    answerAt: (place) => {
      const offset = places.addressOf(place) - 1;
      return offset + HEAD_BYTES + (bytes[offset + LENGTH_BYTES] ?? 0);
    },
    ask: places.ask,
    keep,
    drop: places.drop,
    clear: () => {
      places.clear();
      written.fill(0);
    },
    size: () => ({
      bytes_taken: bytes.length + places_count * PLACE_BYTES + written.byteLength,
      bytes_written: written.reduce((sum, each) => sum + each, 0),
    }),
  };
}

/** The hash of these bytes: two numbers that have little to do with each other (the steps of MurmurHash 3, four bytes at a time). */
export function scatter(hash: Hash, bytes: Buffer, from: number, to: number): void {
  let first = to - from;
  let second = ~first;
  for (let at = from; at < to; at += 4) {
    let four = bytes[at] ?? 0;
    if (at + 1 < to) four |= (bytes[at + 1] ?? 0) << 8;
    if (at + 2 < to) four |= (bytes[at + 2] ?? 0) << 16;
    if (at + 3 < to) four |= (bytes[at + 3] ?? 0) << 24;
    first = step(first, four);
    second = step(second ^ first, Math.imul(four, 0x9e3779b1));
  }
  hash.first = finish(first);
  hash.second = finish(second);
}

function step(hash: number, four: number): number {
  const mixed = Math.imul(four, 0xcc9e2d51);
  const turned = hash ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
