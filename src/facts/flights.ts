// One load for equal questions: whoever asks what is just being loaded waits for that answer, where he could have been given it from
// memory a moment later. A thousand requests with a token that nobody has asked about yet are one question to the database.
//
// The load that is joined may have read the database before the question came. So its answer is taken only if it contains every
// commit of which this node had heard by then, as an answer from memory does; what was revoked here before is among them
// (promises P1, P4). What memory would not keep is loaded again: nothing would have been heard of its end, and what is hidden would be
// told sooner than what is not there (P18).

import type { Freshness } from './freshness.ts';
import { isShown } from './shown.ts';
import type { FactsQuestion, LoadedFacts, StrictFacts } from './source.ts';

export type FlightsParts = {
  readonly strict: StrictFacts;
  readonly freshness: Pick<Freshness, 'epoch' | 'isFresh'>;
  /** By the clock that is ahead. */
  readonly now: () => Date;
};

/** Of whose end commits tell. */
export function isTold({ subject, resource }: FactsQuestion): boolean {
  return subject.type !== 'session' && resource.type !== 'organization_of_team';
}

/** `load` and `loadAll` of `strict`, equal questions together. */
export function shareFlights({ strict, freshness, now }: FlightsParts): Pick<StrictFacts, 'load' | 'loadAll'> {
  const under_way = new Map<string, Promise<LoadedFacts>>();

  async function begin(key: string, question: FactsQuestion): Promise<LoadedFacts> {
    const flight = strict.load(question);
    under_way.set(key, flight);
    try {
      return await flight;
    } finally {
      under_way.delete(key);
    }
  }

  async function join(flight: Promise<LoadedFacts>, question: FactsQuestion): Promise<LoadedFacts> {
    const heard = freshness.epoch();
    const loaded = await flight;
    const counts = loaded.epoch >= heard && isShown(loaded) && freshness.isFresh();
    return counts ? { ...loaded, now: now() } : strict.load(question);
  }

  function load(question: FactsQuestion): Promise<LoadedFacts> {
    if (!isTold(question) || !freshness.isFresh()) return strict.load(question);
    const key = JSON.stringify(question);
    const flight = under_way.get(key);
    return flight === undefined ? begin(key, question) : join(flight, question);
  }

  return {
    load,
    loadAll: async (questions) => {
      const [only] = questions;
      return only !== undefined && questions.length === 1 ? [await load(only)] : strict.loadAll(questions);
    },
  };
}
