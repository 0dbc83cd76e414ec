// The PostgreSQL of a test run: the one of `TEST_DATABASE_URL`, or a throwaway embedded one, with a migrated template in it.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbedded } from '../../src/db/embedded.ts';
import { SUPERUSER } from '../../src/db/embedded-cluster.ts';
import { installQueue } from '../../src/db/job-queue.ts';
import { migrate } from '../../src/db/migrate.ts';
import { databaseUrl, TEMPLATE_URL } from './database.ts';
import { describeReuse, REUSE } from './reuse.ts';
import { newFolder, SCRATCH_PLACE, scratchPlace } from './scratch-folder.ts';

const CONNECTIONS_MAX = 200;

export interface TestServer {
  /** The template: migrated, empty of rows, and with nobody connected. */
  readonly template_url: string;
  /** What tests have to be told of it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  const place = scratchPlace();
  const folder = newFolder(place);
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  if (given !== undefined && given !== '') {
    const { username: superuser } = new URL(given);
    return withTemplate({ url: given, superuser, place, folder, is_kept: true, stopServer: removeFolder });
  }
  const embedded = await startEmbedded({
    folder,
    durable: false,
    connections_max: CONNECTIONS_MAX,
    environment: process.env,
    log: pino({ level: 'silent' }),
  });
  const stopServer = () => embedded.stop().finally(removeFolder);
  return withTemplate({ url: embedded.url, superuser: SUPERUSER, place, folder, is_kept: false, stopServer });
}

interface Place {
  readonly url: string;
  readonly superuser: string;
  /** Of the folders of a run. */
  readonly place: string;
  readonly folder: string;
  /** Whether the server goes on, so that what was made in it has to be removed. */
  readonly is_kept: boolean;
  readonly stopServer: () => Promise<void>;
}

async function withTemplate({ url, superuser, place, folder, is_kept, stopServer }: Place): Promise<TestServer> {
  const name = `template_${process.pid}`;
  const ready = await mkdtemp(join(folder, 'ready-'));
  async function stop(): Promise<void> {
    if (!is_kept) return;
    for (const each of [name, ...(await readdir(ready))]) await execute(url, `drop database if exists ${each}`);
  }
  try {
    await execute(url, `create database ${name}`);
    const template_url = databaseUrl(url, name);
    await migrate(template_url);
    await installQueue(template_url);
    const reuse = await describeReuse(template_url, superuser, ready);
    const told = { [TEMPLATE_URL]: template_url, [SCRATCH_PLACE]: place };
    const environment = { ...told, ...(reuse && { [REUSE]: JSON.stringify(reuse) }) };
    return { template_url, environment, stop: () => stop().finally(stopServer) };
  } catch (error) {
    await stopServer();
    throw error;
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(url, 'postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
