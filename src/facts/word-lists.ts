// Permission maps and lists of scopes as bytes, one byte a member, and back. The same few come again and again: such a one is made once
// and shared, frozen, so that reading it makes nothing, and what follows from it is worked out once (domain/once.ts).

import type { PermissionMap } from '../domain/permission.ts';
import { type Level, PERMISSIONS, SCOPES } from '../domain/vocabulary.ts';
import { readByte, type Sink, type Source, spoil, writeByte } from './bytes.ts';

const CODES = 256;
/** So many different ones of a kind are shared, and none with more members. */
const SHARED_MAX = 4096;
const MEMBERS_MAX = 24;

type Entry = readonly [permission: string, level: Level];

/** Every level of every permission: its place is its byte. */
const LEVELS_OF_PERMISSIONS: readonly Entry[] = PERMISSIONS.flatMap(({ name, levels }) =>
  levels.map((level): Entry => [name, level]),
);
const SCOPE_NAMES: readonly string[] = SCOPES.map(({ name }) => name);
const PLACE_OF_ENTRY = placesOf(LEVELS_OF_PERMISSIONS.map(([name, level]) => `${name}:${level}`));
const PLACE_OF_SCOPE = placesOf(SCOPE_NAMES);

/** Refuses the start where there are more words than bytes. */
function placesOf(words: readonly string[]): ReadonlyMap<string, number> {
  if (words.length > CODES) throw new Error('more words than one byte can tell apart');
  return new Map(words.map((word, place) => [word, place]));
}

/** The number of words, and the byte of each; a word that is none spoils. */
function writeWords(sink: Sink, places: ReadonlyMap<string, number>, words: readonly string[]): void {
  if (words.length >= CODES) {
    spoil(sink);
    return;
  }
  writeByte(sink, words.length);
  for (const word of words) {
    const place = places.get(word);
    if (place === undefined) {
      spoil(sink);
      return;
    }
    writeByte(sink, place);
  }
}

/**
 * As a table, not as an object with a shape: of a thousand maps hardly two have the same members, and a shape is expensive to make.
 * It has no prototype, and is read like any other.
 */
function permissionsOf(bytes: Uint8Array, from: number, to: number): PermissionMap {
  const permissions: Record<string, Level> = Object.create(null);
  for (let at = from; at < to; at += 1) {
    const entry = LEVELS_OF_PERMISSIONS[bytes[at] ?? 0];
    if (entry !== undefined) permissions[entry[0]] = entry[1];
  }
  return permissions;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash, 31) + (bytes[at] ?? 0);
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
}

function scopesOf(bytes: Uint8Array, from: number, to: number): readonly string[] {
  const scopes: string[] = [];
  for (let at = from; at < to; at += 1) {
    const name = SCOPE_NAMES[bytes[at] ?? 0];
    if (name !== undefined) scopes.push(name);
  }
  return scopes;
}

const LIST_BYTES = MEMBERS_MAX + 1;

/** Reads the number of words and their bytes. `make`: of these bytes. `keep`: the same to be shared, frozen. */
function readerOf<Value>(
  make: (bytes: Uint8Array, from: number, to: number) => Value,
  keep: (made: Value) => Value,
): (source: Source) => Value {
  const shared: (Value | undefined)[] = Array.from({ length: SHARED_MAX }, () => undefined);
  /** The list of each that is shared, after its length. */
  const lists = new Uint8Array(SHARED_MAX * LIST_BYTES);
  /** The hash of the last list that came to each place and was not shared there: one that comes twice in a row is from now on. */
  const last_hashes = new Uint32Array(SHARED_MAX);

  function isListAt(place: number, bytes: Uint8Array, from: number, to: number): boolean {
    const list = place * LIST_BYTES;
    if (lists[list] !== to - from) return false;
    for (let at = from; at < to; at += 1) if (lists[list + 1 + at - from] !== bytes[at]) return false;
    return true;
  }

  function share(place: number, bytes: Uint8Array, from: number, to: number): Value {
    const made = keep(make(bytes, from, to));
    shared[place] = made;
    lists[place * LIST_BYTES] = to - from;
    lists.set(bytes.subarray(from, to), place * LIST_BYTES + 1);
    return made;
  }

  return (source) => {
    const length = readByte(source);
    const { bytes, at } = source;
    const end = at + length;
    source.at = end;
    if (length > MEMBERS_MAX) return make(bytes, at, end);
    const hash = hashOf(bytes, at, end);
    const place = hash % SHARED_MAX;
    const known = shared[place];
    if (known !== undefined && isListAt(place, bytes, at, end)) return known;
    if (last_hashes[place] === hash) return share(place, bytes, at, end);
    last_hashes[place] = hash;
    return make(bytes, at, end);
  };
}

/** In the order in which the members stand. */
export function writePermissions(sink: Sink, permissions: PermissionMap): void {
  const words = Object.entries(permissions).map(([name, level]) => `${name}:${level}`);
  writeWords(sink, PLACE_OF_ENTRY, words);
}

export const readPermissions: (source: Source) => PermissionMap = readerOf(permissionsOf, (made) =>
  Object.freeze(Object.fromEntries(Object.entries(made))),
);

export function writeScopes(sink: Sink, scopes: readonly string[]): void {
  writeWords(sink, PLACE_OF_SCOPE, scopes);
}

export const readScopes: (source: Source) => readonly string[] = readerOf(scopesOf, (made) => Object.freeze(made));
