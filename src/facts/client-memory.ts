// The backend services that a node remembers, by what they present. There are few and each is asked for with every check, so they are
// kept as they are; their size in memory is estimated, on the large side.

import type { Change } from '../db/changes.ts';
import type { ClientKey, LoadedClient } from './source.ts';
import { createTouches, thingOf } from './things.ts';

const TOUCHES_MAX = 1024;
const CLIENT_BYTES = 2000;
const MEMBER_BYTES = 16;
const LETTER_BYTES = 2;

export type ClientMemory = {
  /** The client, if it is of a state that the reader has reached (`up_to`) and nothing has touched it since. */
  readonly find: (key: ClientKey, up_to: number) => LoadedClient | null;
  readonly remember: (key: ClientKey, loaded: LoadedClient) => void;
  readonly forget: (changes: readonly Change[]) => void;
};

/** Put together once: whoever asks again comes with the same key. */
const NAMES = new WeakMap<ClientKey, string>();

/** A text for the key; neither part of it has a blank. */
export function clientName(key: ClientKey): string {
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  const name = `${key.client_id} ${key.digest}`;
  NAMES.set(key, name);
  return name;
}

function bytesOf({ client }: LoadedClient): number {
  const letters = [...client.audiences, ...client.strip_prefixes].reduce((sum, { length }) => sum + length, 0);
  const members = (client.organization_ids?.length ?? 0) + client.audiences.length + client.strip_prefixes.length;
  return CLIENT_BYTES + members * MEMBER_BYTES + letters * LETTER_BYTES;
}

/** Where there is no more room, the ones that were remembered first are forgotten. */
export function createClientMemory(bytes_max: number): ClientMemory {
  const held = new Map<string, LoadedClient>();
  const touches = createTouches(TOUCHES_MAX);
  let bytes = 0;

  function isCurrent({ client, epoch }: LoadedClient): boolean {
    return touches.isLatest(epoch) || touches.areUntouched([thingOf('client', client.id)], epoch);
  }

  function drop(name: string): void {
    const loaded = held.get(name);
    if (loaded === undefined) return;
    held.delete(name);
    bytes -= bytesOf(loaded);
  }

  return {
    find: (key, up_to) => {
      const name = clientName(key);
      const loaded = held.get(name);
      if (loaded === undefined || loaded.epoch > up_to) return null;
      if (isCurrent(loaded)) return loaded;
      drop(name);
      return null;
    },
    remember: (key, loaded) => {
      if (!isCurrent(loaded) || bytesOf(loaded) > bytes_max) return;
      const name = clientName(key);
      drop(name);
      held.set(name, loaded);
      bytes += bytesOf(loaded);
      for (const first of held.keys()) {
        if (bytes <= bytes_max) return;
        drop(first);
      }
    },
    forget: (changes) => {
      // Of what else is touched there may be much.
      touches.note(changes.filter(({ kind }) => kind === 'client' || kind === 'everything'));
      if (!changes.some(({ kind }) => kind === 'everything')) return;
      held.clear();
      bytes = 0;
    },
  };
}
