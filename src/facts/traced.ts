// Loads of facts as parts of the requests that wait for them. Only put in between while somebody wants traces.

import { asPart, type Beginning, tracingNow } from '../tracing.ts';
import type { StrictFacts } from './source.ts';

function loading(what: string, questions: number): Beginning {
  const attributes = { 'db.system.name': 'postgresql', 'gatehouse.questions': questions };
  return { kind: 'client', name: `load ${what}`, attributes };
}

/** The same facts. */
export function tracedFacts(strict: StrictFacts): StrictFacts {
  if (tracingNow() === null) return strict;
  return {
    load: (question) => asPart(loading('facts', 1), () => strict.load(question)),
    loadAll: (questions) => asPart(loading('facts', questions.length), () => strict.loadAll(questions)),
    loadClient: (key) => asPart(loading('client', 1), () => strict.loadClient(key)),
  };
}
