// The dependency rule, kept by the linter: in a folder with this project's configuration, planted imports that break the rule
// are found, and imports that keep it are not.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const BIOME = fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url));
const DIAGNOSTICS_MAX = '1000';

/** The folder of the importing file, and what it imports. */
const FORBIDDEN = [
  ['src/domain', "import { planted } from '../db/pool.ts'"],
  ['src/domain', "import { planted } from '../config.ts'"],
  ['src/domain', "import { planted } from 'node:fs'"],
  ['src/domain', "import { planted } from 'kysely'"],
  ['src/http', "import { planted } from '../db/pool.ts'"],
  ['src/http', "import type { planted } from '../db/schema.ts'"],
  ['src/http/routes', "import { planted } from '../../db/pool.ts'"],
  ['src/http/routes', "import { planted } from 'kysely'"],
  ['src/http', "import { planted } from 'pg'"],
  ['src/use-cases', "import { planted } from '../http/app.ts'"],
  ['src/use-cases', "import { planted } from 'fastify'"],
  ['src/use-cases', "import { sql as planted } from 'kysely'"],
  ['src/db', "import { planted } from '../use-cases/planted.ts'"],
  ['src/db', "import { planted } from '../facts/source.ts'"],
  ['src/facts', "import { planted } from '../use-cases/planted.ts'"],
  ['src/jobs', "import { planted } from '../db/pool.ts'"],
  ['src/use-cases', "import { planted } from 'bcrypt'"],
  ['src/use-cases', "import { randomBytes as planted } from 'node:crypto'"],
  ['src/http', "import planted from 'node:crypto'"],
  ['src', "import { planted } from 'bcrypt'"],
] as const;

const ALLOWED = [
  ['src/domain', "import { planted } from './facts.ts'"],
  ['src/http', "import { planted } from '../use-cases/planted.ts'"],
  ['src/http/routes', "import { planted } from '../../domain/refusal.ts'"],
  ['src/use-cases', "import { planted } from '../db/tokens.ts'"],
  ['src/use-cases', "import type { Kysely as planted } from 'kysely'"],
  ['src/use-cases', "import { planted } from '../secrets.ts'"],
  ['src/use-cases', "import { hash as planted } from 'node:crypto'"],
  ['src/db', "import { planted } from '../domain/vocabulary.ts'"],
  ['src/facts', "import { planted } from '../db/facts.ts'"],
] as const;

t.test('imports that break the dependency rule are found, each of them', async (t) => {
  const found = lint(t.testdir(), FORBIDDEN);
  for (const [index, [folder, text]] of FORBIDDEN.entries()) {
    t.ok(found.has(plantedFile(folder, index)), `${folder}: ${text}`);
  }
});

t.test('imports that keep the dependency rule are not found', async (t) => {
  t.same([...lint(t.testdir(), ALLOWED)], []);
});

t.test('src/secrets.ts is where randomness and passwords are', async (t) => {
  const root = t.testdir();
  const text = "import { randomBytes } from 'node:crypto';\nimport bcrypt from 'bcrypt';\nbcrypt(randomBytes);\n";
  plant(root, 'src/secrets.ts', text);
  t.same([...restrictedImports(root)], []);
  plant(root, 'src/other.ts', text);
  t.same([...restrictedImports(root)], ['src/other.ts']);
});

function lint(root: string, imports: readonly (readonly [string, string])[]): Set<string> {
  for (const [index, [folder, text]] of imports.entries()) {
    plant(root, plantedFile(folder, index), `${text};\nexport type Planted = typeof planted;\n`);
  }
  return restrictedImports(root);
}

function plantedFile(folder: string, index: number): string {
  return `${folder}/planted-${index}.ts`;
}

function plant(root: string, file: string, text: string): void {
  copyFileSync(new URL('../biome.json', import.meta.url), join(root, 'biome.json'));
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

/** The files in which the linter finds a restricted import. */
function restrictedImports(root: string): Set<string> {
  const flags = [
    '--only=style/noRestrictedImports',
    '--reporter=github',
    '--vcs-enabled=false',
    `--max-diagnostics=${DIAGNOSTICS_MAX}`,
  ];
  const { stdout } = spawnSync(process.execPath, [BIOME, 'lint', ...flags, '.'], { cwd: root, encoding: 'utf8' });
  return new Set(
    [...stdout.matchAll(/noRestrictedImports,file=([^,]+),/g)].map(([, file = '']) => relative(root, file)),
  );
}
