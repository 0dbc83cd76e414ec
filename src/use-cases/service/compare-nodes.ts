// Nodes that live and differ in a setting that has to be the same on all (faults F25): told in the log when it begins and when it is over.
// Nothing is refused for it: while settings are changed node by node they differ, and that is right.

import { listDifferingSettings } from '../../db/nodes.ts';
import type { Deps } from '../../deps.ts';

/** A job that remembers what it told last. */
export function createNodeComparison({ db, log }: Pick<Deps, 'db' | 'log'>): () => Promise<void> {
  let told = '';
  return async () => {
    const settings = await listDifferingSettings(db);
    const found = settings.join();
    if (found === told) return;
    told = found;
    if (settings.length > 0) log.warn({ settings }, 'nodes differ in settings that have to be the same on all');
    else log.info('the settings of all nodes are the same again');
  };
}
