// `npm run test:fuzz -- MINUTES` (10 where nothing is said): fuzzed requests against the service until the time is over; what breaks it
// is made small and kept in test/fuzz/corpus, where every `npm test` tries it again. Ends with the number of requests and of what was
// found.

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { digestOf } from '../../src/secrets.ts';
import { databaseUrl } from '../support/database.ts';
import { startTestServer } from '../support/server.ts';
import { type Ground, onGround } from './attack.ts';
import { almostValid, type Sent } from './mutate.ts';
import { judgeWire, type Wire, wires } from './wire.ts';

type Kept = { readonly request: Sent } | { readonly wire: Wire };

const CORPUS = join(import.meta.dirname, 'corpus');
const ROUND = 2000;
const WIRE_ROUND = 100;
const MINUTE_MS = 60_000;
const AGAIN_MS = 2000;

const minutes = Number(process.argv[2] ?? 10);
const until = performance.now() + minutes * MINUTE_MS;
let requests = 0;
const found = new Set<string>();

const server = await startTestServer();
try {
  for (let ground = 0; performance.now() < until; ground += 1) {
    const url = await clone(server.template_url, `fuzz_${process.pid}_${ground}`);
    await onGround(url, attack);
  }
} finally {
  await server.stop();
}
process.stdout.write(`${requests} requests, ${found.size} found\n`);
process.exitCode = found.size === 0 ? 0 : 1;

/** Until the time is over, or little of the story is left. */
async function attack({ seeds, judge, isWorn, listen }: Ground): Promise<void> {
  const arbitrary = almostValid(seeds);
  const { port, client } = await listen();
  while (performance.now() < until && !(await isWorn())) {
    const seed = randomInt(2 ** 31);
    const property = fc.asyncProperty(arbitrary, async (request) => {
      requests += 1;
      const fault = await judge(request);
      if (fault !== null) throw new Error(fault);
    });
    const outcome = await fc.check(property, { numRuns: ROUND, seed, markInterruptAsFailure: false });
    if (outcome.failed && outcome.counterexample !== null) {
      const [request] = outcome.counterexample;
      await keep({ request }, String(outcome.errorInstance), () => judge(request));
    }
    await attackWire(port, client, seed);
    process.stdout.write(`${requests} requests, ${found.size} found\n`);
  }
}

/** The same for bytes on a connection: each of their requests counts. */
async function attackWire(port: number, client: string, seed: number): Promise<void> {
  const property = fc.asyncProperty(wires, async (wire) => {
    requests += wire.pieces.length;
    const fault = await judgeWire(wire, port, client);
    if (fault !== null) throw new Error(fault);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: WIRE_ROUND, seed });
  if (failed && counterexample !== null) {
    const [wire] = counterexample;
    await keep({ wire }, String(errorInstance), () => judgeWire(wire, port, client));
  }
}

/** What is seen again a while later; what is not, as a 503 of a machine that stood still, is told and left. */
async function keep(what: Kept, fault: string, again: () => Promise<string | null>): Promise<void> {
  await delay(AGAIN_MS);
  const is_there = (await again()) !== null;
  if (!is_there) process.stdout.write('once, and not again: ');
  const text = `${JSON.stringify({ fault, ...what }, null, 2)}\n`;
  const name = digestOf(JSON.stringify(what))
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 12);
  process.stdout.write(text);
  if (!is_there) return;
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
