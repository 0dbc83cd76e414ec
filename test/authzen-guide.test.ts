// The guide of AuthZEN is true: its commands are run one after the other against the service, and print what it says, but for
// what is new each time.

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import t from 'tap';
import { ensureAdministrator } from '../src/use-cases/ensure-administrator.ts';
import { buildTestApp } from './support/build-app.ts';
import { commandsOf, runCommands } from './support/console-blocks.ts';

const GUIDE = new URL('../docs/authzen.md', import.meta.url);
const PASSWORD = 'a long admin password';

function steady(text: string): string {
  return text
    .replace(/"next_token": "[A-Za-z0-9_-]+"/g, '"next_token": "TOKEN"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .trim();
}

t.test('the commands of the guide print what it says', async (t) => {
  const { app, deps } = await buildTestApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: PASSWORD });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const commands = commandsOf(readFileSync(GUIDE, 'utf8'));
  t.ok(commands.length > 15, `${commands.length} commands`);
  const printed = await runCommands(commands, {
    GATEHOUSE: `http://127.0.0.1:${port}`,
    ADMIN_PASSWORD: PASSWORD,
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  });
  for (const [index, { command, prints }] of commands.entries()) {
    t.equal(steady(printed[index] ?? ''), steady(prints), command);
  }
});
