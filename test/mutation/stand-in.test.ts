// What stands for tap while mutants are judged (tap.mjs) has to know what the pure tests claim by, and what the runner changes of our own
// files (runner.mjs) has to be there: else no mutant is judged, which is noticed by nobody before the next long run.

import { globSync, readFileSync } from 'node:fs';
import t from 'tap';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
const RUNNER = read('runner.mjs');
const ROOT = new URL('../../', import.meta.url);

t.test('the stand-in for tap has every claim that the pure tests make', (t) => {
  const patterns = [...(/PURE_TESTS = \[(.*?)\]/s.exec(RUNNER)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
    ([, each]) => each,
  );
  const files = patterns.flatMap((pattern) => globSync(pattern ?? '', { cwd: ROOT }));
  t.ok(files.length > 20, `${files.length} files`);
  const claims = new Set(
    files.flatMap((file) => [...read(`../../${file}`).matchAll(/\bt\.(\w+)\(/g)].map(([, each]) => each)),
  );
  const known = new Set([...read('tap.mjs').matchAll(/^ {2,4}(\w+): /gm)].map(([, each]) => each));
  t.same(
    [...claims].filter((each) => !known.has(each)),
    [],
  );
  t.end();
});

t.test('the runner finds where answers are remembered', (t) => {
  t.match(read('../../src/domain/once.ts'), /const known = new WeakMap[^(]*\(\);/);
  t.match(read('../../src/domain/requirement.ts'), 'made.set(key, requirement)');
  t.match(RUNNER, String.raw`/const known = new WeakMap[^(]*\(\);/`);
  t.match(RUNNER, "'made.set(key, requirement)'");
  t.end();
});
