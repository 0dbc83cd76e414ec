// `npm run bench:overload`: what is still answered at twice the load that a process can bear (promises P23), beside what it answers at
// its capacity, in one run: requests begin whether or not others were answered. It takes about six minutes; `-- --all` has more cells,
// `-- --rounds 3 --seconds 4` more of each, `-- --only` and a part of a name only these. A list of this API is management, which is
// refused first; a check that has to ask the database is refused later; one that is answered from memory never. What has no bounds is
// the negative control.

import { parseArgs } from 'node:util';
import { startTestServer } from '../support/server.ts';
import type { Ask } from './asking.ts';
import { asksOf } from './cells.ts';
import { spreadOf } from './compare.ts';
import { type Loaders, type Processes, pinning, type Sample, type Server, withProcesses } from './processes.ts';
import { printTable, type Row } from './rows.ts';
import { residentBytes } from './soak-figure.ts';
import { fillWorld, type World } from './world.ts';

const SIZE = { people: 2000, organizations: 200, repositories: 10_000, tokens: 20_000 };
/** Enough to keep a process busy, and so many more that none has to wait for a free one. */
const CONNECTIONS = { capacity: 64, open: 2000 };
const OPEN = { may_be_shed: true, keeps_connections: true } as const;
const WARMING_SECONDS = 5;
const LOOK_MS = 50;
/** What the library's histogram of turns adds to each. */
const RESOLUTION_MS = 10;
const MEBIBYTE = 1024 * 1024;
/** Promises P23. */
const GOODPUT_LEAST = 0.8;
const SHED_MS_MOST = 50;
const GROWTH_PERCENT_MOST = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    all: { type: 'boolean', default: false },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

type Cell = {
  readonly name: string;
  readonly asks: (world: World) => readonly Ask[];
  readonly env: Readonly<Record<string, string>>;
  readonly wanted: boolean;
  /** Left out of the short run. */
  readonly is_long?: true;
};

const HOST = 'host: 127.0.0.1\r\n';
const list = ({ tokens }: World): readonly Ask[] =>
  tokens.map(({ text }) => ({
    request: `GET /user/repos?per_page=30 HTTP/1.1\r\n${HOST}authorization: Bearer ${text}\r\n\r\n`,
    answers: ['"full_name":'],
  }));
const account = ({ tokens }: World): readonly Ask[] =>
  tokens.map(({ text, login }) => ({
    request: `GET /user HTTP/1.1\r\n${HOST}authorization: Bearer ${text}\r\n\r\n`,
    answers: [`"login":"${login}"`],
  }));
const check = ({ tokens, client }: World): readonly Ask[] => asksOf('evaluation', tokens, client);

const CELLS: readonly Cell[] = [
  { name: 'an account', asks: account, env: {}, wanted: true },
  { name: 'an account, with lower bounds', asks: account, env: { TIGHT: '1' }, wanted: true, is_long: true },
  { name: 'an account, without bounds', asks: account, env: { UNBOUNDED: '1' }, wanted: false },
  { name: 'a list', asks: list, env: {}, wanted: true, is_long: true },
  { name: 'a list, without bounds', asks: list, env: { UNBOUNDED: '1' }, wanted: false, is_long: true },
  { name: 'an evaluation that asks the database', asks: check, env: { CACHE_MIB: '1' }, wanted: true },
  { name: 'an evaluation from memory', asks: check, env: {}, wanted: true },
];

/** Said as it goes, because figures come at the end only. */
function say(text: string): void {
  process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${text}\n`);
}

type Seen = {
  readonly capacity: Sample;
  readonly once: Sample;
  readonly twice: Sample;
  readonly peak_bytes: number;
  /** At twice the capacity one of a hundred turns of the server's event loop took longer: what is refused waits for one or two of them. */
  readonly turn_ms: number;
};
type Measured = {
  readonly seen: readonly Seen[];
  /** Twice the capacity, by connections that are all opened at the beginning of each. */
  readonly openings: readonly Sample[];
  readonly warmed_bytes: number;
};
const goodOf = ({ requests, shed, seconds: took }: Sample): number => (requests - shed.requests) / took;
const goodByProcessor = ({ per_processor_second, requests, shed }: Sample): number =>
  (per_processor_second * (requests - shed.requests)) / requests;
const offeredOf = ({ requests, seconds: took }: Sample): number => requests / took;

/** The most resident memory while this is done, and what it answers. */
async function withPeak<Done>({ pid }: Server, work: Promise<Done>): Promise<{ done: Done; peak_bytes: number }> {
  let peak_bytes = residentBytes(pid);
  const looking = setInterval(() => {
    peak_bytes = Math.max(peak_bytes, residentBytes(pid));
  }, LOOK_MS);
  try {
    return { done: await work, peak_bytes };
  } finally {
    clearInterval(looking);
  }
}

/** Of all turns since somebody asked the last time. */
async function turnMs({ port }: Server): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const seconds = Number(/^nodejs_eventloop_lag_p99_seconds ([0-9.e-]+)/m.exec(text)?.[1]);
  return Math.max(0, seconds * 1000 - RESOLUTION_MS);
}

async function seenOf(server: Server, loaders: Loaders): Promise<Seen> {
  const capacity = await loaders.take(server, CONNECTIONS.capacity, { seconds, may_be_shed: true });
  const at = (rate: number) => loaders.take(server, CONNECTIONS.open, { ...OPEN, seconds, rate });
  const once = await at(capacity.per_second);
  await turnMs(server);
  const { done: twice, peak_bytes } = await withPeak(server, at(2 * capacity.per_second));
  return { capacity, once, twice, peak_bytes, turn_ms: await turnMs(server) };
}

/** At its capacity nothing is, but where others keep the database from its core for longer than anybody waits. */
function refusedAt(seen: readonly Seen[]): string {
  const refused = seen.reduce((sum, { capacity }) => sum + capacity.shed.requests, 0);
  return refused === 0 ? '' : ` (and ${refused} refused at it)`;
}

const answeredIn = ({ twice, capacity, peak_bytes }: Seen): string =>
  `${(goodOf(twice) / capacity.per_second).toFixed(2)} of the capacity at ${(offeredOf(twice) / capacity.per_second).toFixed(2)} of it, ` +
  `${twice.shed.requests} refused, half within ${twice.shed.p50_ms.toFixed(1)}, p99 ${twice.shed.p99_ms.toFixed(1)} (${twice.shed.own_p99_ms.toFixed(1)} with a core) ms; ${(peak_bytes / MEBIBYTE).toFixed(0)} MiB`;

function rowsOf({ name, wanted }: Cell, { seen, openings, warmed_bytes }: Measured): readonly Row[] {
  const median = (of: (each: Seen) => number): number => spreadOf(seen.map(of)).median;
  const told = (sample: (each: Seen) => Sample): string => {
    const [offered, good] = [offeredOf, goodOf].map((of) => Math.round(median((each) => of(sample(each)))));
    return `${offered}/s asked, ${good}/s answered, p99 ${median((each) => sample(each).p99_ms).toFixed(1)} ms`;
  };
  const capacity = Math.round(median((each) => each.capacity.per_second));
  const refusing = seen.map(({ twice }) => twice.shed).filter(({ requests }) => requests > 0);
  const shed_ms = refusing.map(({ p99_ms }) => p99_ms);
  const shedMedian = (of: (shed: Sample['shed']) => number): string => spreadOf(refusing.map(of)).median.toFixed(1);
  const by_processor = median(({ twice, capacity }) => goodByProcessor(twice) / capacity.per_processor_second);
  return [
    {
      figure: `${name}: answered at twice the capacity`,
      unit: 'of the capacity',
      seen: spreadOf(seen.map((each) => goodOf(each.twice) / each.capacity.per_second)),
      wanted: wanted ? { at: 'least', value: GOODPUT_LEAST } : null,
      notes:
        `by processor time ${by_processor.toFixed(2)}; capacity ${capacity}/s${refusedAt(seen)}; ` +
        `at 1×: ${told(({ once }) => once)}; at 2×: ${told(({ twice }) => twice)}`,
    },
    {
      figure: `${name}: refused within (p99)`,
      unit: 'ms',
      seen: spreadOf(shed_ms),
      wanted: wanted && shed_ms.length > 0 ? { at: 'most', value: SHED_MS_MOST } : null,
      notes:
        `${seen.reduce((sum, { twice }) => sum + twice.shed.requests, 0)} refused; half within ${shedMedian(({ p50_ms }) => p50_ms)} ms; ` +
        `without what the server, or who asks, waited for a core p99 ${shedMedian(({ own_p99_ms }) => own_p99_ms)} ms; ` +
        `where all connections are new p99 ${spreadOf(openings.map(({ shed }) => shed.p99_ms)).median.toFixed(1)} ms; ` +
        `turns of the server's event loop (p99) ${median(({ turn_ms }) => turn_ms).toFixed(1)} ms`,
    },
    {
      figure: `${name}: resident memory, the most at twice the capacity`,
      unit: '% more than at the capacity',
      seen: spreadOf(seen.map((each) => (100 * (each.peak_bytes - warmed_bytes)) / warmed_bytes)),
      wanted: wanted ? { at: 'most', value: GROWTH_PERCENT_MOST } : null,
      notes: `${(warmed_bytes / MEBIBYTE).toFixed(0)} MiB warmed at the capacity`,
    },
  ];
}

/** What is known is remembered, every connection has asked, and the heap is as large as the capacity needs it. */
async function warm(server: Server, loaders: Loaders): Promise<number> {
  const at_once = { seconds: WARMING_SECONDS, may_be_shed: true };
  const { per_second } = await loaders.take(server, CONNECTIONS.capacity, at_once);
  const at_capacity = { ...OPEN, seconds: WARMING_SECONDS, rate: per_second };
  const { peak_bytes } = await withPeak(server, loaders.take(server, CONNECTIONS.open, at_capacity));
  return peak_bytes;
}

async function measure(processes: Processes, world: World, cell: Cell): Promise<readonly Row[]> {
  const [server, loaders] = await Promise.all([
    processes.serve('./serve.ts', ['service', 'evaluation', world.database_url], cell.env),
    processes.loaders(cell.asks(world)),
  ]);
  say(`${cell.name}: warming`);
  const warmed_bytes = await warm(server, loaders);
  const seen: Seen[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const each = await seenOf(server, loaders);
    seen.push(each);
    say(`${cell.name}: round ${round + 1} of ${rounds}, ${answeredIn(each)}`);
  }
  const openings: Sample[] = [];
  for (const { capacity } of seen) {
    const rate = 2 * capacity.per_second;
    openings.push(await loaders.take(server, CONNECTIONS.open, { seconds, rate, may_be_shed: true }));
  }
  return rowsOf(cell, { seen, openings, warmed_bytes });
}

const server = await startTestServer();
try {
  say('filling the database');
  const world = await fillWorld(server.template_url, SIZE);
  const rows: Row[] = [];
  const is_chosen = ({ name, is_long }: Cell): boolean =>
    values.only === '' ? values.all || is_long !== true : name.includes(values.only);
  for (const cell of CELLS.filter(is_chosen))
    rows.push(...(await withProcesses((processes) => measure(processes, world, cell))));
  process.stdout.write(`${pinning()}, ${rounds} rounds of ${seconds} s\n\n${printTable(rows)}`);
} finally {
  await server.stop();
}
