// What a request is for, by the compiled router of a catalogue and by find-my-way, the router of
// Fastify, over the same templates. find-my-way has neither parameters that hold `/` within a template nor C3's order, so it is
// a yardstick, no alternative. In the order A B B A, each after a run that is not measured; every answer is looked at.

import findMyWay from 'find-my-way';
import { compileCatalogue } from '../../src/domain/catalogue.ts';
import { readCatalogueDocument } from '../../src/domain/catalogue-document.ts';
import { type RequestPath, readPath } from '../../src/domain/path.ts';

/** Nouns and verbs as an API has them: many siblings, a few levels deep. */
const SIBLINGS = 100;

export type RouterPair = { readonly own_us: number; readonly other_us: number };

function templatesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const [noun, part] = [index % SIBLINGS, Math.floor(index / SIBLINGS)];
    return `/repos/{owner}/{repo}/noun${noun}/{id}/part${part}/{number}`;
  });
}

const pathOf = (template: string): string => template.replace(/\{[a-z]+\}/g, 'value');

/** Microseconds for a match of each; throws at the first one that is not right. */
export function measureRouters(operations: number, rounds: number): readonly RouterPair[] {
  const templates = templatesOf(operations);
  const rows = templates.map((path) => ({ method: 'GET', path, permission_sets: [{ contents: 'read' }] }));
  const read = readCatalogueDocument(rows);
  if (!('operations' in read)) throw new Error('the catalogue of the bench is broken');
  const catalogue = compileCatalogue(read.operations, 1);
  const other = findMyWay();
  for (const template of templates)
    other.on('GET', template.replace(/\{([a-z]+)\}/g, ':$1'), () => undefined, template);
  const paths = templates.map(pathOf);
  // The path is read before anything is matched, whatever the router: both are given what they take.
  const read_paths = paths.map((path): RequestPath => readPath(path) ?? { segments: [], query: new URLSearchParams() });
  const own = (): number =>
    timed(templates, (index) => catalogue.match('GET', read_paths[index] as RequestPath)?.operation.template);
  const theirs = (): number => timed(templates, (index) => other.find('GET', paths[index] ?? '')?.store);
  own();
  theirs();
  return Array.from({ length: rounds }).flatMap(() => {
    const [a, b, c, d] = [own(), theirs(), theirs(), own()];
    return [
      { own_us: a, other_us: b },
      { own_us: d, other_us: c },
    ];
  });
}

function timed(expected: readonly string[], find: (index: number) => unknown): number {
  const started = performance.now();
  for (const [index, template] of expected.entries()) {
    if (find(index) !== template) throw new Error(`${template} was not found`);
  }
  return ((performance.now() - started) * 1000) / expected.length;
}
