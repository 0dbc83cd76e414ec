// `npm run demo`: the whole story against a running service, over HTTP like any other client: an organization, both kinds
// of token, an allowed call, a 404, a 403 by policy, introspection, a decision. Prints each request and each answer; the
// tour of the README is its output.

import { parseArgs } from 'node:util';

const USAGE = `npm run demo -- [--url http://127.0.0.1:8080] [--suffix TEXT]
  The administrator's password comes from ADMIN_PASSWORD (the login from ADMIN_LOGIN, default admin).
  --suffix is added to every name, so that the story can be told again on the same service.`;

type Json = Record<string, unknown>;
type Call = { method?: string; path: string; as?: string; basic?: string; json?: Json; form?: Record<string, string> };

/** Which members of an answer the story prints; the others are left out, and three dots say so. */
const SHOWN = {
  session: ['token', 'expires_at'],
  user: ['id', 'login', 'type', 'email'],
  organization: ['id', 'login', 'type'],
  repository: ['id', 'full_name', 'visibility', 'permissions'],
  token: ['id', 'kind', 'name', 'state', 'resource_owner', 'permissions', 'scopes', 'expires_at', 'token'],
  error: ['message', 'code', 'status'],
  client: ['client_id', 'capabilities', 'organizations', 'client_secret'],
} as const;

const { values } = parseArgs({
  options: { url: { type: 'string', default: 'http://127.0.0.1:8080' }, suffix: { type: 'string', default: '' } },
});
const password = process.env.ADMIN_PASSWORD;
if (password === undefined) {
  process.stderr.write(`Set ADMIN_PASSWORD to the administrator's password.\n${USAGE}\n`);
  process.exit(78);
}
await tellStory(values.url, values.suffix, password);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function headersOf(call: Call): Record<string, string> {
  const headers: Record<string, string> = {};
  if (call.as !== undefined) headers.authorization = `Bearer ${call.as}`;
  if (call.basic !== undefined) headers.authorization = `Basic ${Buffer.from(call.basic).toString('base64')}`;
  if (call.json !== undefined) headers['content-type'] = 'application/json';
  if (call.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  return headers;
}

function bodyOf(call: Call): string | null {
  if (call.json !== undefined) return JSON.stringify(call.json);
  return call.form === undefined ? null : new URLSearchParams(call.form).toString();
}

/** The call as one would type it; passwords are shown as dots. */
function printCall(url: string, call: Call): void {
  const method = call.method === undefined ? '' : `-X ${call.method} `;
  const who = call.as === undefined ? '' : `-H 'Authorization: Bearer ${shorten(call.as)}' `;
  const client = call.basic === undefined ? '' : `-u '${call.basic.split(':')[0]}:…' `;
  const shown = shorten(bodyOf(call) ?? '').replace(/("password":")[^"]*/g, '$1…');
  const json = call.json === undefined ? '' : `-H 'Content-Type: application/json' -d '${shown}' `;
  const form = call.form === undefined ? '' : `-d '${shown}' `;
  print(`$ curl ${method}${client}${who}${json}${form}${url}${call.path}`);
}

function shorten(text: string): string {
  return text.replace(/(gth(?:[psixc]_|_pat_)[0-9A-Za-z]{4})[0-9A-Za-z_]+/g, '$1…');
}

function printAnswer(status: number, body: Json | null, shown: readonly string[] | null): void {
  print(String(status));
  if (body === null) return;
  const wanted = status >= 400 ? SHOWN.error : (shown ?? Object.keys(body));
  const lines = Object.entries(body)
    .filter(([name]) => wanted.includes(name))
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${shorten(JSON.stringify(value))}`);
  if (lines.length < Object.keys(body).length) lines.push('  …');
  print(`{\n${lines.join(',\n')}\n}\n`);
}

async function send(url: string, call: Call, expected: number, shown: readonly string[] | null = null): Promise<Json> {
  printCall(url, call);
  const sent = { method: call.method ?? 'GET', headers: headersOf(call), body: bodyOf(call) };
  const answer = await fetch(`${url}${call.path}`, sent).catch(() => null);
  if (answer === null) {
    process.stderr.write(`Nobody answers at ${url}: start the service with \`npm start\`, or give its --url.\n`);
    process.exit(1);
  }
  const text = await answer.text();
  const body = text === '' ? null : (JSON.parse(text) as Json); // every answer of this API is an object or empty
  printAnswer(answer.status, body, shown);
  if (answer.status !== expected) {
    process.stderr.write(`Expected ${expected}. If the names are taken, give another --suffix.\n${USAGE}\n`);
    process.exit(1);
  }
  return body ?? {};
}

async function signIn(url: string, login: string, secret: string): Promise<string> {
  const session = await send(
    url,
    { method: 'POST', path: '/sessions', json: { login, password: secret } },
    201,
    SHOWN.session,
  );
  return String(session.token);
}

async function tellStory(url: string, suffix: string, admin_password: string): Promise<void> {
  const olga = `olga${suffix}`;
  const acme = `acme${suffix}`;
  const olga_password = 'a long enough passphrase';

  print('# 1. The administrator makes a person and her organization.\n');
  const admin = await signIn(url, process.env.ADMIN_LOGIN ?? 'admin', admin_password);
  const user = { login: olga, email: `${olga}@example.test`, password: olga_password, email_verified: true };
  await send(url, { method: 'POST', path: '/admin/users', as: admin, json: user }, 201, SHOWN.user);
  await send(
    url,
    { method: 'POST', path: '/admin/organizations', as: admin, json: { login: acme, admin: olga } },
    201,
    SHOWN.organization,
  );

  print('# 2. Olga opts in to fine-grained tokens and makes two private repositories.\n');
  const session = await signIn(url, olga, olga_password);
  const settings = `/orgs/${acme}/settings/personal-access-tokens`;
  const opted_in = { fine_grained_tokens: 'allowed', approval: 'not_required' };
  await send(url, { method: 'PATCH', path: settings, as: session, json: opted_in }, 200);
  for (const name of ['engine', 'ledger']) {
    const repository = { name, visibility: 'private' };
    await send(
      url,
      { method: 'POST', path: `/orgs/${acme}/repos`, as: session, json: repository },
      201,
      SHOWN.repository,
    );
  }

  print('# 3. She makes a classic token, and a fine-grained one for one repository.\n');
  const tokens = '/user/personal-access-tokens';
  const wide = { kind: 'classic', name: 'nightly build', scopes: ['repo'], expires_in_days: 30 };
  const classic = String(
    (await send(url, { method: 'POST', path: tokens, as: session, json: wide }, 201, SHOWN.token)).token,
  );
  const narrow = {
    kind: 'fine_grained',
    name: 'issue bot',
    resource_owner: acme,
    repository_selection: 'subset',
    repositories: ['engine'],
    permissions: { issues: 'write' },
    expires_in_days: 30,
  };
  const fine = String(
    (await send(url, { method: 'POST', path: tokens, as: session, json: narrow }, 201, SHOWN.token)).token,
  );

  print('# 4. What each of them may do: the repository that was selected, and the one that was not.\n');
  await send(url, { path: `/repos/${acme}/engine`, as: fine }, 200, SHOWN.repository);
  await send(url, { path: `/repos/${acme}/ledger`, as: fine }, 404);
  await send(url, { path: `/repos/${acme}/ledger`, as: classic }, 200, SHOWN.repository);

  print('# 5. The organization restricts classic tokens: at once, and with a message that says what works instead.\n');
  await send(url, { method: 'PATCH', path: settings, as: session, json: { classic_tokens: 'restricted' } }, 200);
  await send(url, { path: `/repos/${acme}/ledger`, as: classic }, 403);

  print('# 6. A backend service introspects a token, and asks whether it may do something.\n');
  const service = { name: 'our API', capabilities: ['introspect', 'evaluate'], organizations: [acme] };
  const client = await send(
    url,
    { method: 'POST', path: '/admin/clients', as: admin, json: service },
    201,
    SHOWN.client,
  );
  const basic = `${client.client_id}:${client.client_secret}`;
  await send(url, { method: 'POST', path: '/oauth/introspect', basic, form: { token: fine } }, 200);
  for (const action of ['issues:write', 'contents:write']) {
    const question = {
      subject: { type: 'token', id: fine },
      action: { name: action },
      resource: { type: 'repository', id: `${acme}/engine` },
    };
    await send(url, { method: 'POST', path: '/access/v1/evaluation', basic, json: question }, 200);
  }
}
