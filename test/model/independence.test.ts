// The model is of any worth only while it is another's work than the engine: it takes nothing of it but types and the closed
// lists of names, and nothing of the engine takes from it.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const ROOT = join(import.meta.dirname, '../..');
const MODEL = ['reference', 'reference-child', 'tables', 'state', 'judge', 'acts'];
/** Names, categories and levels of permissions and scopes: data, which a test compares with the rules. */
const DATA = '../../src/domain/vocabulary.ts';

/** What a file imports, other than types. */
function valuesFrom(text: string): readonly string[] {
  const statements = [...text.matchAll(/^import\s+(type\s+)?([^;]*?)\s*from\s+'([^']+)';/gms)];
  return statements.filter(([, type]) => type === undefined).map(([, , , from = '']) => from);
}

function strangers(text: string): readonly string[] {
  const own = MODEL.map((each) => `./${each}.ts`);
  return valuesFrom(text).filter((from) => from !== DATA && !own.includes(from));
}

t.test('faults.md 3: the reference decision and its world are written from the rules alone', async (t) => {
  for (const name of MODEL) {
    const text = readFileSync(join(ROOT, `test/model/${name}.ts`), 'utf8');
    t.same(strangers(text), [], name);
    t.notMatch(text, /await import\(|require\(/, name);
  }
  t.same(
    strangers("import { decide } from '../../src/domain/decide.ts';"),
    ['../../src/domain/decide.ts'],
    'and one is seen',
  );
  t.same(strangers("import type { Facts } from '../../src/domain/facts.ts';"), []);
});

t.test('faults.md 3: nothing of the service takes from the tests', async (t) => {
  for (const file of globSync('src/**/*.{ts,mjs}', { cwd: ROOT })) {
    t.notMatch(readFileSync(join(ROOT, file), 'utf8'), /from '(?:\.\.\/)+test\//, file);
  }
});
