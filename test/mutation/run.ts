// `npm run test:mutation`: changes src/domain in thousands of places, one at a time, and runs the pure tests for each; what no test
// notices is listed at the end. `npm run test:mutation -- --mutate src/domain/decide.ts` changes one file. The tool is installed
// at the first run, in this folder, so that nobody else has to have it. What may survive: survivors.md.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const STRYKER = join(HERE, 'node_modules/@stryker-mutator/core/bin/stryker.js');
/** It takes long and nobody waits for it. */
const NICENESS = 10;

async function run(command: string, args: readonly string[], cwd: string): Promise<number> {
  const [code] = await once(spawn(command, args, { cwd, stdio: 'inherit' }), 'close');
  return code ?? 1;
}

setPriority(NICENESS);
const installed = existsSync(STRYKER)
  ? 0
  : await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], HERE);
const args = [STRYKER, 'run', 'test/mutation/stryker.config.json', ...process.argv.slice(2)];
process.exitCode = installed === 0 ? await run(process.execPath, args, join(HERE, '../..')) : installed;
