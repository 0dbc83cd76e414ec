// What answers are remembered in as objects, the simplest way: to compare with.

import type { FactsQuestion, LoadedFacts } from '../../src/facts/source.ts';

/** Every answer of a token's text under one text. */
export function createMemoryOfObjects() {
  const held = new Map<string, LoadedFacts>();
  const keyOf = ({ subject, resource }: FactsQuestion): string =>
    subject.type === 'token_text' ? `${subject.digest} ${resource.type}` : '';
  return {
    find: (question: FactsQuestion, up_to: number): LoadedFacts | null => {
      const answer = held.get(keyOf(question));
      return answer === undefined || answer.epoch > up_to ? null : { ...answer, now: new Date() };
    },
    remember: (question: FactsQuestion, answer: LoadedFacts): void => {
      held.set(keyOf(question), answer);
    },
  };
}
