// `npm run bench:memory`: what remembering a million answers takes, as bytes (src/facts/memory.ts) and as a Map of objects: memory, a
// full collection of garbage, and finding one. Both are asked by turns, in the order A B B A; the ratio of a pair is what stays.
// Fewer answers: `npm run bench:memory -- --answers 100000`.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { middle } from './compare.ts';
import type { Asked, Collected, Filled, Order, Side } from './memory-side.ts';

const MIB = 1_048_576;
const MILLION = 1e6;
const SIDES = ['bytes', 'objects'] as const;

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: String(MILLION) },
    /** The bound for each million answers. */
    mib: { type: 'string', default: '134' },
    rounds: { type: 'string', default: '5' },
  },
});
const answers = Number(values.answers);
const millions = answers / MILLION;

function start(side: Side) {
  const bytes_max = Number(values.mib) * MIB * millions;
  const file = fileURLToPath(new URL('./memory-side.ts', import.meta.url));
  const child = fork(file, [side, String(answers), String(bytes_max)], { execArgv: ['--max-old-space-size=8192'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  ended.catch(() => undefined); // it ends with this one
  const next = () => Promise.race([once(child, 'message').then(([message]) => message), ended]);
  const ready = next();
  return {
    side,
    do: async <Answer>(task: Order['task']): Promise<Answer> => {
      await ready;
      const answered = next();
      child.send({ task } satisfies Order);
      return (await answered) as Answer;
    },
    stop: () => child.disconnect(),
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

print(`Node ${process.version}, ${cpus().length} cores, ${answers} answers, bound ${values.mib} MiB a million`);
const [bytes, objects] = SIDES.map(start) as [ReturnType<typeof start>, ReturnType<typeof start>];
const samples = { bytes: [] as (Asked & Collected)[], objects: [] as (Asked & Collected)[] };

async function sample({ side, do: tell }: ReturnType<typeof start>): Promise<void> {
  const asked = await tell<Asked>('ask');
  samples[side].push({ ...asked, ...(await tell<Collected>('collect')) });
}

for (const each of [bytes, objects]) {
  const { rss_bytes, held_bytes, known } = await each.do<Filled>('fill');
  const [rss, held] = [rss_bytes, held_bytes].map((size) => (size / MIB / millions).toFixed(1));
  print(
    `${each.side}: ${rss} MiB a million of the system, ${held} MiB of heap and arrays; ${known} of ${answers} are known`,
  );
}
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const each of [bytes, objects, objects, bytes]) await sample(each);
}
bytes.stop();
objects.stop();

function inOrder(side: Side, member: keyof (Asked & Collected)): readonly number[] {
  return samples[side].map((each) => each[member]).sort((a, b) => a - b);
}
for (const side of SIDES) {
  const find_ns = middle(inOrder(side, 'find_ns')).toFixed(0);
  const made = middle(inOrder(side, 'made_bytes')).toFixed(0);
  const collections = inOrder(side, 'collection_ms');
  const collection = `${middle(collections).toFixed(1)} ms, at least ${collections[0]?.toFixed(1)} ms`;
  print(
    `${side}: find ${find_ns} ns of the processor, ${made} bytes of garbage; full collection ${collection} (medians)`,
  );
}
const ratios = samples.bytes.map(({ find_ns }, pair) => find_ns / (samples.objects[pair]?.find_ns ?? Number.NaN));
const sorted = ratios.sort((a, b) => a - b);
print(
  `find, bytes to objects: ${middle(sorted).toFixed(2)} (${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)})`,
);
