// docs/command-line.md is true: its commands are run, as processes, against the application over HTTP and its database, and print what it
// says but for what is new each time.

import { readFileSync, symlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import t from 'tap';
import { ensureAdministrator } from '../../src/use-cases/administration/ensure-administrator.ts';
import { buildTestApp } from '../support/build-app.ts';
import { commandsOf, runCommands } from '../support/console-blocks.ts';
import { databaseUrl, TEMPLATE_URL } from '../support/database.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ADMIN_PASSWORD = 'a long admin password';

function steady(text: string): string {
  return text
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8080')
    .replace(/"request_id": ?"[^"]+"/g, '"request_id":"ID"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .trim();
}

t.test('the commands of the guide to the command line print what it says', async (t) => {
  const { app, deps } = await buildTestApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: ADMIN_PASSWORD });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(deps.db);
  const folder = scratchFolder(t);
  symlinkSync(join(ROOT, 'src/gatehouse.mjs'), join(folder, 'gatehouse'));
  const commands = commandsOf(readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8'));
  t.ok(commands.length >= 18, `${commands.length} commands`);
  const printed = await runCommands(
    commands.map(({ command, prints }) => ({ command: `{ ${command}\n} 2>&1`, prints })),
    {
      ADMIN_PASSWORD,
      DATABASE_URL: databaseUrl(process.env[TEMPLATE_URL] ?? '', rows[0]?.name ?? ''),
      GATEHOUSE_URL: `http://127.0.0.1:${port}`,
      XDG_CONFIG_HOME: join(folder, 'config'),
      ALLOW_UNSAFE_DATABASE: '1',
      PATH: `${folder}:${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    },
  );
  for (const [index, { command, prints }] of commands.entries()) {
    t.equal(steady(printed[index] ?? ''), steady(prints), command);
  }
});
