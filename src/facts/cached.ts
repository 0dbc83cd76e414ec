// Facts from memory, and from the database what is not remembered or may be remembered no longer. An answer counts while nothing that
// it rests on was touched by a commit of which this node has heard, and it has heard of all up to a moment ago (freshness.ts).

import type { ClientFacts } from '../domain/caller.ts';
import { isPast } from '../domain/lifetime.ts';
import { startRefusal } from '../start-refusal.ts';
import { createClientMemory } from './client-memory.ts';
import { shareFlights } from './flights.ts';
import type { Freshness } from './freshness.ts';
import { createMemory, type Memory } from './memory.ts';
import type { Outage } from './outage.ts';
import type { ClientKey, FactsQuestion, FactsSource, LoadedClient, LoadedFacts, StrictFacts } from './source.ts';

/** Of the bound, for backend services: there are few. */
const CLIENTS_SHARE = 0.05;
/** And for what no rule reads (shown-repositories.ts). */
export const SHOWN_SHARE = 0.05;

export type CachedFactsParts = {
  readonly strict: StrictFacts;
  readonly freshness: Freshness;
  readonly outage: Outage;
  readonly bytes_max: number;
  readonly clock: () => Date;
  /** Every question first hears of all that was committed before it: never behind, and slower. */
  readonly is_fenced: boolean;
};

/** Questions since the start, answered from memory or not, and the memory that answers take. */
export type CacheFigures = { readonly hits: number; readonly misses: number; readonly bytes: number };

/** The facts of `strict`, from memory where that may be. */
export function createCachedFacts(parts: CachedFactsParts): FactsSource & { readonly figures: () => CacheFigures } {
  const { strict, freshness, outage, bytes_max, clock, is_fenced } = parts;
  // Null: nothing is remembered.
  const answers = bytes_max === 0 ? null : memoryOf(bytes_max * (1 - CLIENTS_SHARE - SHOWN_SHARE), now);
  const clients = bytes_max === 0 ? null : createClientMemory(bytes_max * CLIENTS_SHARE);
  freshness.listen((changes) => {
    answers?.forget(changes);
    clients?.forget(changes);
  });

  /** Expiry is judged by the clock that is ahead: how far the database's is, was last heard with its commits. */
  function now(): Date {
    const ours = clock();
    const ahead_ms = freshness.database_ahead_ms();
    return ahead_ms === 0 ? ours : new Date(ours.getTime() + ahead_ms);
  }

  /** Where nothing may be remembered, nothing that was asked before may be waited for either. */
  const sharing = bytes_max === 0 || is_fenced ? strict : shareFlights({ strict, freshness, now });

  /** A database that cannot be followed cannot be asked either; that is said by asking it. */
  async function fence(): Promise<void> {
    if (answers !== null) await freshness.catchUp();
  }

  /** The secret was in overlap when it was loaded, and is no longer. */
  function isOver({ secret_expires_at }: LoadedClient): boolean {
    return secret_expires_at !== null && isPast(secret_expires_at, now());
  }

  let hits = 0;
  let misses = 0;

  function recall(question: FactsQuestion): LoadedFacts | null {
    const found = answers !== null && freshness.isFresh() ? answers.find(question, freshness.epoch()) : null;
    if (found !== null) hits += 1;
    return found;
  }

  function ask(questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
    misses += questions.length;
    return sharing.loadAll(questions);
  }

  /** All from memory, which is then one state of the database, or null. */
  function recallAll(questions: readonly FactsQuestion[]): readonly LoadedFacts[] | null {
    const found: LoadedFacts[] = [];
    for (const question of questions) {
      const answer = recall(question);
      if (answer === null) return null;
      found.push(answer);
    }
    return found;
  }

  function recallClient(key: ClientKey): LoadedClient | null {
    return clients !== null && freshness.isFresh() ? clients.find(key, freshness.epoch()) : null;
  }

  async function loadAll(questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
    if (is_fenced) await fence();
    return recallAll(questions) ?? ask(questions);
  }

  function lastKnown(question: FactsQuestion, stale_ms: number): LoadedFacts | null {
    const found = answers?.find(question, freshness.epoch()) ?? null;
    return found === null ? null : { ...found, stale_ms };
  }

  function allLastKnown(questions: readonly FactsQuestion[], stale_ms: number): readonly LoadedFacts[] | null {
    const found = questions.flatMap((question) => lastKnown(question, stale_ms) ?? []);
    return found.length === questions.length ? found : null;
  }

  async function load(question: FactsQuestion): Promise<LoadedFacts> {
    if (is_fenced) await fence();
    const known = recall(question);
    if (known !== null) return known;
    misses += 1;
    return sharing.load(question);
  }

  async function loadClient(key: ClientKey): Promise<ClientFacts | null> {
    const loaded = await strict.loadClient(key);
    if (loaded === null) return null;
    clients?.remember(key, loaded);
    return loaded.client;
  }

  function lastKnownClient(key: ClientKey, stale_ms: number): ClientFacts | null {
    const found = clients?.find(key, freshness.epoch()) ?? null;
    return found === null || isOver(found) ? null : { ...found.client, stale_ms };
  }

  return {
    figures: () => ({ hits, misses, bytes: answers?.size().bytes_taken ?? 0 }),
    load,
    loadAll,
    loadOrLastKnown: async (questions) => {
      if (is_fenced) return loadAll(questions);
      const known = (stale_ms: number) => allLastKnown(questions, stale_ms);
      return recallAll(questions) ?? outage.ask(() => ask(questions), known);
    },
    known: (question) => (is_fenced ? null : recall(question)),
    remember: (question, loaded) => answers?.remember(question, loaded),
    knownClient: (key) => {
      const known = is_fenced ? null : recallClient(key);
      return known === null || isOver(known) ? null : known.client;
    },
    client: async (key) => {
      if (is_fenced) await fence();
      const known = recallClient(key);
      if (known !== null) return isOver(known) ? null : known.client;
      return outage.ask(
        () => loadClient(key),
        (stale_ms) => lastKnownClient(key, stale_ms),
      );
    },
  };
}

function memoryOf(bytes_max: number, now: () => Date): Memory {
  try {
    return createMemory(bytes_max, now);
  } catch (error) {
    throw startRefusal('Change `CACHE_MIB`: this machine does not have so much memory.', error);
  }
}
