// A process that remembers answers, as bytes or as objects, and does what it is told: fill, ask, collect garbage. Ends with the process
// that started it.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMemory } from '../../src/facts/memory.ts';
import { createMemoryOfObjects } from './memory-of-objects.ts';
import { answerAt, DIGEST_LETTERS, digestAt, EPOCH, questionOf } from './remembered.ts';

export type Side = 'bytes' | 'objects';
export type Order = { readonly task: 'fill' | 'ask' | 'collect' };
export type Filled = { readonly rss_bytes: number; readonly held_bytes: number; readonly known: number };
export type Asked = { readonly find_ns: number; readonly made_bytes: number };
export type Collected = { readonly collection_ms: number };

const ASKED = 300_000;
/** So few that nothing of it is collected meanwhile. */
const ASKED_FOR_GARBAGE = 300;
const WARMING = 20_000;
/** Far from the one before, so that nothing is in the processor's cache by chance. */
const STRIDE = 618_033;

const [side, count_text, bytes_max] = process.argv.slice(2) as [Side, string, string];
const count = Number(count_text);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: object) => void;
const digests = Buffer.alloc(count * DIGEST_LETTERS);
for (let index = 0; index < count; index += 1) {
  digests.write(digestAt(index), index * DIGEST_LETTERS, 'latin1');
}
// What making answers leaves behind is there before anything is measured.
for (let index = 0; index < WARMING; index += 1) answerAt(index, digestOf(index));

type Measured = { readonly rss: number; readonly held: number };

/** Of the system, and of the collector with the arrays. */
function memoryNow(): Measured {
  for (let round = 0; round < 3; round += 1) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, held: heapUsed + arrayBuffers };
}
const base = memoryNow();
const memory = side === 'bytes' ? createMemory(Number(bytes_max), () => new Date()) : createMemoryOfObjects();

function digestOf(index: number): string {
  return digests.toString('latin1', index * DIGEST_LETTERS, (index + 1) * DIGEST_LETTERS);
}

function knows(index: number): boolean {
  return memory.find(questionOf(digestOf(index)), EPOCH) !== null;
}

function fill(): Filled {
  for (let index = 0; index < count; index += 1) {
    const digest = digestOf(index);
    memory.remember(questionOf(digest), answerAt(index, digest));
  }
  let known = 0;
  for (let index = 0; index < count; index += 1) if (knows(index)) known += 1;
  const { rss, held } = memoryNow();
  return { rss_bytes: rss - base.rss, held_bytes: held - base.held, known };
}

let last = 0;
function askSome(times: number): void {
  for (let asked = 0; asked < times; asked += 1) {
    last = (last + STRIDE) % count;
    knows(last);
  }
}

function ask(): Asked {
  const started = process.threadCpuUsage();
  askSome(ASKED);
  const { user, system } = process.threadCpuUsage(started);
  const find_ns = ((user + system) / ASKED) * 1000;
  collect();
  const before = process.memoryUsage().heapUsed;
  askSome(ASKED_FOR_GARBAGE);
  return { find_ns, made_bytes: (process.memoryUsage().heapUsed - before) / ASKED_FOR_GARBAGE };
}

function collectOnce(): Collected {
  const started = performance.now();
  collect();
  return { collection_ms: performance.now() - started };
}

const TASKS = { fill, ask, collect: collectOnce };
process.on('message', ({ task }: Order) => process.send?.(TASKS[task]()));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
