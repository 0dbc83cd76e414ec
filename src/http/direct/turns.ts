// Requests that arrive in one turn of the event loop are judged one after the other, and then answered one after the other: each step
// finds its code in the processor's caches, which the network's would take from it in between (docs/decisions/0011-direct-answers.md).

import { collectArrivals } from '../arrivals.ts';

type Steps<Item> = {
  /** Whether what was judged from memory is to be written. */
  readonly judge: (item: Item) => boolean;
  readonly write: (item: Item) => void;
  /** In place of writing, where what is remembered has become too old. */
  readonly instead: (item: Item) => void;
  /** Whether what is remembered may be used now. */
  readonly isFresh: () => boolean;
};

/** Takes the items of a turn, and does this with all of them. No step throws. @rule P2 */
export function createTurns<Item>({ judge, write, instead, isFresh }: Steps<Item>): (item: Item) => void {
  return collectArrivals((items) => {
    const judged = items.filter(judge);
    // A process that was stopped between the two has forgotten nothing meanwhile, and must not answer as if it had been awake.
    const end = judged.length === 0 || isFresh() ? write : instead;
    for (const item of judged) end(item);
  });
}
