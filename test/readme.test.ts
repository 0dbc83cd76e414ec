// The tour of the README is the real output of `npm run demo`: it is run here against the application, and compared but for
// what is new each time (texts of tokens, ids of clients, moments, the port).

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { ensureAdministrator } from '../src/use-cases/administration/ensure-administrator.ts';
import { buildTestApp } from './support/build-app.ts';
import { runCommand } from './support/terminal.ts';

const ROOT = join(import.meta.dirname, '..');
const PASSWORD = 'a long admin password';

function steady(text: string): string {
  return text
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8080')
    .replace(/(gth(?:[psc]_|_pat_))[0-9A-Za-z]{4}…/g, '$1XXXX…')
    .replace(/client_[0-9A-Za-z]{20}/g, 'client_X')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .replace(/"(iat|exp)": \d+/g, '"$1": 0')
    .trim();
}

t.test('the tour of the README is what the demo prints', async (t) => {
  const { app, deps } = await buildTestApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: PASSWORD });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const command = [join(ROOT, 'src/cli/gatehouse.ts'), 'demo', '--url', `http://127.0.0.1:${port}`];
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    env: { ...process.env, ADMIN_PASSWORD: PASSWORD },
  });
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const tour = /<!-- tour:[\s\S]*?```console\n([\s\S]*?)\n```\n<!-- end of tour -->/.exec(readme)?.[1] ?? '';
  t.equal(steady(tour), steady(stdout));

  const for_programs = await runCommand([...command.slice(1), '--suffix', '2', '--json'], {
    env: { ADMIN_PASSWORD: PASSWORD },
  });
  t.equal(for_programs.code, 0);
  const { calls } = JSON.parse(for_programs.out) as { calls: { method: string; path: string; status: number }[] };
  t.equal(calls.length, stdout.match(/^\$ curl /gm)?.length, 'with --json one value that has each call');
  t.same(calls.at(-1), { method: 'POST', path: '/access/v1/evaluation', status: 200 });
  t.notMatch(for_programs.out, /gth|password/, 'and no secret');
});
