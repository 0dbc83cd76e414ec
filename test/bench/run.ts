// `npm run bench`: introspection and evaluation against a bare Fastify route, from memory; with `CACHE_MIB=0` from the database
// each time. Prints each pair and the ratios. The settings of a longer run: `npm run bench -- --rounds 7 --seconds 5`.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import { insertLargeWorld } from '../support/large-world.ts';
import { startTestServer } from '../support/server.ts';
import { worldOf } from '../support/world.ts';
import { CELL_NAMES, type CellName } from './cells.ts';
import { measureCell, middle, type Pair, ratioOf, type Sample } from './measure.ts';

const SIZE = { people: 10_000, organizations: 1000, repositories: 50_000, tokens: 50_000 };
const FILLING_TIMEOUT_MS = 600_000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    cell: { type: 'string', multiple: true, default: [...CELL_NAMES] },
  },
});

const server = await startTestServer();
try {
  const pool = openPool({
    url: server.template_url,
    connections_max: 2,
    request_timeout_ms: FILLING_TIMEOUT_MS,
    onIdleError: () => undefined,
  });
  const config = loadConfig({});
  const deps = composeDeps({ pool, config, clock: () => new Date(), log: pino({ level: 'silent' }) });
  print(
    `filling the database: ${Object.entries(SIZE)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  );
  const tokens = await insertLargeWorld(pool, SIZE);
  const { authorization } = await worldOf(deps).client(['introspect', 'evaluate']);
  await deps.db.destroy();
  print(`Node ${process.version}, ${cpus().length} cores, ${values.connections} connections; per second, p50 and p99`);
  for (const cell of CELL_NAMES.filter((name) => values.cell.includes(name))) {
    const pairs = await measureCell(
      {
        database_url: server.template_url,
        authorization,
        tokens,
        connections: Number(values.connections),
        rounds: Number(values.rounds),
        sample: { seconds: Number(values.seconds), warm_seconds: 1 },
      },
      cell,
    );
    report(cell, pairs);
  }
} finally {
  await server.stop();
}

function report(cell: CellName, pairs: readonly Pair[]): void {
  for (const { service, bare } of pairs) {
    print(
      `  ${cell}: service ${inWords(service)} · bare ${inWords(bare)} · ${(service.per_second / bare.per_second).toFixed(3)}`,
    );
  }
  const { median, minimum, maximum } = ratioOf(pairs);
  const typical = middle(pairs.map(({ service }) => service.per_second).sort((a, b) => a - b));
  const range = `${minimum.toFixed(2)} to ${maximum.toFixed(2)}`;
  print(
    `${cell}: ${median.toFixed(2)} of bare Fastify (${range}, ${pairs.length} pairs), ${Math.round(typical)} a second`,
  );
}

function inWords({ per_second, p50_ms, p99_ms }: Sample): string {
  return `${Math.round(per_second)}/s ${p50_ms}/${p99_ms} ms`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
