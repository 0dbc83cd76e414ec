// Whether a database is one that this service may trust its state to: new enough, and not told to forget acknowledged writes.
import type pg from 'pg';
import { startRefusal } from '../start-refusal.ts';
import { connectDirectly } from './direct.ts';

const VERSION_MIN = 150_000;
/** Without any of these an acknowledged revocation can be lost in a crash. */
const DURABILITY_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

/** Refuses a PostgreSQL before 15, and, unless unsafe ones are allowed, one that may lose what it acknowledged. */
export async function checkServer(url: string, options: { allow_unsafe: boolean }): Promise<void> {
  const client = await connectDirectly(url);
  try {
    const version = Number(await setting(client, 'server_version_num'));
    if (version < VERSION_MIN) {
      throw startRefusal(`Use PostgreSQL 15 or newer: this database is of version ${Math.floor(version / 10_000)}.`);
    }
    if (options.allow_unsafe) return;
    const awaits_standby = (await setting(client, 'synchronous_standby_names')) !== '';
    if (awaits_standby && (await setting(client, 'synchronous_commit')) === 'local') {
      throw startRefusal(
        'Set `synchronous_commit` to `on`: with `local`, writes are acknowledged that no standby has.',
      );
    }
    for (const name of DURABILITY_SETTINGS) {
      if ((await setting(client, name)) !== 'off') continue;
      throw startRefusal(`Switch \`${name}\` of the database on: with it off, acknowledged writes can be lost.`);
    }
  } finally {
    await client.end();
  }
}

async function setting(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ setting: string }>('select current_setting($1) as setting', [name]);
  return rows[0]?.setting ?? '';
}
