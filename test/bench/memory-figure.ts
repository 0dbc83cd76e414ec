// What remembering a million answers takes: memory of the system, and a full collection of garbage.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spreadOf } from './compare.ts';
import type { Collected, Filled, Order } from './memory-side.ts';
import { printNumber, type Row } from './rows.ts';

const ANSWERS = 1_000_000;
const MEBIBYTE = 1_048_576;
const MEBIBYTES_MOST = 150;
const COLLECTION_MS_MOST = 10;

export async function memoryRows(rounds: number): Promise<readonly Row[]> {
  const file = fileURLToPath(new URL('./memory-side.ts', import.meta.url));
  const child = fork(file, ['bytes', String(ANSWERS), String(MEBIBYTES_MOST * MEBIBYTE)], { execArgv: [] });
  const next = async (): Promise<unknown> => (await once(child, 'message'))[0];
  const tell = async <Answer>(task: Order['task']): Promise<Answer> => {
    const answered = next();
    child.send({ task } satisfies Order);
    return (await answered) as Answer;
  };
  try {
    await next();
    const { rss_bytes, held_bytes, known } = await tell<Filled>('fill');
    const collections: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await tell('ask');
      collections.push((await tell<Collected>('collect')).collection_ms);
    }
    const mebibytes = rss_bytes / MEBIBYTE;
    return [
      {
        figure: 'memory for a million remembered answers',
        unit: 'MiB of the system',
        seen: { median: mebibytes, minimum: mebibytes, maximum: mebibytes },
        wanted: { at: 'most', value: MEBIBYTES_MOST },
        notes: `${printNumber(held_bytes / MEBIBYTE)} MiB of heap and arrays; ${known} of ${ANSWERS} are known`,
      },
      {
        figure: 'full collection of garbage with them',
        unit: 'ms',
        seen: spreadOf(collections),
        wanted: { at: 'most', value: COLLECTION_MS_MOST },
        notes: 'each after 300,000 questions',
      },
    ];
  } finally {
    child.disconnect();
  }
}
