// What answers show of a repository and no rule reads: remembered as facts are, by the commits that touch the repository.

import type { RepositoryText } from '../db/repositories.ts';
import type { Freshness } from './freshness.ts';
import { createTouches, thingOf } from './things.ts';

export type ShownRepositories = {
  /** Where it is known without asking; null: it has to be asked for. */
  readonly known: (id: number) => RepositoryText | null;
  /** Null: there is no such repository. Faults: StorageUnavailable. */
  readonly load: (id: number) => Promise<RepositoryText | null>;
};

export type ShownRepositoriesParts = {
  readonly read: (id: number) => Promise<RepositoryText | null>;
  readonly freshness: Freshness;
  /** 0: nothing is remembered. */
  readonly bytes_max: number;
};

const TOUCHES_MAX = 16_384;
/** An entry of a map, the object, its moment and its text; estimated on the large side. */
const ENTRY_BYTES = 300;
const LETTER_BYTES = 2;

/** In two generations: when the younger holds half of the bound, the older, which nobody asked for meanwhile, is forgotten. */
export function createShownRepositories({ read, freshness, bytes_max }: ShownRepositoriesParts): ShownRepositories {
  const touches = createTouches(TOUCHES_MAX);
  let young = new Map<number, RepositoryText>();
  let old = new Map<number, RepositoryText>();
  let young_bytes = 0;
  freshness.listen((changes) => {
    if (!touches.note(changes)) return;
    young = new Map();
    old = new Map();
    young_bytes = 0;
  });

  function isCurrent(id: number, { epoch }: RepositoryText): boolean {
    return touches.isLatest(epoch) || touches.areUntouched([thingOf('repository', id)], epoch);
  }

  function keep(id: number, text: RepositoryText): void {
    if (young.has(id)) return;
    young.set(id, text);
    young_bytes += ENTRY_BYTES + LETTER_BYTES * (text.description?.length ?? 0);
    if (young_bytes <= bytes_max / 2) return;
    old = young;
    young = new Map();
    young_bytes = 0;
  }

  function known(id: number): RepositoryText | null {
    if (bytes_max === 0 || !freshness.isFresh()) return null;
    const found = young.get(id) ?? old.get(id);
    if (found === undefined || found.epoch > freshness.epoch()) return null;
    if (!isCurrent(id, found)) {
      young.delete(id);
      old.delete(id);
      return null;
    }
    keep(id, found);
    return found;
  }

  return {
    known,
    load: async (id) => {
      const found = known(id);
      if (found !== null) return found;
      const text = await read(id);
      if (text !== null && bytes_max > 0 && isCurrent(id, text)) keep(id, text);
      return text;
    },
  };
}
