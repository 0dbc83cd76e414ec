// Runs test files in processes, several at a time, and adds up what they say. `tap` could run them too (it does for `npm run
// coverage`), but its loaders, which it puts into every process, cost more than most files themselves.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, globSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases } from './effort.ts';
import { addOutcomes, NOTHING, type Outcome, readOutcome } from './outcome.ts';
import { newFolder, scratchPlace } from './scratch-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The modules as Node has compiled them, so that not every process compiles them again. */
export const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled-modules', import.meta.url));
/** After so long tap itself ends a file and says where it stood: many times what the longest takes, for a busy machine ends none. */
const FILE_SECONDS_MAX = cases({ short: 1200, long: 3600 });
/** For a file that does not even listen to that. */
const KILL_MS = (FILE_SECONDS_MAX + 30) * 1000;
/** More files than processors: each waits for the database much of its time. */
const JOBS = availableParallelism() + 2;

const FOLDERS = 'cli|coverage|db|domain|facts|gateways|http|jobs|model|monitoring|rules|standards';
const SHORT = [
  ...[
    'administration',
    'backend-guides',
    'config',
    'counted-windows',
    'counts-over-nodes',
    'docker-compose',
    'layers',
    'load',
    'log',
  ],
  ...[
    'many-nodes',
    'number-table',
    'oauth-guide',
    'outbound',
    'readme',
    'spread',
    'supply-chain',
    'tidy',
    'token-texts',
  ],
].join('|');
/**
 * In these folders files share processes, and these short ones: their tests are about applications that they build themselves, or services
 * that they start, and leave nothing behind. Code that has run for a while is quick, and two thousand modules are loaded once: together
 * they take half of what they take alone.
 */
const SHARING = new RegExp(`^test/(?:(?:${FOLDERS})/|(?:${SHORT})\\.test\\.ts$)`);
/** But not these, which are about processes, time and memory. */
const ALONE = [
  ...['test/db/embedded.test.ts', 'test/db/hot-plans.test.ts', 'test/db/pgbouncer.test.ts', 'test/db/pool.test.ts'],
  ...['test/facts/memory.test.ts', 'test/facts/replica.test.ts', 'test/facts/stopped-node.test.ts'],
  // Its document says which figures a process has.
  'test/http/openapi-examples.test.ts',
  // After it the process counts as one of several.
  'test/monitoring/metrics.test.ts',
];
const SHARING_MAX = 24;
const PLAY_FILES = 'test/support/play-files.ts';
const BEFORE = new URL('lighten-tap.ts', import.meta.url).href;

/** What takes longest begins first, so that it is not what is still at work when all else has ended. */
const LONGEST = [
  ...['test/main.test.ts', 'test/rules/cells-over-http.test.ts', 'test/faults/quick.test.ts', 'test/restore.test.ts'],
  ...['test/bench/bench.test.ts', 'test/http/ways-in-agree.test.ts', 'test/db/hot-plans.test.ts'],
];

/** The named files, the files of the named folders, or all. */
export function testFiles(named: readonly string[]): readonly string[] {
  const places = named.length > 0 ? named : ['test'];
  const files = places.flatMap((place) => {
    const is_folder = statSync(resolve(ROOT, place), { throwIfNoEntry: false })?.isDirectory();
    // What `npm run test:mutation` installs for itself has tests of its own.
    const exclude = ['**/node_modules/**'];
    return is_folder ? globSync(`${place}/**/*.test.ts`, { cwd: ROOT, exclude }).sort() : [place];
  });
  return files.toSorted(longestFirst);
}

function longestFirst(one: string, other: string): number {
  return Number(LONGEST.includes(other)) - Number(LONGEST.includes(one));
}

type Batch = readonly [string, ...string[]];

/** In their order; those that share a process together, where the first of them was: the longest with each other only. */
function batchesOf(files: readonly string[]): Batch[] {
  const batches: [string, ...string[]][] = [];
  const open: { [kind in 'longest' | 'usual']?: string[] } = {};
  for (const file of files) {
    const kind = LONGEST.includes(file) ? 'longest' : 'usual';
    const may_share = SHARING.test(file) && !ALONE.includes(file);
    const shared = open[kind];
    if (may_share && shared !== undefined && shared.length < SHARING_MAX) {
      shared.push(file);
      continue;
    }
    const batch: [string, ...string[]] = [file];
    batches.push(batch);
    if (may_share) open[kind] = batch;
  }
  // They take longer than most that are alone, which then fill what is left.
  return batches.toSorted((one, other) => longestFirst(one[0], other[0]) || other.length - one.length);
}

export interface Run {
  readonly done: Promise<Outcome>;
  /** Ends what runs; nothing more is begun. */
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Writes TAP: what every process says is a subtest of the whole, shown when it has ended. */
export function runFiles(files: readonly string[], environment: Readonly<Record<string, string | undefined>>): Run {
  const waiting = batchesOf(files);
  const running = new Set<ChildProcess>();
  const folder = newFolder(scratchPlace());
  let shown = 0;
  const common = { NODE_COMPILE_CACHE: COMPILED, ...environment };

  async function runOne(batch: Batch): Promise<Outcome> {
    const begun = performance.now();
    const env = { TAP_TIMEOUT: String(FILE_SECONDS_MAX * batch.length), PLAYED: batch.join(' '), ...common };
    const entry = batch.length === 1 ? batch[0] : PLAY_FILES;
    // A file and not a pipe: a test writes a line for every assertion, and each would wake this process.
    const said = join(folder, String(performance.now()));
    const to = openSync(said, 'wx');
    const child = spawn(process.execPath, ['--import', BEFORE, entry], {
      cwd: ROOT,
      env,
      stdio: ['ignore', to, 'inherit'],
    });
    closeSync(to);
    running.add(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_MS * batch.length);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    running.delete(child);
    const text = readFileSync(said, 'utf8');
    rmSync(said);
    const read = readOutcome(text, status);
    const outcome = read.failed > 0 ? { ...read, failures: [batch.join(' '), ...read.failures] } : read;
    shown += 1;
    show(`${shown} - ${batch.join(' ')} # time=${Math.round(performance.now() - begun)}ms`, text, outcome);
    return outcome;
  }

  async function work(): Promise<Outcome> {
    let outcome = NOTHING;
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      outcome = addOutcomes(outcome, await runOne(batch));
    }
    return outcome;
  }

  process.stdout.write('TAP version 14\n');
  const done = Promise.all(Array.from({ length: JOBS }, work)).then((outcomes) => {
    rmSync(folder, { recursive: true });
    process.stdout.write(`1..${shown}\n`);
    return outcomes.reduce(addOutcomes, NOTHING);
  });
  return {
    done,
    kill: (signal) => {
      waiting.length = 0;
      for (const child of running) child.kill(signal);
    },
  };
}

function show(line: string, text: string, outcome: Outcome): void {
  const indented = text.replace(/^TAP version 14\n/, '').replace(/^(?=.)/gm, '    ');
  process.stdout.write(
    `# Subtest: ${line.replace(/^\d+ - | #.*/g, '')}\n${indented}${outcome.failed > 0 ? 'not ok' : 'ok'} ${line}\n\n`,
  );
}
