// The guides are true: their commands are run one after the other against the service, and print what they say, but for what
// is new each time (texts of tokens, moments, the port).

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import t, { type Test } from 'tap';
import { ensureAdministrator } from '../src/use-cases/ensure-administrator.ts';
import { buildTestApp } from './support/build-app.ts';
import { commandsOf, runCommands } from './support/console-blocks.ts';

const GUIDES = [
  ['administration.md', 'P1, P2, P3, P4, P5, P7: the commands of the guide for administrators print what it says'],
  ['catalogue.md', 'C1, C2: the commands of the guide to catalogues print what it says'],
] as const;
const PASSWORD = 'a long admin password';

function steady(text: string): string {
  return text
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8080')
    .replace(/gth(?:[psc]_|_pat_)[0-9A-Za-z_]+/g, 'TOKEN')
    .replace(/"request_id": "[^"]+"/g, '"request_id": "ID"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .trim();
}

for (const [guide, name] of GUIDES) t.test(name, (t) => follow(t, guide));

async function follow(t: Test, guide: string): Promise<void> {
  const { app, deps } = await buildTestApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: PASSWORD });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const commands = commandsOf(readFileSync(new URL(`../docs/${guide}`, import.meta.url), 'utf8'));
  t.ok(commands.length >= 20, `${commands.length} commands`);
  const printed = await runCommands(commands, {
    GATEHOUSE: `http://127.0.0.1:${port}`,
    ADMIN_PASSWORD: PASSWORD,
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  });
  for (const [index, { command, prints }] of commands.entries()) {
    t.equal(steady(printed[index] ?? ''), steady(prints), command);
  }
}
