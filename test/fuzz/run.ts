// `npm run test:fuzz -- MINUTES [REQUESTS]` (10 minutes where nothing is said): fuzzed requests against the service until the time is over,
// or so many were sent; what breaks it is made small and kept in test/fuzz/corpus, where every `npm test` tries it again, beside what
// services of this kind break by. Ends with the number of requests, by what they were aimed at and how they were answered, and of what
// was found.

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { digestOf } from '../../src/secrets.ts';
import '../support/cheap-passwords.ts';
import { databaseUrl } from '../support/database.ts';
import { startTestServer } from '../support/server.ts';
import { type Ground, onGround } from './attack.ts';
import { type Drawn, type Target, targetsOf } from './targets.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
/** So many requests for each of the hundred parts that targets have. */
const ROUND = 30;
const AT_ONCE = 16;
const MINUTE_MS = 60_000;
const AGAIN_MS = 2000;

const minutes = Number(process.argv[2] ?? 10);
const requests_max = Number(process.argv[3] ?? Number.POSITIVE_INFINITY);
const until = performance.now() + minutes * MINUTE_MS;
let requests = 0;
let plain = 0;
const found = new Set<string>();
const counts = new Map<string, Map<string, number>>();
const isOver = () => performance.now() >= until || requests >= requests_max;

const server = await startTestServer();
try {
  for (let ground = 0; !isOver(); ground += 1) {
    const url = await clone(server.template_url, `fuzz_${process.pid}_${ground}`);
    await onGround(url, attack);
  }
} finally {
  await server.stop();
}
tellAll();
process.exitCode = found.size === 0 ? 0 : 1;

/** Until all is over, or little of the story is left. */
async function attack(ground: Ground): Promise<void> {
  const targets = targetsOf(ground.seeds, ground.handed);
  while (!isOver() && !(await ground.isWorn())) {
    const seed = randomInt(2 ** 31);
    for (const target of targets) await attackAt(target, ground.judge, seed);
    process.stdout.write(`${new Date().toISOString()} ${requests} requests, ${found.size} found\n`);
  }
}

/** So many at once: while one waits for the database another is made. */
async function attackAt({ name, share, requests, drawn }: Target, judge: Ground['judge'], seed: number): Promise<void> {
  const items = fc.sample(drawn, { numRuns: Math.round((ROUND * share) / requests), seed }).entries();
  const faultOf = async (item: Drawn) => (await judge(item)).find(({ fault }) => fault !== null)?.fault ?? null;

  async function work(): Promise<void> {
    for (const [index, item] of items) {
      const verdicts = await judge(item);
      for (const each of verdicts) count(name, each.class);
      plain += verdicts.filter(({ is_plain }) => is_plain === true).length;
      const first = verdicts.find(({ fault }) => fault !== null)?.fault ?? null;
      if (first === null) continue;
      await delay(AGAIN_MS);
      const again = await faultOf(item);
      if (again === null) process.stdout.write(`once, and not again: ${first} ${JSON.stringify(item)}\n`);
      else keep(again, await smallest(item, index));
    }
  }

  /** The least that still breaks it. */
  async function smallest(item: Drawn, index: number): Promise<Drawn> {
    const property = fc.asyncProperty(drawn, async (each) => (await faultOf(each)) === null);
    const { counterexample } = await fc.check(property, { seed, path: String(index), numRuns: 1 });
    return counterexample?.[0] ?? item;
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

function count(name: string, how: string): void {
  requests += 1;
  const row = counts.get(name) ?? new Map<string, number>();
  counts.set(name, row.set(how, (row.get(how) ?? 0) + 1));
}

function tellAll(): void {
  for (const [name, row] of counts) {
    const sum = [...row.values()].reduce((all, each) => all + each, 0);
    const parts = [...row].sort().map(([how, many]) => `${how} ${many}`);
    process.stdout.write(`${name}: ${sum} (${parts.join(', ')})\n`);
  }
  process.stdout.write(`answered to the socket without Node's reading: ${plain}\n`);
  process.stdout.write(`${requests} requests, ${found.size} found\n`);
}

function keep(fault: string, what: Drawn): void {
  const text = `${JSON.stringify({ fault, ...what }, null, 2)}\n`;
  const name = digestOf(JSON.stringify(what))
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 12);
  process.stdout.write(text);
  found.add(name);
  writeFileSync(join(CORPUS, `${name}.json`), text);
}

async function clone(template_url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl(template_url, 'postgres') });
  await client.connect();
  await client.query(`create database ${name} template ${new URL(template_url).pathname.slice(1)}`);
  await client.end();
  return databaseUrl(template_url, name);
}
