// The house rules that a type checker and a linter cannot see. Limits are ratchets: they may only be lowered.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import t from 'tap';
import { PLANTS } from './faults/rig/plants.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE_LINES_MAX = 330;
const COLUMNS_MAX = 140;

/** What a name or comment must not contain, and what to write instead. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TODO|FIXME|XXX|HACK)\b/, 'finish it, or name what is missing where people read it'],
  [/\bPAT object\b|\bmanager\b|\bhelpers?\b|(?<!node:)\butils?\b/i, 'a word of docs/glossary.md'],
  [/\bMath\.random\b/, 'src/secrets.ts'],
  [/\bconsole\./, 'the log, or process.stdout in a command'],
  [/\bdebugger\b/, 'nothing'],
];

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs)$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

/** Looked at by `test` and not by `t.notMatch`, which compares all of it with the pattern, line by line, where they do not match. */
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const lines = (file: string) => textOf(file).split('\n');
const src = filesBelow('src').filter((file) => file !== 'src/db/schema.ts');
const tests = filesBelow('test');

t.test('files of the product are one thing each, named in kebab-case, and say at the top what they own', async (t) => {
  for (const file of src) {
    t.ok(lines(file).length <= FILE_LINES_MAX, `${file} has at most ${FILE_LINES_MAX} lines`);
    t.match(basename(file), /^[a-z0-9]+(?:-[a-z0-9]+)*\.(?:ts|mjs)$/, file);
    t.match(lines(file)[0], /^(?:\/\/|\/\*|#!)/, `${file} begins with what it owns`);
  }
});

t.test('no line is longer than a screen, and no banned word is used', async (t) => {
  for (const file of src) {
    for (const [index, line] of lines(file).entries()) {
      const is_data = /^\s*(?:\/\/ )?[{'"`|]/.test(line);
      if (line.length > COLUMNS_MAX && !is_data) t.fail(`${file}:${index + 1} has ${line.length} columns`);
      for (const [word, instead] of BANNED) {
        if (word.test(line)) t.fail(`${file}:${index + 1} ${word.source}: ${instead}`);
      }
    }
  }
  t.pass('read');
});

t.test('no lock is one of a session, which a pooler would keep when its holder is gone', async (t) => {
  // The one asks its own server, the other only where nothing stands between.
  const may_hold = new Set(['src/db/embedded.ts', 'src/db/import/connection.ts']);
  for (const file of src.filter((each) => !may_hold.has(each))) {
    t.notOk(/pg_(?:try_)?advisory_(?:un)?lock/.test(textOf(file)), file);
  }
});

t.test('only the composition reads the clock and the environment', async (t) => {
  const may_read_environment = /^src\/(?:main\.ts|launch\.mjs|cli\/|db\/embedded)/;
  const may_read_clock = /^src\/(?:main\.ts|launch\.mjs|cli\/)/;
  for (const file of src) {
    const text = textOf(file);
    if (!may_read_environment.test(file)) t.notOk(/process\.env/.test(text), `${file} does not read the environment`);
    if (!may_read_clock.test(file)) t.notOk(/new Date\(\)|Date\.now\(\)/.test(text), `${file} does not read the clock`);
  }
});

t.test(
  'no statement judges by the database’s clock alone: the clock that a test sets must reach every rule',
  async (t) => {
    // Rules go by the clock that is ahead. Those that load facts and follow changes say what the database’s clock is; leases of nodes,
    // migrations, the leftovers of used ID tokens and what the doctor looks at are no rules.
    const may_name_clock = new Set([
      'src/db/clock-ahead.ts',
      'src/db/facts-columns.ts',
      'src/db/client-facts.ts',
      'src/db/changes.ts',
      'src/db/nodes.ts',
      'src/db/installation.ts',
      'src/db/migrate.ts',
      'src/db/sso-identities.ts',
    ]);
    const statements = src.filter((file) => file.startsWith('src/db/') && !may_name_clock.has(file));
    for (const file of statements) {
      const judging = [...lines(file).entries()].filter(([, line]) => {
        const other = line.replace(/performance\.now\(\)/g, '');
        return /\bnow\(\)|clock_timestamp|current_timestamp|current_date/.test(other);
      });
      t.same(
        judging.map(([index]) => `${file}:${index + 1}`),
        [],
        file,
      );
    }
  },
);

t.test('no test is switched off or shuts the others out', async (t) => {
  for (const file of tests) {
    if (file === 'test/tidy.test.ts') continue;
    t.notOk(/\.(?:only|todo)\(|\{ *(?:only|todo): *true/.test(textOf(file)), file);
  }
});

t.test('what the controls of the fault tests plant has its place in the code', async (t) => {
  for (const [plant, edits] of Object.entries(PLANTS)) {
    for (const { file, from } of edits) t.equal(lines(file).join('\n').split(from).length, 2, `${plant}: ${file}`);
  }
});

t.test('the product does not lean on what is beside it', async (t) => {
  for (const file of src) t.notOk(/\.\.\/shared/.test(textOf(file)), file);
});
