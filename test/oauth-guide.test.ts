// The guide for backend services is true: its commands are run one after the other against the service, and print what it says, but
// for what is new each time (texts, ids, keys, moments, ports).

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import { ensureAdministrator } from '../src/use-cases/administration/ensure-administrator.ts';
import { commandsOf, runCommands } from './support/console-blocks.ts';
import { listeningApp } from './support/listening.ts';
import { freePort } from './support/service.ts';

const GUIDE = new URL('../docs/oauth.md', import.meta.url);
const PASSWORD = 'a long admin password';

function steady(text: string): string {
  return text
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8080')
    .replace(/gth(?:[psxc]_|_pat_)[0-9A-Za-z_…]+/g, 'TOKEN')
    .replace(/client_[0-9A-Za-z]{20}/g, 'CLIENT')
    .replace(/"kid": "[^"]+"/g, '"kid": "KEY"')
    .replace(/"(iat|exp)": \d+/g, '"$1": 0')
    .replace(/"jti": "[^"]+"/g, '"jti": "ID"')
    .replace(/"expires_in": (?:899|599)\b/g, (found) =>
      found.endsWith('899') ? '"expires_in": 900' : '"expires_in": 600',
    )
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .trim();
}

t.test('T1, T3: the commands of the guide print what it says', async (t) => {
  const { url, deps } = await listeningApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: PASSWORD });
  const text = readFileSync(GUIDE, 'utf8');
  const commands = commandsOf(text);
  t.ok(commands.length > 40, `${commands.length} commands`);
  const printed = await runCommands(commands, {
    GATEHOUSE: url,
    ADMIN_PASSWORD: PASSWORD,
    RESOURCE_PORT: await freePort(),
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  });
  for (const [index, { command, prints }] of commands.entries()) {
    t.equal(steady(printed[index] ?? ''), steady(prints), command);
  }
});
