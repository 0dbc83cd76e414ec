// `npm run bench:soak [minutes]`: the memory of the service under full load, for ten minutes if not said otherwise.

import { startTestServer } from '../support/server.ts';
import { printTable } from './rows.ts';
import { soakRow } from './soak-figure.ts';
import { fillWorld } from './world.ts';

const SIZE = { people: 10_000, organizations: 1000, repositories: 50_000, tokens: 50_000 };
const PLAN = { rounds: 1, connections: 64, sample: { seconds: 1 }, before: { seconds: 1 } };

const minutes = Number(process.argv[2] ?? 10);
const server = await startTestServer();
try {
  const world = await fillWorld(server.template_url, SIZE);
  const row = await soakRow({ world, plan: PLAN }, minutes, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`\n${printTable([row])}`);
} finally {
  await server.stop();
}
