// The PostgreSQL of a test run: the one of `TEST_DATABASE_URL`, or a throwaway embedded one, with a migrated template in it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbedded } from '../../src/db/embedded.ts';
import { installQueue } from '../../src/db/job-queue.ts';
import { migrate } from '../../src/db/migrate.ts';
import { databaseUrl } from './database.ts';

const CONNECTIONS_MAX = 200;

export interface TestServer {
  /** The template: migrated, empty of rows, and with nobody connected. */
  readonly template_url: string;
  readonly stop: () => Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  if (given !== undefined && given !== '') return withTemplate(given, async () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'));
  const embedded = await startEmbedded({
    folder,
    durable: false,
    connections_max: CONNECTIONS_MAX,
    environment: process.env,
    log: pino({ level: 'silent' }),
  });
  return withTemplate(embedded.url, async () => {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  });
}

async function withTemplate(url: string, stopServer: () => Promise<void>): Promise<TestServer> {
  const name = `template_${process.pid}`;
  try {
    await execute(url, `create database ${name}`);
    const template_url = databaseUrl(url, name);
    await migrate(template_url);
    await installQueue(template_url);
    return { template_url, stop: () => execute(url, `drop database ${name}`).finally(stopServer) };
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
