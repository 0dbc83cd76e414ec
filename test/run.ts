// `npm test`: everything, or the files named behind `--`. Starts one throwaway PostgreSQL with a migrated template, runs tap,
// and ends with the line `N passed, N failed`, which is also what the exit code says.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TEMPLATE_URL } from './support/database.ts';
import { startTestServer } from './support/server.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TAP = fileURLToPath(new URL('../node_modules/tap/dist/esm/run.mjs', import.meta.url));
/** Inside node_modules, so that a new installation, which removes what `tap build` made, removes the mark of it as well. */
const BUILT_MARK = fileURLToPath(new URL('../node_modules/.tap-built', import.meta.url));

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const [...args] = process.argv.slice(2);
buildTap();
const server = await startTestServer();
// Ctrl-C and termination reach tap too (it is of the same process group) or end it here; the server must end in any case.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => running.kill(signal));
const running = spawn(process.execPath, [TAP, '-Rtap', ...coverage(args), ...args], {
  cwd: ROOT,
  env: { ...process.env, [TEMPLATE_URL]: server.template_url },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { text, status } = await outputOf();
await server.stop();
report(readOutcome(text), status);

/** Tap runs with the plugins of its build; the first run after an installation would use the wrong ones. */
function buildTap(): void {
  if (existsSync(BUILT_MARK)) return;
  const { status } = spawnSync(process.execPath, [TAP, 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('`tap build` did not succeed');
  writeFileSync(BUILT_MARK, '');
}

/** Coverage is of the whole: for single files it would only be slow. */
function coverage(files: readonly string[]): readonly string[] {
  return files.length > 0 ? ['--disable-coverage', '--allow-empty-coverage'] : [];
}

async function outputOf(): Promise<{ text: string; status: number }> {
  let text = '';
  running.stdout.setEncoding('utf8').on('data', (part: string) => {
    process.stdout.write(part);
    text += part;
  });
  const status = await new Promise<number>((resolve) => running.once('close', (code) => resolve(code ?? 1)));
  return { text, status };
}

/** The last summary of tap is that of all files: `# { total: 24, pass: 19, fail: 3, todo: 1, skip: 1 }`. */
function readOutcome(text: string): Outcome | undefined {
  const summary = text.match(/^# \{[^}]*total: [0-9]+[^}]*\}$/gm)?.at(-1);
  if (summary === undefined) return undefined;
  const count = (name: string): number => Number(summary.match(new RegExp(`\\b${name}: ([0-9]+)`))?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
}

function report(outcome: Outcome | undefined, status: number): void {
  const { passed, failed, skipped } = outcome ?? { passed: 0, failed: 1, skipped: 0 };
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 || status !== 0 ? 1 : 0;
}
