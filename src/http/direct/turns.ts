// Requests that arrive in one turn of the event loop are judged one after the other, and then answered one after the other: each step
// finds its code in the processor's caches, which the network's would take from it in between (docs/decisions/0011-direct-answers.md).

/** What is written, where it still may be, and what is done instead. */
type Writing = { readonly write: () => void; readonly instead: () => void };

export type Turns = {
  /** Does this with what arrived in the same turn. */
  readonly judge: (work: () => void) => void;
  /** Writes what was judged from memory, after all judging of the turn; `instead`, where what is remembered has become too old. */
  readonly write: (writing: Writing) => void;
};

/** `isFresh`: whether what is remembered may be used now. Neither kind of work throws. @rule P2 */
export function createTurns(isFresh: () => boolean): Turns {
  let judging: (() => void)[] = [];
  let writing: Writing[] = [];

  function run(): void {
    const arrived = judging;
    judging = [];
    for (const work of arrived) work();
    const judged = writing;
    writing = [];
    // A process that was stopped between the two has forgotten nothing meanwhile, and must not answer as if it had been awake.
    const may_write = judged.length === 0 || isFresh();
    for (const { write, instead } of judged) may_write ? write() : instead();
  }

  return {
    judge: (work) => {
      if (judging.length === 0) setImmediate(run);
      judging.push(work);
    },
    write: (each) => {
      writing.push(each);
    },
  };
}
