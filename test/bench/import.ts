// `npm run bench:import`: the bulk import through real HTTP into a service of its own, as `npm start` starts it, on an embedded
// PostgreSQL with every safeguard on. Prints lines per second and the memory of the service. Another size: `npm run bench:import
// -- --repositories 100000 --roles 100000`.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventually, freePort } from '../support/service.ts';
import { processorSeconds } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADMINISTRATOR = { login: 'admin', password: 'import benchmark' };
const CHUNK_BYTES = 64 * 1024;
const MEBIBYTE = 1024 * 1024;
const WATCH_MS = 250;
const USERS = 10_000;
const ORGANIZATIONS = 1000;

const { values } = parseArgs({
  options: {
    repositories: { type: 'string', default: '1000000' },
    roles: { type: 'string', default: '1000000' },
  },
});
const repositories = Number(values.repositories);
const roles = Number(values.roles);

type Line = Readonly<Record<string, unknown>>;

function* users(): Generator<Line> {
  for (let i = 0; i < USERS; i += 1) {
    yield { type: 'user', external_id: `u${i}`, version: 1, login: `user-${i}`, email: `user-${i}@example.test` };
  }
}

function* organizations(): Generator<Line> {
  for (let i = 0; i < ORGANIZATIONS; i += 1) {
    yield { type: 'organization', external_id: `o${i}`, version: 1, login: `org-${i}`, admin: `u${i}` };
  }
}

function* repositoryLines(version: number): Generator<Line> {
  const description = 'Imported from the platform, with a description of usual length';
  for (let i = 0; i < repositories; i += 1) {
    const owner = `o${i % ORGANIZATIONS}`;
    const visibility = i % 10 === 0 ? 'public' : 'private';
    yield {
      type: 'repository',
      external_id: `r${i}`,
      version,
      owner,
      name: `repository-${i}`,
      visibility,
      description,
    };
  }
}

/** Half of them members of organizations, half collaborators. */
function* roleLines(): Generator<Line> {
  const members = Math.min(Math.floor(roles / 2), (USERS - 1) * ORGANIZATIONS);
  for (let i = 0; i < members; i += 1) {
    const organization = i % ORGANIZATIONS;
    const user = `u${(organization + 1 + Math.floor(i / ORGANIZATIONS)) % USERS}`;
    const role = i % 50 === 0 ? 'admin' : 'member';
    yield { type: 'membership', external_id: `m${i}`, version: 1, organization: `o${organization}`, user, role };
  }
  for (let i = 0; i < roles - members; i += 1) {
    const repository = `r${i % repositories}`;
    const user = `u${(i * 7 + Math.floor(i / repositories)) % USERS}`;
    yield { type: 'collaborator', external_id: `c${i}`, version: 1, repository, user, permission: 'push' };
  }
}

function* chunksOf(lines: Iterable<Line>): Generator<string> {
  let text = '';
  for (const line of lines) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < CHUNK_BYTES) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

type Service = { readonly url: string; readonly child: ChildProcess; readonly output: () => string };

async function start(data_dir: string): Promise<Service> {
  const port = await freePort();
  const { login: ADMIN_LOGIN, password: ADMIN_PASSWORD } = ADMINISTRATOR;
  const settings = { DATA_DIR: data_dir, PORT: port, LOG_LEVEL: 'warn', ADMIN_LOGIN, ADMIN_PASSWORD };
  const env = { PATH: process.env.PATH, ...settings };
  const child = spawn(process.execPath, ['src/main.ts'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  await eventually(() => output.includes('Gatehouse listens on') || child.exitCode !== null);
  return { url: `http://127.0.0.1:${port}`, child, output: () => output };
}

async function postJson(url: string, body: object, authorization?: string): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, string>;
}

async function directoryClient({ url }: Service): Promise<string> {
  const { token } = await postJson(`${url}/sessions`, ADMINISTRATOR);
  const wish = { name: 'import', capabilities: ['directory'] };
  const { client_id, client_secret } = await postJson(`${url}/admin/clients`, wish, `Bearer ${token}`);
  return `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
}

/** Streams the lines, reads the answer meanwhile; its last line. */
async function importLines({ url }: Service, authorization: string, lines: Iterable<Line>): Promise<string> {
  const headers = { authorization, 'content-type': 'application/x-ndjson' };
  const call = request(`${url}/directory/import`, { method: 'POST', headers });
  const last = once(call, 'response').then(async ([answer]) => {
    let tail = '';
    for await (const part of answer) tail = (tail + part).slice(-500);
    return tail.trimEnd().split('\n').at(-1) ?? '';
  });
  for (const chunk of chunksOf(lines)) {
    if (!call.write(chunk)) await once(call, 'drain');
  }
  call.end();
  return last;
}

/** What the service has and at most had in memory; Linux only. */
async function memoryOf({ child }: Service): Promise<string> {
  const text = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  const inMebibytes = (name: string): string => {
    const kilobytes = Number(new RegExp(`${name}:\\s+([0-9]+)`).exec(text)?.[1] ?? Number.NaN);
    return `${Math.round((kilobytes * 1024) / MEBIBYTE)} MiB`;
  };
  return `${inMebibytes('VmRSS')} now, ${inMebibytes('VmHWM')} at most`;
}

/** Seconds of a processor that the service and the processes of its database have used; those that have ended are left out. */
function usedSeconds({ child }: Service): readonly [service: number, database: number] {
  const [postmaster] = readFileSync(join(data_dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  const { stdout } = spawnSync('pgrep', ['-P', postmaster ?? '']);
  const connections = String(stdout).split('\n').filter(Boolean).map(Number);
  const database = connections.reduce((sum, pid) => sum + (processorSeconds(pid) || 0), 0);
  return [processorSeconds(child.pid ?? 0), database];
}

async function measure(service: Service, authorization: string, [name, count, lines]: Phase): Promise<void> {
  const [began, before] = [performance.now(), usedSeconds(service)];
  // The connection of the import ends with it, and with it what is known of its use.
  let used = before;
  const watching = setInterval(() => {
    used = usedSeconds(service);
  }, WATCH_MS);
  const last = await importLines(service, authorization, lines);
  clearInterval(watching);
  const seconds = (performance.now() - began) / 1000;
  const rate = Math.round(count / seconds);
  const each_us = (of: 0 | 1): string => `${Math.round(((used[of] - before[of]) * 1e6) / count)} µs`;
  print(
    `${name}: ${count} lines in ${seconds.toFixed(1)} s, ${rate} a second; processor for each line: service ${each_us(0)}, ` +
      `database ${each_us(1)}; memory ${await memoryOf(service)}; ${last}`,
  );
}

type Phase = readonly [name: string, count: number, lines: Iterable<Line>];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const data_dir = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
const service = await start(data_dir);
try {
  const authorization = await directoryClient(service);
  print(`Node ${process.version}; the service before: memory ${await memoryOf(service)}`);
  const phases: readonly Phase[] = [
    ['users', USERS, users()],
    ['organizations', ORGANIZATIONS, organizations()],
    ['repositories', repositories, repositoryLines(1)],
    ['roles', roles, roleLines()],
    ['the same repositories', repositories, repositoryLines(1)],
    ['newer versions of them', repositories, repositoryLines(2)],
  ];
  for (const phase of phases) await measure(service, authorization, phase);
} finally {
  service.child.kill('SIGTERM');
  if (service.child.exitCode === null) await once(service.child, 'exit');
  await rm(data_dir, { recursive: true, force: true });
}
