// promises P15: a secret is in the answer that shows it, and nowhere else. Secrets of every kind go through the real service with its real
// database, each where it belongs and where it does not; then every byte that was kept or sent is searched for them. What is no secret is
// searched for in the same places and found there: the search sees.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import pg from 'pg';
import t, { type Test } from 'tap';
import { runningEmbedded } from '../src/db/embedded.ts';
import { cases } from './support/effort.ts';
import { scratchFolder } from './support/scratch-folder.ts';
import { eventually, freePort, startService } from './support/service.ts';
import { startSmtp } from './support/smtp.ts';
import { writtenForms } from './support/written-forms.ts';

/** What only we have chosen; the other secrets are those that the service shows. */
const CHOSEN = {
  administrator: 'canary-administrator-7f3a91',
  password: 'canary-password-5b20cc',
  new_password: 'canary-new-password-90aa1e',
  hook: 'canary-hook-secret-c41d77',
  metrics: 'canary-metrics-token-3e8f02',
  data: 'canary-data-secret-of-32-characters-6a01',
  typed: 'canary-typed-into-the-login-11b7',
};
/** No secrets: they stand where each is said, and are found there. */
const KNOWN = { request: 'known-request-77aa10', repository: 'known-repository-44ce', token: 'known-token-name-88d2' };

type Answer = { readonly status: number; readonly text: string; readonly headers: string };

/** Answers whose bodies are searched, but those that may show something once. */
type Client = {
  readonly call: (
    method: string,
    path: string,
    options?: { by?: string; body?: unknown; form?: string; headers?: Record<string, string> },
  ) => Promise<Answer>;
  readonly shown: string[];
};

function clientOf(url: string): Client {
  const shown: string[] = [];
  const call: Client['call'] = async (method, path, { by, body, form, headers = {} } = {}) => {
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(by !== undefined && { authorization: by.includes(':') ? `Basic ${btoa(by)}` : `Bearer ${by}` }),
        ...((body ?? form) !== undefined && { 'content-type': type }),
        ...headers,
      },
      ...((body ?? form) !== undefined && { body: form ?? JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, headers: JSON.stringify([...answer.headers]) };
  };
  return { call, shown };
}

/** What a receiver of webhooks hears. */
async function receiver(t: Test): Promise<{ readonly url: string; readonly heard: string[] }> {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    heard.push(JSON.stringify(request.rawHeaders), body);
    response.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard };
}

type Place = { readonly name: string; readonly bytes: Buffer };

/** The places where these bytes stand. */
function namesOf(places: readonly Place[], wanted: Buffer): readonly string[] {
  return places.filter(({ bytes }) => bytes.includes(wanted)).map(({ name }) => name);
}

/** Every file below the folder, as bytes. */
function filesBelow(folder: string): readonly Place[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const name = join(entry.parentPath, entry.name);
      return { name, bytes: readFileSync(name) };
    });
}

/** Every row of every table as text, with what the server knows of statements. */
async function dump(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`,
    );
    const texts = [];
    for (const { name } of tables) {
      const { rows } = await client.query(
        `select coalesce(string_agg(each::text, chr(10)), '') as text from ${name} each`,
      );
      texts.push(rows[0].text);
    }
    const { rows } = await client.query('select query from pg_stat_activity');
    return [...texts, ...rows.map(({ query }) => query)].join('\n');
  } finally {
    await client.end();
  }
}

const member = ({ text }: Answer, name: string): string => String(JSON.parse(text)[name]);

t.test(
  'promises P15: no secret is in logs, files, WAL, dumps, metrics, webhooks, mails or later answers',
  async (t) => {
    const folder = scratchFolder(t);
    const DATA_DIR = join(folder, 'data');
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: 'canary', alg: 'ES256' };
    const SIGNING_KEY_FILE = join(folder, 'keys.json');
    writeFileSync(SIGNING_KEY_FILE, JSON.stringify({ keys: [jwk] }));
    const hooks = await receiver(t);
    const smtp = await startSmtp(t);
    const service = await startService(t, {
      ...{ DATA_DIR, PORT: await freePort(), SIGNING_KEY_FILE, SMTP_URL: smtp.url },
      ADMIN_PASSWORD: CHOSEN.administrator,
      METRICS_TOKEN: CHOSEN.metrics,
      DATA_SECRET: CHOSEN.data,
      LOG_LEVEL: 'trace',
      OUTBOUND_ALLOW: '127.0.0.0/8',
      JOB_INTERVAL_SECONDS: '1',
      // However busy the machine is.
      ...{ MAX_LAG_MS: '0', REQUEST_TIMEOUT_MS: '20000' },
    });
    const { call } = clientOf(service.url);
    const secrets = new Map<string, string>(Object.entries(CHOSEN));
    const made = async (name: string, secret: string, answer: Promise<Answer>): Promise<Answer> => {
      const found = await answer;
      t.ok(found.status < 300, `${name}: ${found.status} ${found.text}`);
      secrets.set(name, member(found, secret));
      return found;
    };
    const signIn = (login: string, password: string) => call('POST', '/sessions', { body: { login, password } });

    // Everything that shows a secret.
    const root = member(
      await made('session of the administrator', 'token', signIn('admin', CHOSEN.administrator)),
      'token',
    );
    const ada = { login: 'ada', email: 'ada@example.com', email_verified: true };
    await call('POST', '/admin/users', { by: root, body: { ...ada, password: CHOSEN.password } });
    const bob = { login: 'bob', email: 'bob@example.com' };
    const setup = await made(
      'right to choose a password',
      'password_setup_token',
      call('POST', '/admin/users', { by: root, body: bob }),
    );
    const choice = { token: member(setup, 'password_setup_token'), password: CHOSEN.new_password };
    await made('session of a first password', 'token', call('POST', '/sessions/setup', { body: choice }));
    const session = member(await made('session', 'token', signIn('ada', CHOSEN.password)), 'token');
    await call('POST', '/admin/organizations', { by: root, body: { login: 'acme', admin: 'ada' } });
    const policy = { fine_grained_tokens: 'allowed', approval: 'not_required' };
    await call('PATCH', '/orgs/acme/settings/personal-access-tokens', { by: session, body: policy });
    const hook = { config: { url: hooks.url, secret: CHOSEN.hook, content_type: 'json' }, events: ['*'] };
    t.equal((await call('POST', '/orgs/acme/hooks', { by: session, body: hook })).status, 201);
    const repository = { name: KNOWN.repository };
    await call('POST', '/orgs/acme/repos', {
      by: session,
      body: repository,
      headers: { 'x-request-id': KNOWN.request },
    });
    const TOKENS = '/user/personal-access-tokens';
    const classic = { kind: 'classic', name: 'classic', scopes: ['repo'] };
    const keyed = { 'idempotency-key': 'one-key' };
    const old = await made(
      'classic token',
      'token',
      call('POST', TOKENS, { by: session, body: classic, headers: keyed }),
    );
    const fine = { kind: 'fine_grained', name: KNOWN.token, resource_owner: 'acme', permissions: { members: 'read' } };
    const token = member(
      await made('fine-grained token', 'token', call('POST', TOKENS, { by: session, body: fine })),
      'token',
    );
    const renewed = call('POST', `${TOKENS}/${member(old, 'id')}/regenerate`, {
      by: session,
      body: { overlap_seconds: 60 },
    });
    const new_text = member(await made('regenerated token', 'token', renewed), 'token');
    const wish = {
      name: 'forge',
      capabilities: ['introspect', 'evaluate', 'exchange', 'revoke'],
      audiences: ['https://a.example'],
    };
    const client = await made(
      'client secret',
      'client_secret',
      call('POST', '/admin/clients', { by: root, body: wish }),
    );
    const client_id = member(client, 'client_id');
    const again = call('POST', `/admin/clients/${client_id}/secret`, { by: root, body: { overlap_seconds: 3600 } });
    const forge = `${client_id}:${member(await made('second client secret', 'client_secret', again), 'client_secret')}`;
    const exchange = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    const exchanged = call('POST', '/oauth/token', { by: forge, form: String(exchange) });
    const child = member(await made('exchanged token', 'access_token', exchanged), 'access_token');
    exchange.set('requested_token_type', 'urn:ietf:params:oauth:token-type:jwt');
    exchange.set('audience', 'https://a.example');
    const jwt = await made(
      'exchanged JWT',
      'access_token',
      call('POST', '/oauth/token', { by: forge, form: String(exchange) }),
    );
    secrets.set('signature of a JWT', member(jwt, 'access_token').split('.')[2] ?? '');
    secrets.set('private signing key', String(jwk.d));

    // What is used, and what is put where it does not belong; none of these answers shows one again.
    const answers: Answer[] = [];
    const ask = async (...asked: Parameters<typeof call>) => void answers.push(await call(...asked));
    for (const text of [session, token, new_text, child, member(old, 'token'), 'gthp_nonsense']) {
      for (const path of ['/user', '/token', '/user/repos', '/orgs/acme/repos', '/user/security-log', '/absent']) {
        await ask('GET', path, { by: text });
        await ask('GET', `${path}?access_token=${text}&q=${text}`);
      }
      await ask('GET', `/users/${text}`, { by: session });
      await ask('POST', `/repos/${text}/${text}/keys`, { by: session, body: { key: text } });
      await ask('POST', '/user/repos', { by: session, body: { name: `${text} `, description: 7 } });
      // A member's name and a request id are told back to who chose them (contract 1), and to nobody else.
      await call('POST', '/user/repos', { by: session, body: { [text]: text, name: 'x' } });
      const own_words = { 'x-request-id': text, 'user-agent': `curl ${text}`, 'idempotency-key': text };
      await call('DELETE', '/repos/acme/absent', { by: session, headers: own_words });
      await call('POST', '/user/repos', {
        by: session,
        headers: own_words,
        body: { name: `made-${secrets.size}-${answers.length}` },
      });
      await ask('POST', '/oauth/introspect', { by: forge, form: `token=${text}` });
      const question = {
        subject: { type: 'token', id: text },
        action: { name: 'members:read' },
        resource: { type: 'organization', id: 'acme' },
      };
      await ask('POST', '/access/v1/evaluation', { by: forge, body: question });
      await ask('GET', '/user', {
        headers: { 'user-agent': text, 'x-forwarded-for': text, cookie: text },
      });
    }
    await ask('POST', TOKENS, { by: session, body: classic, headers: keyed });
    await ask('POST', '/sessions', { body: { login: CHOSEN.typed, password: CHOSEN.password } });
    await ask('POST', '/sessions', { body: { login: 'ada', password: `${CHOSEN.password}x` } });
    await call('POST', '/sessions', { body: { login: 'ada', password: CHOSEN.password, [CHOSEN.typed]: 1 } });
    await ask('PATCH', '/user', { by: session, body: { password: 'short', current_password: CHOSEN.password } });
    for (const path of ['/orgs/acme/hooks', TOKENS, '/orgs/acme/audit-log', '/orgs/acme/personal-access-tokens'])
      await ask('GET', path, { by: session });
    for (const path of ['/admin/clients', '/admin/users', '/metrics', '/openapi.json', '/oauth/jwks'])
      await ask('GET', path, { by: root });
    const metrics = await call('GET', '/metrics', { by: CHOSEN.metrics });
    await ask('POST', '/credentials/revoke', { body: { credentials: [new_text, child] } });
    await ask('DELETE', '/admin/users/ada/tokens', { by: root });
    await eventually(() => hooks.heard.join().includes(KNOWN.token));
    await eventually(() => smtp.mails.length > 0);

    // Every byte.
    const running = await runningEmbedded(DATA_DIR);
    if (running === null) throw new Error('the database does not run');
    const rows = await dump(running.url);
    const dumped = spawnSync('pg_dump', [running.url], { maxBuffer: 2 ** 30 });
    await running.close();
    t.equal(await service.end('SIGTERM'), 0, 'the end writes what was only in memory');
    const texts: readonly Place[] = [
      { name: 'log', bytes: Buffer.from(service.output()) },
      { name: 'rows', bytes: Buffer.from(rows) },
      { name: 'metrics', bytes: Buffer.from(metrics.text) },
      { name: 'webhooks', bytes: Buffer.from(hooks.heard.join('\n')) },
      { name: 'mails', bytes: Buffer.from(smtp.mails.map(({ raw }) => raw).join('\n')) },
      { name: 'later answers', bytes: Buffer.from(answers.map(({ text, headers }) => `${headers}${text}`).join('\n')) },
      ...(dumped.status === 0 ? [{ name: 'pg_dump', bytes: dumped.stdout }] : []),
    ];
    const places = [...texts, ...filesBelow(DATA_DIR)];
    const holding = (text: string) => namesOf(places, Buffer.from(text));
    // What is written in another form takes longer to look for; the files have what the rows have, and what they had.
    const read_in_forms = cases({ short: 0, long: 1 }) === 1 ? places : texts;
    const holdingForms = (text: string) => writtenForms(text).flatMap(([, form]) => namesOf(read_in_forms, form));
    t.ok(places.length > 500, `${places.length} places`);
    t.ok(secrets.size >= 18, `${secrets.size} secrets`);
    for (const [name, secret] of secrets) {
      t.ok(secret.length >= 20, name);
      t.same(holding(secret), [], name);
      t.same(holdingForms(secret), [], `${name}, in another form`);
    }
    t.test('the search sees: what is no secret is found in each of these places', async (t) => {
      const in_files = (found: readonly string[], part: string) => found.some((name) => name.includes(part));
      const of_repository = holding(KNOWN.repository);
      for (const name of ['rows', 'later answers']) t.ok(of_repository.includes(name), name);
      t.ok(in_files(of_repository, '/base/'), 'tables and indexes');
      t.ok(in_files(of_repository, '/pg_wal/'), 'WAL');
      t.ok(holding(KNOWN.request).includes('log'));
      t.ok(holding(KNOWN.token).includes('webhooks'));
      t.ok(holding('gatehouse_').includes('metrics'));
      t.ok(holding('ada@example.com').includes('mails'));
      t.ok(holding('sealed:v1:').includes('rows'), 'what is kept to be used again is kept encrypted');
    });
  },
);

t.test('a text is found in each form in which it may be written, wherever it begins', async (t) => {
  const secret = CHOSEN.hook;
  for (const before of ['', 'a', 'ab', 'abc', 'abcd']) {
    const around = Buffer.from(`${before}${secret}behind`);
    const percent = [...around].map((byte) => `%${byte.toString(16)}`).join('');
    const written = [
      around.toString('base64'),
      around.toString('base64url'),
      around.toString('hex'),
      around.toString('hex').toUpperCase(),
      percent,
      [...String(around)].reverse().join(''),
    ];
    for (const [index, text] of written.entries())
      t.ok(
        writtenForms(secret).some(([, form]) => Buffer.from(text).includes(form)),
        `${index} behind "${before}"`,
      );
    const wide = Buffer.from(String(around), 'utf16le');
    t.ok(writtenForms(secret).some(([, form]) => wide.includes(form)));
    t.notOk(writtenForms(secret).some(([, form]) => Buffer.from(`${before}canary`).includes(form)));
  }
});
