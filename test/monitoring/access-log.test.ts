// docs/logs.md: a line of the access log has the members that are documented, whichever way a request was answered.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../support/backend.ts';
import { listeningApp } from '../support/listening.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const PAGE = readFileSync(join(ROOT, 'docs/logs.md'), 'utf8');
const [, ACCESS = '', OTHERS = ''] = PAGE.split(/^## /m);
const ONLY_SOMETIMES = ['worker', 'trace_id'];

const firstColumn = (text: string): string[] => [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);

t.test('every line of the access log has the documented members, and no path, query or text of a caller', async (t) => {
  const { url, world, rows, logged } = await listeningApp(t, { is_fenced: false });
  const ada = await world.person('ada');
  await world.repository(ada, 'mill');
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const { authorization } = await world.client(['evaluate', 'introspect']);
  const bearer = { authorization: `Bearer ${text}` };
  const evaluation = () =>
    fetch(`${url}/access/v1/evaluation`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'x-request-id': 'known-1' },
      body: JSON.stringify(ask(text, 'contents:read', ['repository', 'ada/mill'])),
    });
  for (let round = 0; round < 2; round += 1) {
    await evaluation();
    await fetch(`${url}/repos/ada/mill?secret=query`, { headers: bearer });
    await fetch(`${url}/repos/ada/mill`, { headers: bearer });
    await fetch(`${url}/user`, { headers: { authorization: 'Bearer secret-text' } });
    await fetch(`${url}/secret/path`);
  }
  const lines = logged()
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.equal(lines.length, 10);
  const documented = firstColumn(ACCESS);
  const usual = documented.filter((name) => !ONLY_SOMETIMES.includes(name)).sort();
  for (const line of lines) {
    t.same(Object.keys(line).sort(), usual, `${line.method} ${line.route} ${line.status}`);
    t.match(line, { level: 30, time: Number, pid: process.pid, status: Number, ms: Number, msg: 'request' });
    t.ok(Number(line.ms) >= 0);
  }
  t.same(
    lines.slice(0, 5).map(({ method, route, status }) => `${method} ${route} ${status}`),
    [
      'POST /access/v1/evaluation 200',
      'GET /repos/:owner/:repo 200',
      'GET /repos/:owner/:repo 200',
      'GET /user 401',
      'GET none 404',
    ],
  );
  t.equal(lines.filter(({ request_id }) => request_id === 'known-1').length, 2);
  t.notMatch(logged(), /secret/);
  t.notOk(logged().includes(text));
});

t.test('the other lines that the page names are written somewhere', async (t) => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const source = files.map((file) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n');
  const named = firstColumn(OTHERS).filter((name) => name !== 'msg');
  t.ok(named.length > 5);
  for (const message of named) t.ok(source.includes(`'${message}'`), message);
});
