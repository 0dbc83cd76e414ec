// The wait until a change is in force on every node (promises P3).

import { setTimeout as delay } from 'node:timers/promises';
import { askNodes, isAnyNodeBehind } from '../../db/nodes.ts';
import type { Deps } from '../../deps.ts';

/** How often is looked: quickly at first, because nodes that can be told answer within milliseconds. */
const LOOK_MS = [2, 3, 5, 10] as const;
const LOOK_MS_MAX = 20;

/**
 * Whether every node has taken this into account, or answers from memory no longer, before the time is over. `epoch`: the number of a
 * commit, or a later one. What cannot be known now is tried again until then; it never fails.
 */
export async function awaitNodes(deps: Pick<Deps, 'db' | 'log'>, epoch: number, ms_max: number): Promise<boolean> {
  const until = performance.now() + ms_max;
  let since: Date | null = null;
  for (let looks = 0; ; looks += 1) {
    try {
      since ??= await askNodes(deps.db, epoch);
      if (!(await isAnyNodeBehind(deps.db, epoch, since))) return true;
    } catch (error) {
      deps.log.warn({ err: error }, 'whether every node has taken a change into account cannot be known now');
    }
    const pause_ms = LOOK_MS[looks] ?? LOOK_MS_MAX;
    if (performance.now() + pause_ms > until) return false;
    await delay(pause_ms);
  }
}
