// Facts from memory, and from the database what is not remembered or may be remembered no longer. An answer counts while nothing that
// it rests on was touched by a commit of which this node has heard, and it has heard of all up to a moment ago (freshness.ts).

import type { Change } from '../db/changes.ts';
import { isPast } from '../domain/lifetime.ts';
import type { Freshness } from './freshness.ts';
import { createMemory } from './memory.ts';
import { questionKey, thingsOf } from './question-key.ts';
import type { ClientKey, FactsQuestion, FactsSource, LoadedClient, LoadedFacts, StrictFacts } from './source.ts';

/** What an answer and its place take, roughly: measured in test/bench. */
const ANSWER_BYTES = 2000;
const LISTED_BYTES = 150;
const CLIENT_BYTES = 1000;
/** Of the bound, for backend services: there are few. */
const CLIENTS_SHARE = 0.05;

export type CachedFactsParts = {
  readonly strict: StrictFacts;
  /** Follows the commits and tells this of what was touched. */
  readonly follow: (onChanges: (changes: readonly Change[]) => void) => Freshness;
  readonly bytes_max: number;
  readonly clock: () => Date;
  /** Every question first hears of all that was committed before it: never behind, and slower. */
  readonly is_fenced: boolean;
};

export type CachedFacts = FactsSource & { readonly freshness: Freshness };

/** The facts of `strict`, from memory where that may be. */
export function createCachedFacts({ strict, follow, bytes_max, clock, is_fenced }: CachedFactsParts): CachedFacts {
  const answers = createMemory<LoadedFacts>(bytes_max * (1 - CLIENTS_SHARE));
  const clients = createMemory<LoadedClient>(bytes_max * CLIENTS_SHARE);
  const freshness = follow((changes) => {
    answers.forget(changes);
    clients.forget(changes);
  });

  /** Expiry is judged by the clock that is ahead: how far the database's is, was last heard with its commits. */
  function now(): Date {
    return new Date(clock().getTime() + freshness.database_ahead_ms());
  }

  /** A database that cannot be followed cannot be asked either; that is said by asking it. */
  async function fence(): Promise<void> {
    if (bytes_max > 0) await freshness.catchUp();
  }

  function recall(question: FactsQuestion): LoadedFacts | null {
    const key = questionKey(question);
    const found = key === null ? undefined : answers.find(key, freshness.epoch());
    return found === undefined ? null : { ...found, now: now() };
  }

  /** All from memory, which is then one state of the database, or null. */
  function recallAll(questions: readonly FactsQuestion[]): readonly LoadedFacts[] | null {
    if (bytes_max === 0 || !freshness.isFresh()) return null;
    const found: LoadedFacts[] = [];
    for (const question of questions) {
      const answer = recall(question);
      if (answer === null) return null;
      found.push(answer);
    }
    return found;
  }

  function recallClient(key: ClientKey): LoadedClient | null {
    if (bytes_max === 0 || !freshness.isFresh()) return null;
    return clients.find(nameOf(key), freshness.epoch()) ?? null;
  }

  async function loadAll(questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
    if (is_fenced) await fence();
    return recallAll(questions) ?? strict.loadAll(questions);
  }

  async function load(question: FactsQuestion): Promise<LoadedFacts> {
    if (is_fenced) await fence();
    return recallAll([question])?.[0] ?? strict.load(question);
  }

  return {
    freshness,
    load,
    loadAll,
    known: (question) => (is_fenced ? null : (recallAll([question])?.[0] ?? null)),
    remember: (question, loaded) => {
      const key = questionKey(question);
      const things = key === null ? null : thingsOf(question, loaded);
      if (key === null || things === null) return;
      const bytes = ANSWER_BYTES + LISTED_BYTES * (loaded.granted_repositories?.length ?? 0);
      answers.remember(key, { answer: loaded, things, epoch: loaded.epoch, bytes });
    },
    knownClient: (key) => {
      const known = is_fenced ? null : recallClient(key);
      return known === null || isOver(known, now()) ? null : known.client;
    },
    client: async (key) => {
      if (is_fenced) await fence();
      const known = recallClient(key);
      if (known !== null) return isOver(known, now()) ? null : known.client;
      const loaded = await strict.loadClient(key);
      if (loaded === null) return null;
      const { client, epoch } = loaded;
      clients.remember(nameOf(key), { answer: loaded, things: [`client:${client.id}`], epoch, bytes: CLIENT_BYTES });
      return client;
    },
  };
}

function nameOf({ client_id, digest }: ClientKey): string {
  return `${client_id} ${digest}`;
}

/** The secret was in overlap when it was loaded, and is no longer. */
function isOver({ secret_expires_at }: LoadedClient, now: Date): boolean {
  return secret_expires_at !== null && isPast(secret_expires_at, now);
}
