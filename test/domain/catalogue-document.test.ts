// Documents of every kind as catalogues: read whole or refused by place, never half, and never a crash (C2).

import fc from 'fast-check';
import t from 'tap';
import { OPERATIONS_MAX, readCatalogueDocument } from '../../src/domain/catalogue-document.ts';
import { printList, readKeptList } from '../../src/domain/catalogue-list.ts';
import { readOpenapi } from '../../src/domain/catalogue-openapi.ts';
import { readCatalogueText } from '../../src/domain/catalogue-text.ts';
import { type DocumentPath, lineOf, pointerOf, shown } from '../../src/domain/document-fault.ts';
import { SCOPES } from '../../src/domain/vocabulary.ts';
import { cases } from '../support/effort.ts';

const NAMES = ['contents', 'issues', 'members', 'gists', 'metadata', 'yarn', '__proto__', 'constructor'];
const set = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('read', 'write', 'admin', 'own', 1));
const odd = fc.jsonValue({ maxDepth: 2 });
const or = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 15, arbitrary: value }, { weight: 1, arbitrary: odd });
const PATHS = [
  '/a',
  '/a/{b}',
  '/a/{c}',
  '/repos/{owner}/{repo}',
  '/user/x',
  '/orgs/{org}/{path}',
  '/{',
  'a',
  '/a/{b}.json',
  '/teams/{team_id}',
];
const resource = fc.constantFrom<unknown>(
  'none',
  'repository',
  'holder',
  'loom',
  { type: 'repository', id: '{b}' },
  { type: 'team', id: '{b}' },
);
const members = {
  permission_sets: or(fc.array(or(set), { maxLength: 3 })),
  permissionless: or(fc.boolean()),
  public_read: or(fc.boolean()),
  classic_scopes: or(fc.array(or(fc.constantFrom('repo', 'gist', 'yarn')), { maxLength: 3 })),
  resource: or(resource),
};
const row = fc.record(
  { method: or(fc.constantFrom('GET', 'POST', 'HEAD')), path: or(fc.constantFrom(...PATHS)), ...members },
  { requiredKeys: [] },
);
const operation = fc
  .record(members, { requiredKeys: [] })
  .map(({ permission_sets, permissionless, public_read, classic_scopes, resource: named }) => ({
    'x-required-permissions': permission_sets,
    'x-permissionless': permissionless,
    'x-public-read': public_read,
    'x-accepted-scopes': classic_scopes,
    'x-resource': named,
  }));
const item = fc.dictionary(fc.constantFrom('get', 'post', 'head', 'x-public-read', '$ref'), or(operation));
const document = fc.oneof(
  odd,
  fc.array(or(row), { maxLength: 5 }),
  fc.record({
    openapi: or(fc.constantFrom('3.0.0', '3.1.1', '2.0')),
    paths: or(fc.dictionary(fc.constantFrom(...PATHS), or(item))),
  }),
);

/** What the pointer leads to, or undefined. */
function at(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((found, step) => {
      const is_there = typeof found === 'object' && found !== null && Object.hasOwn(found, step);
      return is_there ? (found as Record<string, unknown>)[step] : undefined;
    }, value);
}

t.test(
  'C1, C2: any document is a catalogue or has faults that lead into it; what is kept of it is the same',
  async () => {
    let catalogues = 0;
    const run = fc.property(document, (given) => {
      const value: unknown = JSON.parse(JSON.stringify(given));
      const read = readCatalogueDocument(value);
      if ('faults' in read) {
        const leads = read.faults.every(({ pointer }) => at(value, pointer.replace(/\/[^/]*$/, '')) !== undefined);
        return read.faults.length > 0 && leads;
      }
      catalogues += 1;
      const kept = readKeptList(JSON.parse(JSON.stringify(printList(read.operations))));
      return kept.faults === 0 && JSON.stringify(kept.operations) === JSON.stringify(read.operations);
    });
    const runs = cases({ short: 700, long: 50_000 });
    fc.assert(run, { numRuns: runs });
    t.ok(catalogues > 0.05 * runs, `${catalogues} catalogues`);
  },
);

t.test('C2: a member that cannot be printed is a fault like any other', async (t) => {
  const unprintable = JSON.parse('{"toString":""}');
  const read = readCatalogueDocument([{ method: unprintable, path: unprintable }]);
  t.match(read, { faults: [{ pointer: '/0/method' }, { pointer: '/0/path' }] });
});

t.test('F3: rows that were kept are read in any state', async (t) => {
  const run = fc.property(fc.oneof(odd, fc.array(or(row))), (rows) => {
    const { operations } = readKeptList(JSON.parse(JSON.stringify(rows)));
    return operations.every(({ permission_sets }) => permission_sets.every((each) => Object.keys(each).length > 0));
  });
  t.doesNotThrow(() => fc.assert(run, { numRuns: cases({ short: 500, long: 10_000 }) }));
});

t.test('C2: a fault of a text stands by its line', async (t) => {
  const rows = Array.from({ length: 50 }, (_, n) => ({
    method: 'GET',
    path: `/a${n}`,
    permission_sets: [{ contents: 'read' }],
  }));
  const text = JSON.stringify(rows, null, 2);
  for (const broken of [0, 7, 49]) {
    const lines = text.replace(`"/a${broken}"`, `"a${broken}"`);
    const read = readCatalogueText(lines);
    const line = lines.split('\n').findIndex((each) => each.includes(`"a${broken}"`)) + 1;
    t.match(read, { faults: [{ line, pointer: `/${broken}/path` }], more: 0 });
  }
  t.match(
    readCatalogueText('[\n{\n"path": "/a"}]'),
    { faults: [{ line: 2, pointer: '/0/method' }] },
    'of what holds it',
  );
  t.match(readCatalogueText('\uFEFF[]'), { faults: [{ line: 1, message: /byte order mark/ }] });
  t.match(readCatalogueText(''), { faults: [{ line: 1 }] });
  t.match(readCatalogueText('[\r\n1,\r\n\r\n]'), { faults: [{ line: 4 }] });
});

t.test('C1: scopes in any order, levels that a permission has not, and limits', async (t) => {
  const one = (declared: object) => readCatalogueDocument([{ method: 'GET', path: '/a', ...declared }]);
  t.match(one({ permissionless: true, classic_scopes: [] }), { operations: [{ classic_scopes: [] }] });
  t.match(one({ permissionless: true, classic_scopes: null }), { operations: [{ classic_scopes: null }] });
  const every = SCOPES.map(({ name }) => name);
  t.match(one({ permissionless: true, classic_scopes: [...every, 'repo'] }), {
    operations: [{ classic_scopes: every }],
  });
  for (const set of [
    { metadata: 'write' },
    { contents: 'admin' },
    { codespaces_secrets: 'read' },
    { contents: 'Read' },
  ]) {
    t.match(one({ permission_sets: [set] }), { faults: [{ pointer: /^\/0\/permission_sets\/0\// }] });
  }
  const many = (count: number) => Array.from({ length: count }, (_, n) => ({ method: 'GET', path: `/a${n}` }));
  t.match(readCatalogueDocument(many(OPERATIONS_MAX)), { operations: Object });
  t.match(readCatalogueDocument(many(OPERATIONS_MAX + 1)), { faults: [{ pointer: '' }] });
  const paths = Object.fromEntries(many(OPERATIONS_MAX / 2 + 1).map(({ path }) => [path, { get: {}, put: {} }]));
  t.match(readCatalogueDocument({ openapi: '3.1.0', paths }), { faults: [{ pointer: '' }] });
});

t.test('C2: a fault is found by its pointer, quoted within a line, and counted from the first line', async (t) => {
  t.equal(pointerOf(['a~b', 'c/d', 0]), '/a~0b/c~1d/0');
  t.equal(shown('x'.repeat(100)), `\`${'x'.repeat(100)}\``);
  t.equal(shown('x'.repeat(101)), `\`${'x'.repeat(100)}…\``);
  t.same([lineOf('a\nb', 0), lineOf('a\nb', 1), lineOf('a\nb', 2)], [1, 1, 2]);
});

t.test('C2: versions of OpenAPI 3 by their numbers, whatever follows a minus sign', async (t) => {
  const faults = (openapi: unknown) => {
    const found: DocumentPath[] = [];
    readOpenapi({ openapi, paths: {} }, (path) => found.push(path));
    return found;
  };
  for (const version of ['3.0', '3.1.0', '3.10', '3.10.12', '3.2.0-rc1']) t.same(faults(version), [], version);
  for (const version of ['3', '2.0', '3.1.', '13.1', '3.1 x', 3.1, null]) t.same(faults(version), [['openapi']]);
});
