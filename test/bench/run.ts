// `npm run bench`: the table of what the service has to reach, as it is seen here and now, and its picture. A wrong answer ends the
// run. `-- --rounds 7 --seconds 3`, `-- --only warm --only cold` for a part, `-- --write` keeps both in docs/.

import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startTestServer } from '../support/server.ts';
import { CHECK_NAMES } from './cells.ts';
import { type Bench, cerbosRow, coldRow, jwtRow, latencyRows, peerRows, warmRows } from './figures.ts';
import { memoryRows } from './memory-figure.ts';
import { installPeers } from './peers.ts';
import { plot } from './plot.ts';
import { pinning } from './processes.ts';
import { printTable, type Row } from './rows.ts';
import { soakRow } from './soak-figure.ts';
import { obstacleToWorkers, workersRow } from './workers.ts';
import { fillWorld } from './world.ts';

const PICTURE = 'performance.svg';
/** Where the table stands in docs/performance.md. */
const PLACE = /(<!-- table: .*-->\n)[\s\S]*?(<!-- end of table -->)/;
const SHORT_SOAK_MINUTES = 1;
const PEER_SUBJECTS = 3000;
const COLD_TOKENS = 3; // times as many as are kept warm: no token is asked about twice

const PARTS = ['warm', 'own', 'cold', 'peers', 'jwt', 'cerbos', 'latency', 'workers', 'memory', 'soak'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '50000' },
    only: { type: 'string', multiple: true, default: [...PARTS] },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const tokens = Number(values.tokens);
const plan = {
  rounds,
  connections: Number(values.connections),
  sample: { seconds: Number(values.seconds) },
  before: { seconds: 1 },
};

async function rowsOf(part: Part, bench: Bench, cold: Bench, database_url: string): Promise<readonly Row[]> {
  switch (part) {
    case 'warm':
      return each(CHECK_NAMES, (cell) => warmRows(bench, cell));
    case 'own':
      return warmRows(bench, 'own route');
    case 'cold':
      return each(CHECK_NAMES, async (cell) => [await coldRow(cold, cell)]);
    case 'jwt':
      return each(['evaluation', 'gateway'] as const, async (cell) => [await jwtRow(bench, cell)]);
    case 'peers':
      return peerRows(bench, { database_url, subjects: PEER_SUBJECTS });
    case 'cerbos':
      return [await cerbosRow(bench)];
    case 'latency':
      return each(CHECK_NAMES, (cell) => latencyRows(bench, cell));
    case 'workers':
      return [await workersRow(bench, 'evaluation')];
    case 'memory':
      return memoryRows(rounds);
    case 'soak':
      return [await soakRow(bench, SHORT_SOAK_MINUTES)];
  }
}

async function each<Item>(
  items: readonly Item[],
  measure: (item: Item) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const item of items) rows.push(...(await measure(item)));
  return rows;
}

const peers = installPeers();
const server = await startTestServer();
const rows: Row[] = [];
try {
  const sizes = { people: 10_000, organizations: 1000, repositories: 50_000, tokens: tokens * COLD_TOKENS };
  const all = await fillWorld(server.template_url, sizes);
  const bench = { world: { ...all, tokens: all.tokens.slice(0, tokens) }, plan };
  for (const part of PARTS.filter((name) => values.only.includes(name))) {
    if (peers === null && (part === 'peers' || part === 'cerbos')) {
      print(`${part}: left out, its packages cannot be installed here`);
      continue;
    }
    const obstacle = part === 'workers' ? obstacleToWorkers() : null;
    if (obstacle !== null) {
      print(`${part}: left out, ${obstacle}`);
      continue;
    }
    const seen = await rowsOf(part, bench, { world: all, plan }, server.template_url);
    rows.push(...seen);
    for (const { figure, unit, seen: of, notes } of seen)
      print(`${figure}, ${unit}: ${of.median.toFixed(3)}; ${notes}`);
  }
} finally {
  await server.stop();
}

const circumstances =
  `${new Date().toISOString().slice(0, 16)}Z, Node ${process.version}, ${cpus().length} cores (${pinning()}), ` +
  `${tokens} tokens, ${values.connections} connections, medians of ${rounds}${halting()}`;
print(`\n${circumstances}\nPeers: ${peers?.join(', ') ?? 'none'}\n\n${printTable(rows)}`);
if (values.write) await write();

/** Where waking a processor is the hypervisor's work, how long an idle one waits before it has to be woken (docs/operations.md). */
function halting(): string {
  try {
    const us = Number(readFileSync('/sys/module/haltpoll/parameters/guest_halt_poll_ns', 'utf8')) / 1000;
    return us === 0 ? ', idle cores are halted at once' : `, idle cores wait ${us} µs before they are halted`;
  } catch {
    return '';
  }
}

async function write(): Promise<void> {
  const [page, picture] = ['performance.md', PICTURE].map((name) => new URL(`../../docs/${name}`, import.meta.url));
  if (page === undefined || picture === undefined) return;
  await writeFile(picture, plot(rows, circumstances));
  const text = await readFile(page, 'utf8');
  const told = `${circumstances}. Peers: ${peers?.join(', ') ?? 'none'}.`;
  await writeFile(
    page,
    text.replace(PLACE, (_all, begin, end) => `${begin}\n${told}\n\n${printTable(rows)}${end}`),
  );
  print('docs/performance.md has the table, docs/performance.svg the picture');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
