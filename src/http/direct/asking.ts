// What is not known has to be asked for, which takes of what there is too little of when there is too much to do (load.ts).

import type { Load } from '../../load.ts';
import type { Outcome, Told } from './exchange.ts';

type Asking<Found> = {
  readonly ask: () => Promise<Found>;
  readonly tell: (found: Found) => Outcome;
  /** That there is too much to do. */
  readonly refusal: Told | 'general';
};

/** Asks, and tells what was found; where it could not be found, the general way says why. */
export function askFor<Found>(load: Load, asking: Asking<Found>): Outcome {
  const { refusal } = asking;
  const shortage = load.shortageFor('check');
  if (shortage === null) return found(load, asking);
  if (refusal !== 'general') load.recordShed('check', shortage);
  return refusal;
}

async function found<Found>(load: Load, { ask, tell }: Asking<Found>): Promise<Told | 'general'> {
  load.begin();
  try {
    return await tell(await ask());
  } catch {
    return 'general';
  } finally {
    load.end();
  }
}
