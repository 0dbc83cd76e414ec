// Facts of one history only. A node may be led to an earlier state of the database by one of its connections before the one for changes has
// told it of that (faults F24). An answer shows it: it is of a state before a commit of which this node had heard when it asked, or one
// that somebody else has found to be set back, who lets its numbers leap. Neither is an answer: nobody is let in by what was ended.

import { LEAP } from '../db/changes.ts';
import { StorageUnavailable } from '../domain/fault.ts';
import type { Freshness } from './freshness.ts';
import type { StrictFacts } from './source.ts';

export type OneHistoryParts = {
  readonly strict: StrictFacts;
  /** What this node has heard. */
  readonly freshness: Pick<Freshness, 'epoch' | 'catchUp'>;
  /** Whether the database says of itself that it was set back, and nobody has accepted that. Faults: StorageUnavailable. */
  readonly isUnaccepted: () => Promise<boolean>;
};

/** No node misses so many commits without a leap, but one that nobody has asked for long: that is looked up. */
const FAR_AHEAD = LEAP / 2;

/** The same facts; what is of another history is a fault. */
export function ofOneHistory({ strict, freshness, isUnaccepted }: OneHistoryParts): StrictFacts {
  function isOdd(epoch: number, heard: number): boolean {
    return epoch < heard || (heard >= 0 && epoch - heard >= FAR_AHEAD);
  }

  async function refuseOther(epoch: number, heard: number): Promise<void> {
    if (epoch >= heard && !(await isUnaccepted())) return;
    void freshness.catchUp().catch(ignore); // hears why, and then so does everybody
    throw new StorageUnavailable(new Error(`the database was set back: it is at ${epoch}, and ${heard} was heard`));
  }

  return {
    load: async (question) => {
      const heard = freshness.epoch();
      const loaded = await strict.load(question);
      if (isOdd(loaded.epoch, heard)) await refuseOther(loaded.epoch, heard);
      return loaded;
    },
    loadAll: async (questions) => {
      const heard = freshness.epoch();
      const loaded = await strict.loadAll(questions);
      for (const { epoch } of loaded) if (isOdd(epoch, heard)) await refuseOther(epoch, heard);
      return loaded;
    },
    loadClient: async (key) => {
      const heard = freshness.epoch();
      const loaded = await strict.loadClient(key);
      if (loaded !== null && isOdd(loaded.epoch, heard)) await refuseOther(loaded.epoch, heard);
      return loaded;
    },
  };
}

function ignore(): void {}
