// However a token is presented, the decision is the same: on every route that the application has (threats S5, bug class 2).

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { type Asked, ask, backendOf } from '../support/backend.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { share } from '../support/effort.ts';
import { statementsOf } from '../support/query-count.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

type Route = { readonly method: string; readonly path: string; readonly reads: boolean };
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const REQUEST_ID = { 'x-request-id': 'the-same' };
/** They differ from call to call, whoever calls. */
const CHANGING = new Set(['date', 'x-ratelimit-remaining', 'x-ratelimit-used', 'x-ratelimit-reset']);
const NAMES: Readonly<Record<string, string>> = {
  owner: 'acme',
  repo: 'web',
  org: 'acme',
  username: 'ada',
  team_slug: 'crew',
  enterprise: 'corp',
};

/** Every route of the document that looks at a credential. */
function guardedRoutes({ app }: TestApp): readonly Route[] {
  const paths = app.swagger().paths as Record<string, Record<string, { security?: unknown[] }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security = [] }]) => security.length > 0)
      .map(([method]) => ({ method: method.toUpperCase(), path, reads: method === 'get' })),
  );
}

function basic(user: string, password: string, scheme = 'Basic'): string {
  return `${scheme} ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Every way to present a token's text. */
function transports(text: string): readonly string[] {
  const bearer = ['Bearer', 'bearer', 'BEARER', 'token', 'Token', 'TOKEN'].map((scheme) => `${scheme} ${text}`);
  const users = ['x', 'ada', 'x-access-token', 'a b', '\u00e9', text];
  return [...bearer, `Bearer   ${text}`, ...users.map((user) => basic(user, text)), basic('x', text, 'bASIC')];
}

async function call({ inject }: TestApp, { method, path, reads }: Route, authorization: string): Promise<object> {
  const url = path.replace(/\{([a-z_]+)\}/g, (_, name: string) => NAMES[name] ?? '1');
  const payload = reads || method === 'DELETE' ? {} : { payload: { no_such_member: 1 } };
  const headers = { ...REQUEST_ID, authorization };
  const answer = await inject({ method: method as Method, url, headers, ...payload });
  const kept = Object.entries(answer.headers).filter(([name]) => !CHANGING.has(name));
  return { status: answer.statusCode, headers: Object.fromEntries(kept), body: answer.body };
}

async function world(t: Test) {
  const test = await buildTestApp(t);
  await test.app.ready();
  const { deps } = test;
  const made = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, eve] = [await made.person('ada'), await made.person('eve')];
  const acme = await made.organization('acme', ada);
  const web = await made.repository(acme, 'web');
  await made.team(acme, 'crew', [ada], [{ on: web, role: 'write' }]);
  await made.enterprise('corp', [acme], [ada]);
  const scopes = ['repo', 'admin:org', 'user', 'read:audit_log', 'admin:enterprise'];
  const permissions = { administration: 'read', members: 'read', organization_administration: 'read' } as const;
  return {
    test,
    ada,
    /** They read everything, and so are asked for reads only: a write would be done. */
    strong: {
      classic: await rows.classic(ada, { scopes }),
      fine_grained: await rows.fineGrained(ada, { owner: acme, permissions, selection: 'all' }),
    },
    /** They may change nothing, and are asked for everything. */
    weak: {
      classic: await rows.classic(eve),
      pending: await rows.fineGrained(eve, { owner: acme, standing: 'pending' }),
      revoked: await rows.classic(ada, { scopes, revoked_at: new Date() }),
    },
  };
}

t.test('K1: Bearer, `token` and Basic decide alike on every route', async (t) => {
  const { test, strong, weak } = await world(t);
  const routes = guardedRoutes(test);
  t.ok(routes.length > 60, `${routes.length} routes`);
  const statuses = new Set<number>();
  const compare = async (what: string, { text }: { text: string }, asked: readonly Route[]): Promise<void> => {
    for (const [place, route] of asked.entries()) {
      const [first = '', ...others] = transports(text);
      const expected = await call(test, route, first);
      statuses.add((expected as { status: number }).status);
      for (const each of share(others, 13, place)) {
        const answer = await call(test, route, each);
        const same = JSON.stringify(answer) === JSON.stringify(expected);
        if (!same) t.same(answer, expected, `${what}: ${route.method} ${route.path} by ${each.split(' ')[0]}`);
      }
    }
    t.pass(what);
  };
  const reads = routes.filter((route) => route.reads);
  for (const [what, token] of Object.entries(strong)) await compare(`strong ${what}`, token, reads);
  for (const [what, token] of Object.entries(weak)) await compare(`weak ${what}`, token, routes);
  for (const status of [200, 401, 403, 404]) t.ok(statuses.has(status), `some answers were ${status}`);
});

t.test('F5.1: a header that could be read in two ways is no credential', async (t) => {
  const { test, strong, ada } = await world(t);
  const { text } = strong.classic;
  const session = await worldOf(test.deps).session(ada);
  const encoded = Buffer.from(`x:${text}`).toString('base64');
  const padded = Buffer.from(`xx:${text}`).toString('base64');
  const refused = {
    'no username': basic('', text),
    'no colon': `Basic ${Buffer.from(text).toString('base64')}`,
    'the token as the username': basic(text, ''),
    'the token as the username, and x-oauth-basic': basic(text, 'x-oauth-basic'),
    'padding left out': `Basic ${padded.replace(/=+$/, '')}`,
    'padding put in': `Basic ${encoded}=`,
    'junk in base64': `Basic ${encoded.slice(0, 8)}!${encoded.slice(8)}`,
    'url-safe base64': `Basic ${Buffer.from(`\u00ff\u00fe:${text}`, 'latin1').toString('base64').replaceAll('/', '_').replaceAll('+', '-')}`,
    'a blank in base64': `Basic ${encoded.slice(0, 8)} ${encoded.slice(8)}`,
    'bits after the end': `Basic ${withOtherLastBits(Buffer.from(`xx:${text}`))}`,
    'a bare token': text,
    'no scheme': ` ${text}`,
    'no token': 'Bearer',
    'two tokens': `Bearer ${text} ${text}`,
    'a list': `Bearer ${text}, Bearer ${text}`,
    quotes: `Bearer "${text}"`,
    'a parameter': `Bearer token=${text}`,
    'another scheme': `Digest ${text}`,
    'a tab': `Bearer\t${text}`,
    'a session by token': `token ${session}`,
    'a session by Basic': basic('x', session),
    empty: '',
  };
  for (const [what, authorization] of Object.entries(refused)) {
    const answer = await test.inject({ url: '/user', headers: { authorization } });
    t.match([answer.statusCode, answer.json().code], [401, 'bad_credential'], what);
    t.equal(
      (await test.inject({ url: '/users/ada', headers: { authorization } })).statusCode,
      401,
      `${what}: nor public`,
    );
  }
  t.equal((await test.inject({ url: '/user', headers: { authorization: `Bearer ${session}` } })).statusCode, 200);
});

/** The same bytes to a lenient decoder: bits that it throws away are set. */
function withOtherLastBits(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const text = bytes.toString('base64');
  const end = text.indexOf('=');
  if (end < 0) throw new Error('choose a text whose base64 is padded');
  const last = alphabet[alphabet.indexOf(text[end - 1] ?? '') + 1];
  return `${text.slice(0, end - 1)}${last}${text.slice(end)}`;
}

t.test('F5.1: two Authorization headers are 400, whatever is in them', async (t) => {
  const { test, strong } = await world(t);
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = test.app.server.address() as AddressInfo;
  const send = (authorization: string[]): Promise<{ status: number | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      const request = http.get(
        { port, path: '/user', agent: false, headers: { Authorization: authorization } },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (part) => {
            body += part;
          });
          response.on('end', () => resolve({ status: response.statusCode, body }));
        },
      );
      request.on('error', reject);
    });
  const [good, other] = [`Bearer ${strong.classic.text}`, basic('x', strong.fine_grained.text)];
  t.equal((await send([good])).status, 200);
  for (const headers of [
    [good, good],
    [good, other],
    [other, good],
    [good, 'nonsense'],
    ['nonsense', good],
  ]) {
    const { status, body } = await send(headers);
    t.match([status, JSON.parse(body).code], [400, 'two_credentials']);
  }
});

t.test('F7: a token in the query or the body is never read', async (t) => {
  const { test, strong } = await world(t);
  const { text } = strong.classic;
  for (const name of ['access_token', 'token', 'private_token', 'authorization']) {
    t.equal((await test.inject({ url: `/user?${name}=${text}` })).statusCode, 401, name);
    t.equal((await test.inject({ url: `/repos/acme/web?${name}=${text}` })).statusCode, 401, name);
    const headers = { authorization: `Bearer ${text}` };
    t.equal((await test.inject({ url: `/user?${name}=nonsense`, headers })).statusCode, 200, `${name} changes nothing`);
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = await test.inject({ method: 'GET', url: '/user', headers: form, payload: `access_token=${text}` });
  t.equal(asked.statusCode, 401);
});

t.test('F5.1: each wrong character of a text is 401, and nothing is asked of the database', async (t) => {
  const { test, strong } = await world(t);
  const client = await worldOf(test.deps).client(['introspect']);
  const { introspect } = backendOf(test.inject, client.authorization);
  for (const { text } of Object.values(strong)) {
    const changed = [...text].flatMap((character, index) => [
      text.slice(0, index) + (character === 'q' ? 'r' : 'q') + text.slice(index + 1),
      text.slice(0, index),
      text.slice(index + 1),
    ]);
    const wrong = [...changed, `${text}0`, `0${text}`, text.toUpperCase(), text.toLowerCase()];
    const statements = await statementsOf(async () => {
      for (const each of wrong) {
        for (const authorization of [`Bearer ${each}`, basic('x', each)]) {
          const answer = await test.inject({ url: '/user', headers: { authorization } });
          if (answer.statusCode !== 401) t.fail(`${each} was accepted`);
        }
      }
    });
    t.same(statements, []);
    const answers: Asked[] = [];
    for (const each of wrong.filter((one) => one !== '').slice(0, 9)) answers.push(await introspect(each));
    t.same([...new Set(answers.map((answer) => answer.text))], ['{"active":false}']);
  }
});

/** What a reader that means well would take for the text. */
function nearly(text: string): readonly string[] {
  const wide = String.fromCodePoint(0xff00 + (text.codePointAt(0) ?? 0) - 0x20);
  const around = [' ', '\t', '\n', '\r\n', '\0', '\u00a0', '\u200b', '\ufeff'];
  return [
    ...around.flatMap((blank) => [`${text}${blank}`, `${blank}${text}`]),
    ...[text.toUpperCase(), text.toLowerCase(), `${text.slice(0, -6)}${text.slice(-6).toLowerCase()}a`],
    ...[`${wide}${text.slice(1)}`, `${text}${text}`, `${text}0`, text.slice(0, -1), `%67${text.slice(1)}`, `"${text}"`],
  ];
}

t.test('promises P16: no text is trimmed, folded, cut or decoded until it is one of ours', async (t) => {
  const { test, strong } = await world(t);
  const { authorization } = await worldOf(test.deps).client(['introspect', 'revoke', 'exchange', 'evaluate']);
  const backend = backendOf(test.inject, authorization);
  const isOpen = async (text: string): Promise<boolean> => {
    const evaluated = await backend.evaluate(ask(text, 'metadata:read', ['user', 'ada']));
    const known = [
      (await test.inject({ url: '/user', headers: { authorization: basic('x', text) } })).statusCode === 200,
      (await backend.introspect(text)).body.active === true,
      evaluated.body.context?.token_id !== undefined,
      (await backend.exchange(text)).status === 200,
    ];
    return known.includes(true);
  };
  for (const { text } of Object.values(strong)) {
    t.equal(await isOpen(text), true, 'control: the text itself');
    const others = nearly(text).filter((each) => each !== text);
    for (const each of others) {
      if (await isOpen(each)) t.fail(`${JSON.stringify(each)} was taken for another text`);
      await backend.revoke(each);
    }
    await test.inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials: others } });
    t.equal(await isOpen(text), true, 'and none of them ended it');
  }

  // Each kind of credential is found by its digest, of which there is one.
  const { rows } = await sql<{ table: string }>`
    select i.indrelid::regclass::text as table from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indisunique and i.indisvalid and i.indpred is null and i.indnkeyatts = 1 and a.attname = 'digest'
      and a.attnotnull`.execute(test.deps.db);
  const unique = new Set(rows.map(({ table }) => table));
  for (const table of ['token_secrets', 'exchanged_tokens', 'sessions', 'password_setups', 'client_secrets']) {
    t.ok(unique.has(table), table);
  }
  t.notOk(unique.has('email_verifications'), 'control: what is no credential is found by its person');
});
