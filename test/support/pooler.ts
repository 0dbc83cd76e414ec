// A PgBouncer of a test's own before a database.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { runProgram } from './programs.ts';
import { scratchFolder } from './scratch-folder.ts';
import { freePort } from './service.ts';
import { databaseProxy } from './tcp-proxy.ts';

type Mode = 'transaction' | 'session';

/** The URL of this database by way of a pooler of its own, as Debian's package has it but for where it listens. */
export async function pooled(t: Test, url: string, pgbouncer: string, mode: Mode): Promise<string> {
  const folder = scratchFolder(t);
  const port = await freePort();
  // By a port: as whom it runs, it may not look into the folder of the database's socket.
  const way = new URL((await databaseProxy(t, url)).url);
  const { username, pathname } = way;
  const settings = [
    '[databases]',
    `* = host=${way.hostname} port=${way.port} user=${username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${mode}`,
    'default_pool_size = 4',
    'max_client_conn = 200',
  ];
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, `${settings.join('\n')}\n`, { mode: 0o644 });
  const through = `postgres://${username}@127.0.0.1:${port}${pathname}?sslmode=disable`;
  // It refuses to run as root.
  const as_somebody = process.getuid?.() === 0 ? (['-u', 'nobody'] as const) : [];
  const until = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: through });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      return false;
    }
  };
  await runProgram(t, [pgbouncer, ...as_somebody, file], { until });
  return through;
}
