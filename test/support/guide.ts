// A guide is true: its commands are run one after the other against a service with an empty database, and print what it says, but
// for what is new each time.

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { Test } from 'tap';
import { ensureAdministrator } from '../../src/use-cases/administration/ensure-administrator.ts';
import { buildTestApp } from './build-app.ts';
import { commandsOf, runCommands } from './console-blocks.ts';

const PASSWORD = 'a long admin password';

/** Runs the commands of `docs/NAME`, at least so many. `steady` makes what is new each time the same. */
export async function checkGuide(
  t: Test,
  { name, commands_min, steady }: { name: string; commands_min: number; steady: (text: string) => string },
): Promise<void> {
  const { app, deps } = await buildTestApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: PASSWORD });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const commands = commandsOf(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'));
  t.ok(commands.length >= commands_min, `${commands.length} commands`);
  const printed = await runCommands(commands, {
    GATEHOUSE: `http://127.0.0.1:${port}`,
    ADMIN_PASSWORD: PASSWORD,
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  });
  for (const [index, { command, prints }] of commands.entries()) {
    t.equal(steady(printed[index] ?? '').trim(), steady(prints).trim(), command);
  }
}
