// Whether the service grows while it works: its memory under full load, step by step, after it has warmed up. Every kind of question is
// asked in turn; every half a minute everything is forgotten, so that the next question about each token is a cold one. What is remembered
// may take little, and has taken all of that in the warm-up: else each forgetting has the circle of it go on to memory that was never used.

import { readFileSync } from 'node:fs';
import type { Ask } from './asking.ts';
import { asksOf, CELL_NAMES } from './cells.ts';
import { spreadOf } from './compare.ts';
import { warmed } from './contest.ts';
import type { Bench } from './figures.ts';
import { withProcesses } from './processes.ts';
import type { Row } from './rows.ts';
import { forgetEverything, type World } from './world.ts';

const MEBIBYTE = 1024 * 1024;
const CACHE_MIB = '16';
/** With what was forgotten between them, more than the memory holds. */
const WARMINGS = 4;
const BETWEEN_FORGETTING_SECONDS = 30;
const STEPS = 12;
/** What a heap that is not growing still wavers by between two samples. */
const GROWTH_PERCENT_MOST = 2;

/** Resident bytes of a process; Linux only. */
export function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
}

/** About each token one question, of another kind than about the next of the same process of load, which has every second one. */
function mixedAsks({ tokens, client }: World): readonly Ask[] {
  return tokens.flatMap((token, index) => {
    const cell = CELL_NAMES[Math.floor(index / 2) % CELL_NAMES.length];
    return cell === undefined ? [] : asksOf(cell, [token], client);
  });
}

/** Growth of resident memory, in percent: the last third of the time against the first. Each sample after a full collection. */
export async function soakRow({ world, plan }: Bench, minutes: number, tell?: (line: string) => void): Promise<Row> {
  return withProcesses(async (processes) => {
    const service = ['./serve.ts', ['service', 'introspection', world.database_url], { CACHE_MIB }] as const;
    const { server, loaders } = await warmed(processes, 'service', mixedAsks(world), service);
    for (let warming = 0; warming < WARMINGS; warming += 1) {
      await forgetEverything(world.database_url);
      await loaders.take(server, plan.connections, { seconds: BETWEEN_FORGETTING_SECONDS / 2 });
    }
    let seconds_since = Number.POSITIVE_INFINITY;
    const seen: number[] = [];
    const heap: number[] = [];
    let requests = 0;
    for (let step = 0; step < STEPS; step += 1) {
      if (seconds_since >= BETWEEN_FORGETTING_SECONDS) {
        await forgetEverything(world.database_url);
        seconds_since = 0;
      }
      const seconds = (minutes * 60) / STEPS;
      const sample = await loaders.take(server, plan.connections, { seconds });
      seconds_since += seconds;
      const { heapUsed } = (await server.order('collect garbage')) as NodeJS.MemoryUsage;
      requests += sample.requests;
      seen.push(residentBytes(server.pid) / MEBIBYTE);
      heap.push(heapUsed / MEBIBYTE);
      const parts = [seen, heap].map((values) => values.at(-1)?.toFixed(1));
      tell?.(
        `${(((step + 1) * minutes) / STEPS).toFixed(1)} min: ${parts[0]} MiB resident, ${parts[1]} MiB heap, ${requests} requests`,
      );
    }
    const third = STEPS / 3;
    const [first, last] = [spreadOf(seen.slice(0, third)), spreadOf(seen.slice(-third))];
    const percent = (value: number): number => (100 * (value - first.median)) / first.median;
    const seen_percent = {
      median: percent(last.median),
      minimum: percent(last.minimum),
      maximum: percent(last.maximum),
    };
    return {
      figure: `growth of resident memory in ${minutes} min at full load`,
      unit: '%',
      seen: seen_percent,
      wanted: { at: 'most', value: GROWTH_PERCENT_MOST },
      notes: `${first.median.toFixed(0)} MiB, then ${last.median.toFixed(0)}; heap ${heap[0]?.toFixed(0)}, then ${heap.at(-1)?.toFixed(0)}; ${requests} requests`,
    };
  });
}
