// Runs test files through tap's own runner, for what it measures: which lines of the product the tests reach. Takes longer.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Outcome, readOutcome } from './outcome.ts';
import type { Run } from './run-files.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TAP = fileURLToPath(new URL('../../node_modules/tap/dist/esm/run.mjs', import.meta.url));
/** Inside node_modules, so that a new installation, which removes what `tap build` made, removes the mark of it as well. */
const BUILT_MARK = fileURLToPath(new URL('../../node_modules/.tap-built', import.meta.url));

export function runMeasured(files: readonly string[], env: Readonly<Record<string, string | undefined>>): Run {
  buildTap();
  const child = spawn(process.execPath, [TAP, '-Rtap', ...files], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    process.stdout.write(part);
    text += part;
  });
  const done = new Promise<Outcome>((resolve) => child.once('close', (status) => resolve(readOutcome(text, status))));
  return { done, kill: (signal) => child.kill(signal) };
}

/** Tap runs with the plugins of its build; the first run after an installation would use the wrong ones. */
function buildTap(): void {
  if (existsSync(BUILT_MARK)) return;
  const { status } = spawnSync(process.execPath, [TAP, 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('`tap build` did not succeed');
  writeFileSync(BUILT_MARK, '');
}
