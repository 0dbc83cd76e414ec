// The processes of the bench: those that serve and those that make load, each on a core of its own where there are four: the
// server on the first, the database on the second, the load on the others. All end with the process that started them.

import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ask, createLoad, type Order, type Outcome } from './asking.ts';
import { type Counted, percentileMs } from './histogram.ts';

export const CORES = { server: '0', database: '1', load: ['2', '3'] } as const;
const MAY_PIN = cpus().length >= 4 && spawnSync('taskset', ['-V']).status === 0;
/** `CLK_TCK`: a hundred everywhere that Linux runs. */
const TICKS_A_SECOND = 100;

/** Whether processes are kept to cores; a line for the reader where not. */
export function pinning(): string {
  return MAY_PIN ? 'server on core 0, database on 1, load on 2 and 3' : 'not pinned to cores';
}

/** Where others use the machine too, and this user may: `BENCH_NICE=-10`. Pairs are told apart better, nothing becomes faster. */
const NICE = Number(process.env.BENCH_NICE ?? 0);

/** Keeps a process, with its threads, to a core. What it starts later inherits that. */
export function pin(pid: number, core: string): void {
  if (MAY_PIN) spawnSync('taskset', ['-acp', core, String(pid)]);
  if (NICE !== 0) prefer(pid);
}

/** Linux weighs the sessions of a machine against each other, then processes within one. */
function prefer(pid: number): void {
  try {
    setPriority(pid, NICE);
    writeFileSync(`/proc/${pid}/autogroup`, String(NICE));
  } catch {
    // not allowed, or no such thing here: then it runs like all others
  }
}

let database_pid: number | null = null;

/** The parent of all processes of the database. What it starts from now on is kept to the core, too. */
export function pinDatabase(pid: number): void {
  pin(pid, CORES.database);
  database_pid = pid;
}

/** Keeps the database, with its connections, to these cores (`2,3`) from now on: where another process needs the one that it had. */
export function moveDatabase(cores: string): void {
  if (database_pid !== null) for (const pid of [database_pid, ...connectionsOf(database_pid)]) pin(pid, cores);
}

/** The processes of connections, with the database's helpers; none where it has ended, or is elsewhere. */
function connectionsOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Each connection is a process, and each a session of its own for the scheduler: what is preferred is not inherited. */
function preferConnections(): void {
  if (NICE !== 0 && database_pid !== null) for (const pid of connectionsOf(database_pid)) prefer(pid);
}

/** Seconds of a processor that a process, with all its threads, has used; NaN where there is no /proc. */
export function processorSeconds(pid: number): number {
  try {
    const after_name = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(after_name[11]) + Number(after_name[12])) / TICKS_A_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** A server that runs: by which port it is reached, and which process does the work. */
export type Server = {
  readonly port: number;
  readonly pid: number;
  /** What else it told when it had started. */
  readonly started: unknown;
  /** Sends an order, answers the answer; of our own servers only. */
  readonly order: (order: string) => Promise<unknown>;
};

/** What was seen of one sample. */
export interface Sample {
  readonly requests: number;
  readonly per_second: number;
  /** By the server's processor time, which others on the machine do not lengthen as they do the other figures. */
  readonly per_processor_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Of the requests, those that were refused because there was too much to do. */
  readonly shed: {
    readonly requests: number;
    readonly p50_ms: number;
    readonly p99_ms: number;
    /** Less the time in which the server, or who asked, was ready to run and had no core. */
    readonly own_p99_ms: number;
  };
  readonly seconds: number;
}

export type Amount = Pick<Order, 'seconds' | 'requests' | 'rate' | 'may_be_shed' | 'keeps_connections'>;

/** Load of one shape against one server. */
export type Loaders = {
  /** Throws at the first answer that is not right. */
  readonly take: (server: Server, connections: number, amount: Amount) => Promise<Sample>;
};

export type Processes = {
  readonly serve: (file: string, args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Server>;
  readonly loaders: (asks: readonly Ask[]) => Promise<Loaders>;
};

/** One process of load is not enough for a bare route. None: the load is made by this process, which is no measure of anything. */
const LOADERS = 2;

type Load = (order: Order) => Promise<Outcome>;

/** Runs `use` with a place to start processes; ends them all. */
export async function withProcesses<Result>(
  use: (processes: Processes) => Promise<Result>,
  load_processes = LOADERS,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const children: ChildProcess[] = [];
  let files = 0;
  let is_over = false;

  function start(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    if (is_over) throw new Error('the bench is over'); // a side that failed ends the others, also those that begin
    // Without the arguments of this process: a test runner instruments what it starts.
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, args, { execArgv: [], env: { ...process.env, ...env }, serialization: 'advanced' });
    children.push(child);
    return child;
  }

  async function serve(file: string, args: readonly string[], env = {}): Promise<Server> {
    const child = start(file, args, env);
    pin(child.pid ?? 0, CORES.server);
    const started = (await answerOf(child)) as { readonly port: number; readonly pid?: number };
    const order = async (text: string): Promise<unknown> => {
      child.send(text);
      return answerOf(child);
    };
    return { port: started.port, pid: started.pid ?? child.pid ?? 0, started, order };
  }

  async function loaders(asks: readonly Ask[]): Promise<Loaders> {
    const loads = load_processes === 0 ? [createLoad(asks)] : await startLoads(asks);
    return { take: (server, connections, amount) => takeSample(loads, server, connections, amount) };
  }

  async function startLoads(asks: readonly Ask[]): Promise<readonly Load[]> {
    files += 1;
    const file = join(folder, `asks-${files}.json`);
    await writeFile(file, JSON.stringify(asks));
    return Array.from({ length: load_processes }, (_, index): Load => {
      const child = start('./load.ts', [file, String(index), String(load_processes)]);
      pin(child.pid ?? 0, CORES.load[index % CORES.load.length] ?? '0');
      return async (order) => {
        const answer = answerOf(child);
        child.send(order);
        return (await answer) as Outcome;
      };
    });
  }

  try {
    return await use({ serve, loaders });
  } finally {
    is_over = true;
    for (const child of children) if (child.connected) child.disconnect();
    await Promise.all(children.map((child) => (isOver(child) ? undefined : once(child, 'exit'))));
    await rm(folder, { recursive: true });
  }
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The next message of a child; a child that ends without one is a fault of the bench. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const answered = new AbortController();
  const ended = once(child, 'exit', { signal: answered.signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  try {
    const message = once(child, 'message', { signal: answered.signal }).then(([first]) => first as unknown);
    return await Promise.race([message, ended]);
  } finally {
    ended.catch(() => undefined); // it is waited for no longer
    answered.abort();
  }
}

async function takeSample(
  loads: readonly Load[],
  { port, pid }: Server,
  connections: number,
  { seconds, requests, rate, ...how }: Amount,
): Promise<Sample> {
  const order: Order = {
    port,
    connections: Math.ceil(connections / loads.length),
    ...(seconds !== undefined && { seconds }),
    ...(requests !== undefined && { requests: Math.ceil(requests / loads.length) }),
    ...(rate !== undefined && { rate: rate / loads.length }),
    ...(how.may_be_shed === true && { pid }),
    ...how,
  };
  preferConnections();
  const preparing = { ...order, requests: 0, prepares: true };
  if (how.keeps_connections === true) await Promise.all(loads.map((load) => load(preparing)));
  const before = processorSeconds(pid);
  const outcomes = await Promise.all(loads.map((load) => load(order)));
  return summary(outcomes, processorSeconds(pid) - before);
}

function summary(outcomes: readonly Outcome[], processor_seconds: number): Sample {
  const sum = (read: (outcome: Outcome) => number): number => outcomes.reduce((all, each) => all + read(each), 0);
  const [wrong, requests] = [sum((each) => each.wrong), sum((each) => each.requests)];
  if (wrong > 0 || requests === 0) {
    const example = outcomes.find((each) => each.example !== null)?.example ?? '';
    const kinds = JSON.stringify(outcomes.map((each) => each.wrong_kinds));
    throw new Error(`${wrong} of ${requests} answers were not right: ${kinds}; one of them:\n${example}`);
  }
  const shed_durations: readonly Counted[] = outcomes.map((each) => each.shed_durations);
  const shed_own: readonly Counted[] = outcomes.map((each) => each.shed_own_durations);
  const durations: readonly Counted[] = outcomes.map((each) => each.durations);
  return {
    requests,
    per_second: sum((each) => each.requests / each.seconds),
    per_processor_second: requests / processor_seconds,
    p50_ms: percentileMs(durations, 0.5),
    p99_ms: percentileMs(durations, 0.99),
    shed: {
      requests: sum((each) => each.shed),
      p50_ms: percentileMs(shed_durations, 0.5),
      p99_ms: percentileMs(shed_durations, 0.99),
      own_p99_ms: percentileMs(shed_own, 0.99),
    },
    seconds: Math.max(...outcomes.map((each) => each.seconds)),
  };
}
