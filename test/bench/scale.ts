// `npm run bench:scale`: ten million tokens, five million repositories and twenty million rows of roles on one machine. Prints how
// long it took to make, how large it is, how soon the service is ready over it, how fast checks are there, what the listings of an
// organization with a fifth of all fine-grained tokens cost, and the plans of the statements that every check waits for. Needs
// 45 GiB of disk and half an hour: `-- --tokens 1000000` for less; `-- --folder FOLDER` keeps the world for the next time;
// `-- --write` keeps the plans in docs/scale-plans.txt.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { loadClientFactsRows } from '../../src/db/client-facts.ts';
import { loadFactsRows } from '../../src/db/facts.ts';
import { type FactsParameters, formOf } from '../../src/db/facts-form.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import type { WorkingToken } from '../support/large-world.ts';
import { eventually, freePort } from '../support/service.ts';
import { createLoad } from './asking.ts';
import { CELLS, type CellName } from './cells.ts';
import { percentileMs } from './histogram.ts';
import { processorSeconds } from './processes.ts';
import { type ScaleWorld, SETTINGS, scaleWorld, startServer } from './scale-server.ts';
import { GIANT, scaleSizeOf } from './scale-world.ts';

const GIB = 2 ** 30;
const BYTES_A_TOKEN = 4500;
const READY_MS_MAX = 300_000;
const QUESTIONS = 32;
/** Of the known tokens, what a measure asks about. */
const COLD_PARTS = 5;
const COLD_MAX = 10_000;

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '10000000' },
    folder: { type: 'string' },
    only: { type: 'string', multiple: true, default: ['sizes', 'plans', 'checks', 'routes'] },
    write: { type: 'boolean', default: false },
  },
});
/** Of the giant's owner. */
const OWNER_SESSION = newText('session', 'gth');
const does = (part: string): boolean => values.only.includes(part);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'gatehouse-scale-')));
try {
  const size = scaleSizeOf(Number(values.tokens));
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < size.tokens * BYTES_A_TOKEN) {
    throw new Error(
      `${folder} has ${Math.floor((bavail * bsize) / GIB)} GiB; this needs ${Math.ceil((size.tokens * BYTES_A_TOKEN) / GIB)}`,
    );
  }
  print(
    `${cpus().length} cores, Node ${process.version}; ${Object.entries(size)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  );
  print(
    `PostgreSQL: ${Object.entries(SETTINGS)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}`,
  );
  const world = await scaleWorld(folder, size, ({ what, rows, seconds }) =>
    print(`  ${what}: ${rows} rows, ${seconds.toFixed(1)} s`),
  );
  print(`filled in ${Math.round(world.filled.reduce((sum, { seconds }) => sum + seconds, 0))} s`);
  await lookAtDatabase(world);
  if (does('checks') || does('routes')) await lookAtService(world);
} finally {
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
}

async function lookAtDatabase(world: ScaleWorld): Promise<void> {
  const server = await startServer(folder);
  try {
    if (does('sizes')) await printSizes(server.superuser);
    if (does('plans')) {
      const plans = await plansOf(server.superuser, world);
      if (values.write) await writeFile(new URL('../../docs/scale-plans.txt', import.meta.url), plans);
      print(plans);
    }
    await server.superuser.query(
      `insert into sessions (digest, user_id, created_at, expires_at) values ($1, $2, now(), now() + interval '1 day') on conflict do nothing`,
      [digestOf(OWNER_SESSION), world.size.organizations],
    );
  } finally {
    await server.stop();
  }
}

async function printSizes(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string; rows: string; table: string; indexes: string }>(
    `select relname as name, reltuples::bigint as rows, pg_size_pretty(pg_table_size(oid)) as table,
       pg_size_pretty(pg_indexes_size(oid)) as indexes
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_total_relation_size(oid) > 50e6 / 10
     order by pg_total_relation_size(oid) desc`,
  );
  for (const { name, rows: count, table, indexes } of rows)
    print(`  ${name}: ${count} rows, ${table} and ${indexes} of indexes`);
  const { rows: whole } = await client.query<{ size: string }>(
    'select pg_size_pretty(pg_database_size(current_database())) as size',
  );
  print(`the database: ${whole[0]?.size}`);
}

type Statement = { readonly text: string; readonly values: readonly unknown[] };

async function caught(put: (pool: Pick<pg.Pool, 'query'>) => Promise<unknown>): Promise<Statement> {
  let statement: Statement | undefined;
  const query = async (asked: Statement) => {
    statement = asked;
    return { rows: [] };
  };
  await put({ query } as unknown as pg.Pool);
  if (statement === undefined) throw new Error('no statement was put');
  return statement;
}

/** So many tokens of this kind, from everywhere. */
function someOf({ tokens }: ScaleWorld, kind: 'classic' | 'fine_grained', is_fit = (_id: number): boolean => true) {
  const of_kind = tokens.filter(({ id }) => id % 2 === (kind === 'classic' ? 1 : 0) && is_fit(id));
  const every = Math.floor(of_kind.length / QUESTIONS);
  return of_kind.filter((_, index) => index % every === 0).slice(0, QUESTIONS);
}

/**
 * Of each hot statement, by each kind of credential, run once before: what it read, and how long it took. Steps that did not run are
 * left out.
 */
async function plansOf(client: pg.ClientBase, world: ScaleWorld): Promise<string> {
  const question = (asked: Partial<FactsParameters>): FactsParameters => ({
    ...{ subject_type: 'anonymous', subject_text: null, subject_id: null, bounded_client_id: null },
    ...{ resource_type: 'none', resource_owner: null, resource_name: null, resource_id: null, ...asked },
  });
  const at = ({ repository }: WorkingToken): Partial<FactsParameters> => {
    const [resource_owner = null, resource_name = null] = repository.split('/');
    return { resource_type: 'repository', resource_owner, resource_name };
  };
  const granted = { resource_type: 'granted' } as const;
  const byText = ({ text }: WorkingToken) => ({ subject_type: 'token_text', subject_text: digestOf(text) }) as const;
  const [classic, fine_grained] = [someOf(world, 'classic'), someOf(world, 'fine_grained')];
  const is_exchanged = (id: number): boolean => [3, 16].includes(id % 20);
  const exchanged = [someOf(world, 'classic', is_exchanged), someOf(world, 'fine_grained', is_exchanged)] as const;
  const byExchange = ({ id }: WorkingToken) =>
    ({ subject_type: 'token_text', subject_text: `exchanged-${id}` }) as const;
  const person = (index: number): number => 1 + Math.floor((index * world.size.people) / QUESTIONS);
  const bySession = (index: number) => ({ subject_type: 'session', subject_text: `session-${person(index)}` }) as const;
  const asks: Readonly<Record<string, readonly Partial<FactsParameters>[]>> = {
    'what classic tokens were granted': classic.map((each) => ({ ...byText(each), ...granted })),
    'what fine-grained tokens were granted': fine_grained.map((each) => ({ ...byText(each), ...granted })),
    'what exchanged tokens of classic ones hold': exchanged[0].map((each) => ({ ...byExchange(each), ...granted })),
    'what exchanged tokens of fine-grained ones hold': exchanged[1].map((each) => ({
      ...byExchange(each),
      ...granted,
    })),
    'classic tokens at repositories': classic.map((each) => ({ ...byText(each), ...at(each) })),
    'fine-grained tokens at repositories': fine_grained.map((each) => ({ ...byText(each), ...at(each) })),
    'exchanged tokens of classic ones at repositories': exchanged[0].map((each) => ({
      ...byExchange(each),
      ...at(each),
    })),
    'exchanged tokens of fine-grained ones at repositories': exchanged[1].map((each) => ({
      ...byExchange(each),
      ...at(each),
    })),
    'tokens by id at repositories': fine_grained.map((each) => ({
      subject_type: 'token_id',
      subject_id: each.id,
      ...at(each),
    })),
    'tokens at the giant': fine_grained.map((each) => ({
      ...byText(each),
      ...{ resource_type: 'organization', resource_owner: GIANT },
    })),
    'sessions at their persons': fine_grained.map((_, index) => ({ ...bySession(index), resource_type: 'holder' })),
    'sessions at repositories': fine_grained.map((each, index) => ({ ...bySession(index), ...at(each) })),
    'people at repositories': fine_grained.map((each, index) => ({
      ...{ subject_type: 'login', subject_text: `person-${person(index)}` },
      ...at(each),
    })),
    'nobody at repositories': fine_grained.map(at),
  };
  const parts: string[] = [];
  for (const [name, asked] of Object.entries(asks)) {
    const questions = asked.map(question);
    const { kind } = formOf(questions);
    const statement = await caught((pool) => loadFactsRows(pool, questions, { keeps_plans: false, kind }));
    parts.push(await planOf(client, `${name}: ${questions.length} questions, by the statement for ${kind}`, statement));
  }
  const both = [...classic.slice(0, QUESTIONS / 2), ...fine_grained.slice(0, QUESTIONS / 2)];
  const mixed = both.map((each) => question({ ...byText(each), ...at(each) }));
  const by_any = await caught((pool) => loadFactsRows(pool, mixed, { keeps_plans: false, kind: 'any' }));
  parts.push(await planOf(client, 'both kinds at repositories, by the statement for every kind of question', by_any));
  const clients = await caught((pool) =>
    loadClientFactsRows(pool, [{ client_id: 'exchanging', digest: 'none' }], { keeps_plans: false }),
  );
  parts.push(await planOf(client, 'clients: one backend service', clients));
  return parts.join('\n');
}

async function planOf(client: pg.ClientBase, name: string, { text, values: given }: Statement): Promise<string> {
  const explain = `explain (analyze, buffers, costs off, summary on) ${text}`;
  await client.query({ text: explain, values: [...given] });
  const { rows } = await client.query<{ 'QUERY PLAN': string }>({ text: explain, values: [...given] });
  return `== ${name}\n${inShort(rows.map((row) => row['QUERY PLAN'])).join('\n')}\n`;
}

/** Only what was read, from where, and the whole. */
function inShort(lines: readonly string[]): string[] {
  return lines.flatMap((line, index) => {
    if (/^(Planning Time|Execution Time)/.test(line)) return [line];
    const scan =
      /(Index Only Scan|Index Scan|Seq Scan|Bitmap Index Scan|Bitmap Heap Scan)( using \S+)?( on \S+)?.*\((actual[^)]*)\)/.exec(
        line,
      );
    if (scan === null || line.includes('never executed')) return [];
    const rest = lines.slice(index + 1);
    const own = rest.slice(
      0,
      Math.max(
        0,
        rest.findIndex((each) => each.includes('->')),
      ),
    );
    const buffers = own.find((each) => each.includes('Buffers:'))?.trim() ?? '';
    return [`  ${scan[1]}${scan[2] ?? ''}${scan[3] ?? ''} (${scan[4]}) ${buffers}`];
  });
}

function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function lookAtService(world: ScaleWorld): Promise<void> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, ['src/launch.mjs', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      DATA_DIR: folder,
      PORT: port,
      LOG_LEVEL: 'error',
      REQUEST_TIMEOUT_MS: '60000',
      RATE_LIMIT_PER_HOUR: '1000000',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => (await fetch(`${url}/health/ready`).catch(() => null))?.status === 200, READY_MS_MAX);
    print(
      `ready ${((performance.now() - began) / 1000).toFixed(1)} s after its start, with its database; ${rssMiB(child.pid ?? 0).toFixed(0)} MiB`,
    );
    if (does('checks')) {
      for (const cell of ['introspection', 'evaluation'] as const)
        await printChecks(world, cell, { port: Number(port), pid: child.pid ?? 0 });
    }
    if (does('routes')) await printRoutes(url);
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('close', resolve));
  }
}

/** Seconds of a processor that the server of the folder's database has used, with all its processes. */
function databaseSeconds(): number {
  const [postmaster] = readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  const { stdout } = spawnSync('pgrep', ['-P', postmaster ?? '']);
  return String(stdout)
    .split('\n')
    .filter((pid) => pid !== '')
    .reduce((sum, pid) => sum + (processorSeconds(Number(pid)) || 0), 0);
}

/** Each token once, by few who wait for each other and then by many; then the same again and again. */
async function printChecks(
  world: ScaleWorld,
  name: CellName,
  { port, pid }: { port: number; pid: number },
): Promise<void> {
  const cell = CELLS[name];
  const asks = world.tokens
    .map((token, index) => ({ token, place: (index * 7919) % world.tokens.length }))
    .sort((a, b) => a.place - b.place)
    .map(({ token }) => ({
      request: cell.request(token, { authorization: world.authorization }),
      answers: cell.answers(token),
    }));
  const load = createLoad(asks);
  const part = Math.min(COLD_MAX, Math.floor(asks.length / COLD_PARTS));
  const print_load = (what: string, ask: Load, order: Parameters<Load>[0]): Promise<void> =>
    printLoad(`${name}, ${what}`, ask, { pid, ...order });
  await print_load('each token first asked, just started, 4 connections', load, {
    port,
    connections: 4,
    requests: part,
  });
  await print_load('each token first asked, 4 connections', load, { port, connections: 4, requests: part });
  await print_load('each token first asked, 64 connections', load, { port, connections: 64, requests: 2 * part });
  const again = createLoad(asks.slice(0, part));
  await again({ port, connections: 64, requests: 2 * part });
  await print_load('from memory, 64 connections', again, { port, connections: 64, requests: 5 * part });
  print(`  the service: ${rssMiB(pid).toFixed(0)} MiB`);
}

type Load = ReturnType<typeof createLoad>;

async function printLoad(
  what: string,
  load: Load,
  order: Parameters<Load>[0] & { readonly pid: number },
): Promise<void> {
  const before = [processorSeconds(order.pid), databaseSeconds()] as const;
  const { requests, seconds, wrong, example, durations } = await load(order);
  if (wrong > 0) throw new Error(`${what}: ${wrong} of ${requests} answers were not right\n${example}`);
  const [p50, p99] = [percentileMs([durations], 0.5), percentileMs([durations], 0.99)];
  const each_us = (used: number): string => `${Math.round((used * 1e6) / requests)} µs`;
  print(
    `${what}: ${Math.round(requests / seconds)} a second, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; processor for each: ` +
      `service ${each_us(processorSeconds(order.pid) - before[0])}, database ${each_us(databaseSeconds() - before[1])}`,
  );
}

/** What the owner of the giant looks at. */
async function printRoutes(url: string): Promise<void> {
  const page = 'per_page=100';
  const gets = [
    `/orgs/${GIANT}/personal-access-tokens?${page}`,
    `/orgs/${GIANT}/personal-access-tokens?${page}&page=5000`,
    `/orgs/${GIANT}/personal-access-tokens?${page}&owner=person-11`,
    `/orgs/${GIANT}/personal-access-tokens?${page}&repository=repository-17`,
    `/orgs/${GIANT}/personal-access-tokens?${page}&permission=contents`,
    `/orgs/${GIANT}/personal-access-tokens?${page}&last_used_before=2020-01-01T00:00:00Z`,
    `/orgs/${GIANT}/personal-access-token-requests?${page}`,
    `/orgs/${GIANT}/personal-access-token-requests?${page}&page=2000`,
    `/orgs/${GIANT}/repos?${page}`,
    `/orgs/${GIANT}/repos?${page}&page=5000`,
    `/orgs/${GIANT}/members?${page}`,
    `/orgs/${GIANT}/members?${page}&page=2000`,
    `/orgs/${GIANT}/teams?${page}`,
    `/orgs/${GIANT}/token-reviewers?${page}`,
    `/orgs/${GIANT}/credential-authorizations?${page}`,
    `/orgs/${GIANT}/audit-log?${page}`,
    `/orgs/${GIANT}/audit-log?${page}&phrase=action:repo.add_member`,
    `/orgs/${GIANT}/audit-log?${page}&phrase=actor:person-77777`,
    `/orgs/${GIANT}/audit-log?${page}&phrase=action:org.remove_member`,
    `/orgs/${GIANT}/audit-log?${page}&phrase=hashed_token:%22digest-17%22`,
    `/user/repos?${page}`,
    `/user/orgs?${page}`,
    '/user/personal-access-tokens',
    '/user/eligible-resource-owners',
  ];
  for (const path of gets) await printRoute(url, 'GET', path);
  const policy = { classic_tokens: 'restricted', max_lifetime_days: { fine_grained: 7 } };
  await printRoute(url, 'POST', `/orgs/${GIANT}/settings/personal-access-tokens/preview`, policy);
}

async function printRoute(url: string, method: string, path: string, body?: object): Promise<void> {
  const times: number[] = [];
  let status = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const began = performance.now();
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${OWNER_SESSION}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    await answer.arrayBuffer();
    status = answer.status;
    times.push(performance.now() - began);
  }
  print(`${method} ${path}: ${status}, ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
}
