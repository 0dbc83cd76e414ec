// Which numbers of commits no state of the database contains any more (migrations: lost_epochs), as few checks ask: those with a
// consistency token. Numbers are lost only when everything that is known is forgotten.

import type { Freshness } from './freshness.ts';

type Span = { readonly after_epoch: number; readonly until_epoch: number };

export type LostEpochs = {
  /** Whether the commit with this number was lost when the database was set back. Faults: StorageUnavailable. */
  readonly has: (epoch: number) => Promise<boolean>;
};

type Parts = { readonly read: () => Promise<readonly Span[]>; readonly freshness: Pick<Freshness, 'listen'> };

export function createLostEpochs({ read, freshness }: Parts): LostEpochs {
  let known: Promise<readonly Span[]> | null = null;
  freshness.listen((changes) => {
    if (changes.some(({ kind }) => kind === 'everything')) known = null;
  });
  return {
    has: async (epoch) => {
      const asked = known ?? read();
      known = asked;
      asked.catch(() => {
        if (known === asked) known = null;
      });
      return (await asked).some(({ after_epoch, until_epoch }) => epoch > after_epoch && epoch <= until_epoch);
    },
  };
}
