// The whole process: first start, a second service on the same folder, crashes of the service and of PostgreSQL, the end, and
// what is refused at the start.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { pino } from 'pino';
import t from 'tap';
import { loadConfig } from '../src/config.ts';
import { dataFolder } from '../src/db/embedded-cluster.ts';
import { prepareDatabase, prepareFiles } from '../src/prepare.ts';
import { isStartRefusal } from '../src/start-refusal.ts';
import { createEmptyDatabase } from './support/database.ts';
import { scratchFolder } from './support/scratch-folder.ts';
import { AS_IT_STARTS, eventually, freePort, type Service, startService } from './support/service.ts';

/** The database of the test run is quick and unsafe. */
const UNSAFE = { ALLOW_UNSAFE_DATABASE: '1' };
const ADMIN_PASSWORD = 'a password of the test';
const BUSY_MS = 200;
const ATTEMPTS_MAX = 50;
const { NODE_COMPILE_CACHE } = process.env;

t.test('an embedded database is kept through crashes of everything', async (t) => {
  const DATA_DIR = join(scratchFolder(t), 'data');
  const settings = { DATA_DIR, PORT: await freePort() };
  const first = await startService(t, settings);
  const password = /password: (\S+) /.exec(first.output())?.[1] ?? '';
  t.match(password, /^\S{12,72}$/, 'the first start prints the password of the administrator');
  t.equal(first.output().split(password).length - 1, 1, 'once');
  const before_crash = await openSession(first, password);

  const second = await refusalOf(startService(t, { DATA_DIR, PORT: await freePort() }));
  t.match(second, 'ended with 78', 'a second service on the folder is refused');
  t.match(second, 'is used by one that is running');

  process.kill(postmaster(DATA_DIR), 'SIGKILL');
  const statuses = new Set<number>();
  await eventually(async () => {
    const status = await signIn(first, password);
    statuses.add(status);
    return status === 201;
  });
  statuses.delete(503);
  t.same([...statuses], [201], 'without a database there is 503, and nothing else');
  t.equal(await closeSession(first, before_crash), 204, 'a crash of PostgreSQL loses nothing');
  const before_kill = await openSession(first, password);

  const outlived = postmaster(DATA_DIR);
  t.equal(await first.end('SIGKILL'), null);
  await eventually(() => !isRunning(outlived));
  const third = await startService(t, settings);
  t.notMatch(third.output(), 'password:', 'later starts print no password');
  t.equal(await closeSession(third, before_kill), 204, 'a crash of the service loses nothing');
  t.equal(await closeSession(third, before_crash), 401, 'and brings nothing back');

  const server = postmaster(DATA_DIR);
  const began = performance.now();
  t.equal(await third.end('SIGTERM'), 0);
  t.ok(performance.now() - began < 10_000, 'SIGTERM ends everything within 10 s');
  t.equal(isRunning(server), false, 'PostgreSQL too');
});

t.test(
  'a server that outlived its service is taken over, and one that takes its time to end is waited for',
  async (t) => {
    // A folder with a long name, below folders of somebody else: a server could not listen there under its own name.
    const DATA_DIR = join(scratchFolder(t), 'long'.repeat(30), 'data');
    const settings = { DATA_DIR, PORT: await freePort(), ADMIN_PASSWORD, LOG_LEVEL: 'debug' };
    const first = await startService(t, settings);
    t.equal((await signInAtLast(first, ADMIN_PASSWORD)).status, 201);
    const orphan = postmaster(DATA_DIR);
    // Its parent would stop it when the service ends; so the parent goes first, stopped before it can notice anything.
    process.kill(parentOf(orphan), 'SIGSTOP');
    await first.end('SIGKILL');
    process.kill(parentOf(orphan), 'SIGKILL');
    t.equal(isRunning(orphan), true);

    const second = await startService(t, settings);
    t.equal((await signInAtLast(second, ADMIN_PASSWORD)).status, 201);
    await eventually(() => !isRunning(orphan));
    const server = postmaster(DATA_DIR);
    // It ends with a last checkpoint, which has to wait here.
    const checkpointer = childOf(server, 'checkpointer');
    process.kill(checkpointer, 'SIGSTOP');
    t.teardown(() => isRunning(checkpointer) && process.kill(checkpointer, 'SIGCONT'));
    await second.end('SIGKILL');

    const third = await startService(t, settings, 'ending or recovering is waited for');
    process.kill(checkpointer, 'SIGCONT');
    await eventually(() => third.output().includes('Gatehouse listens on'));
    t.notMatch(third.output(), 'lock file', 'none is launched beside it');
    t.equal(isRunning(server), false);
    t.equal(await third.end('SIGTERM'), 0);
  },
);

t.test('services on one empty database may start at the same moment', async (t) => {
  const DATABASE_URL = await createEmptyDatabase(t);
  const ports = await Promise.all([freePort(), freePort()]);
  const services = await Promise.all(
    ports.map((PORT) => startService(t, { ...UNSAFE, DATABASE_URL, PORT, ADMIN_PASSWORD }, undefined, AS_IT_STARTS)),
  );
  for (const service of services) t.equal((await signInAtLast(service, ADMIN_PASSWORD)).status, 201);
  const { rows: hashes } = await execute(DATABASE_URL, 'select password_hash from users');
  t.match(hashes, [{ password_hash: /^\$2b\$11\$/ }], 'one administrator, whose password was not hashed cheaply');
  const keys = await Promise.all(services.map(async ({ url }) => (await fetch(`${url}/oauth/jwks`)).text()));
  t.match(keys[0], /^\{"keys":\[\{[^}]+\}\]\}$/, 'they made one signing key');
  t.equal(new Set(keys).size, 1, 'and all of them publish it');
  t.match(services[0]?.output(), /signing keys stand in the database as they are/);
  await Promise.all(services.map(({ end }) => end('SIGTERM')));
  const SIGNING_KEY_SECRET = 's'.repeat(32);
  const settings = { ...UNSAFE, DATABASE_URL, PORT: await freePort(), SIGNING_KEY_SECRET };
  const encrypted = await startService(t, settings);
  t.notMatch(encrypted.output(), /stand in the database as they are/);
  await encrypted.end('SIGTERM');
  const refusal = await refusalOf(startService(t, { ...settings, SIGNING_KEY_SECRET: '', LOG_LEVEL: 'error' }));
  t.match(refusal, 'ended with 78: ');
  t.match(refusal, '`SIGNING_KEY_SECRET`');
  t.equal(
    refusal.trim().split('\n').length,
    1,
    'a lost secret (and a wrong one: signing-keys.test.ts) is told in one line',
  );
  const discard = ['src/cli/gatehouse.ts', 'keys', 'discard', '--yes'];
  const { stdout } = await promisify(execFile)(process.execPath, discard, {
    env: { DATABASE_URL, NODE_COMPILE_CACHE },
  });
  t.match(stdout, /^1 signing keys were taken away/);
  const anew = await startService(t, { ...settings, SIGNING_KEY_SECRET: 'o'.repeat(32) });
  t.not(await (await fetch(`${anew.url}/oauth/jwks`)).text(), keys[0], 'a lost one costs the keys, and nothing else');
});

t.test('a database that cannot be reached is waited for', async (t) => {
  const DATABASE_URL = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const by_command = ['src/gatehouse.mjs', 'serve']; // the same, started the other way
  const service = await startService(t, { DATABASE_URL, PORT: await freePort() }, 'trying again', by_command);
  t.equal(await service.end('SIGTERM'), 0);
});

/** What a start does with its database before it listens. */
async function refusalOfDatabase(url: string): Promise<string | null> {
  const parts = {
    log: pino({ level: 'silent' }),
    add: () => undefined,
    said: { is_json: true, print: () => undefined },
  };
  return refusalIn(prepareDatabase(loadConfig({ DATABASE_URL: url }), {}, parts));
}

t.test('a database that may lose what it acknowledged is refused', async (t) => {
  const url = await createEmptyDatabase(t);
  await execute(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
  t.match(await refusalOfDatabase(url), /^Switch `(fsync|full_page_writes|synchronous_commit)`/);
});

t.test('a database that does not exist is refused', async (t) => {
  const url = new URL(await createEmptyDatabase(t));
  url.pathname = '/absent';
  t.match(await refusalOfDatabase(url.href), 'Change `DATABASE_URL`');
});

t.test('the start by the command is refused as the other one', async (t) => {
  const settings = { PORT: 'http', GATEHOUSE_URL: 'http://127.0.0.1:1' };
  const refusal = startService(t, settings, undefined, ['src/gatehouse.mjs', 'serve']);
  t.equal(await refusalOf(refusal), 'ended with 78: Change `PORT`: it must be a whole number from 1 to 65535.\n');
});

/** A line each. */
function objectsOf(lines: string): readonly Record<string, unknown>[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

t.test(
  'with --json every line is an object: the log, where it listens, the first password, a refused port',
  async (t) => {
    const DATABASE_URL = await createEmptyDatabase(t);
    const settings = { ...UNSAFE, DATABASE_URL, PORT: await freePort(), WORKERS: '2' };
    const entry = ['src/gatehouse.mjs', 'serve', '--json'];
    const service = await startService(t, settings, '"administrator"', entry);
    const lines = objectsOf(service.output());
    const url = `http://127.0.0.1:${settings.PORT}`;
    t.match(lines, [{ level: Number }], 'the log is among them');
    t.same(
      lines.find((line) => 'ready' in line),
      { ready: { url, docs: `${url}/docs` } },
    );
    const told = lines.find((line) => 'administrator' in line)?.administrator as Record<string, string> | undefined;
    t.equal(told?.login, 'admin');
    t.equal(await signIn({ ...service, url }, told?.password ?? ''), 201);

    const alone = { ...settings, WORKERS: '1' };
    const refusal = await refusalOf(startService(t, alone, undefined, ['src/main.ts', '--json']));
    const [, code, text = ''] = /^ended with (\d+): ([\s\S]*)$/.exec(refusal) ?? [];
    t.equal(code, '78');
    const errors = objectsOf(text).filter((line) => 'error' in line);
    t.match(errors, [{ error: { code: 'configuration', exit_code: 78, message: /^Change `HOST` or `PORT`/ } }]);

    // Without --json the same in words.
    const of_workers = await refusalOf(startService(t, { ...settings, LOG_LEVEL: 'error' }));
    t.match(of_workers, 'ended with 78: Change `HOST` or `PORT`');
    t.equal(of_workers.trim().split('\n').length, 1, 'once for all workers');
  },
);

const WRONG: [string, Record<string, string>][] = [
  ['PORT', { PORT: 'http' }],
  ['PUBLIC_URL', { HOST: '0.0.0.0' }],
  ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'short' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '*' }],
  ['CATALOGUE_FILE', { CATALOGUE_FILE: '/dev/null/catalogue.json' }],
  ['DATA_DIR', { DATA_DIR: '/dev/null/data' }],
  ['SIGNING_KEY_FILE', { SIGNING_KEY_FILE: '/dev/null/keys' }],
  ['SIGNING_KEY_SECRET', { SIGNING_KEY_SECRET: 'short' }],
];
/** One that is looked at (one that is read, and one that is used: above); a start takes most of a second. */
const WRONG_AT_A_START = 'CATALOGUE_FILE';
for (const [name, settings] of WRONG) {
  t.test(`a wrong ${name} ends the start with 78 and one line`, async (t) => {
    const message = await refusalInside(settings);
    t.match(message, `\`${name}\``);
    t.equal(message?.split('\n').length, 1);
    if (name !== WRONG_AT_A_START) return;
    t.equal(await refusalOf(startService(t, settings)), `ended with 78: ${message}\n`);
  });
}

/** What a start does with its settings before anything else; null: it would go on. */
async function refusalInside(settings: Record<string, string>): Promise<string | null> {
  return refusalIn(
    (async () => {
      const config = loadConfig(settings);
      await prepareFiles(config);
      dataFolder(config.data_dir);
    })(),
  );
}

async function refusalIn(step: Promise<unknown>): Promise<string | null> {
  try {
    await step;
    return null;
  } catch (error) {
    if (isStartRefusal(error)) return error.message;
    throw error;
  }
}

async function refusalOf(start: Promise<Service>): Promise<string> {
  return start.then(
    () => 'it started',
    (error: Error) => error.message,
  );
}

async function signIn(service: Service, password: string): Promise<number> {
  return (await postSession(service, password)).status;
}

/** A machine that is busy makes whoever asks wait (503). */
async function atLast(ask: () => Promise<Response>): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (answer.status !== 503 || attempt === ATTEMPTS_MAX) return answer;
    await delay(BUSY_MS);
  }
}

function signInAtLast(service: Service, password: string): Promise<Response> {
  return atLast(() => postSession(service, password));
}

async function openSession(service: Service, password: string): Promise<string> {
  const { token } = (await (await signInAtLast(service, password)).json()) as { token: string };
  return token;
}

async function postSession(service: Service, password: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${service.url}/sessions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ login: 'admin', password }),
  });
}

async function closeSession(service: Service, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await atLast(() => fetch(`${service.url}/session`, { method: 'DELETE', headers }))).status;
}

function postmaster(data_dir: string): number {
  return Number(readFileSync(join(data_dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+([0-9]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** The child of this server whose title has this word. */
function childOf(server: number, word: string): number {
  const children = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').trim().split(' ');
  const found = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word));
  return Number(found);
}

/** A process that has ended, but that nobody has asked about (a zombie), does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function execute(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}
