// `gatehouse demo` and `npm run demo`: the whole story against a running service, over HTTP like any other client: an organization, both kinds
// of token, an allowed call, a 404, a 403 by policy, introspection, a decision. Prints each request and each answer; the
// tour of the README is its output.

import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode, failure } from '../exit.ts';
import { findService } from '../service/connection.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

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

type Told = { readonly method: string; readonly path: string; readonly status: number };
/** `told`: every call and how it was answered, for programs; who reads that is told no story. */
type Teller = { readonly url: string; readonly terminal: Terminal; readonly told: Told[] };

/** Tells the story. Fails at the first answer that is not the story's. */
export async function demo(invocation: Invocation): Promise<ExitCode> {
  const { input, terminal, is_json } = invocation;
  const password = terminal.env.ADMIN_PASSWORD;
  if (password === undefined || password === '') {
    const why =
      "Set ADMIN_PASSWORD to the administrator's password (the login comes from ADMIN_LOGIN, else it is admin).";
    throw failure(EXIT.configuration, why, { code: 'configuration' });
  }
  const login = terminal.env.ADMIN_LOGIN ?? 'admin';
  const { url } = findService(invocation);
  const told: Told[] = [];
  const silent: Terminal = { ...terminal, stdout: { write: () => undefined } };
  const names = { suffix: input.text('suffix') ?? '', login, password };
  await tellStory({ url, terminal: is_json ? silent : terminal, told }, names);
  if (is_json) printJson(terminal, { url, calls: told });
  return EXIT.done;
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
function printCall({ url, terminal }: Teller, call: Call): void {
  const method = call.method === undefined ? '' : `-X ${call.method} `;
  const who = call.as === undefined ? '' : `-H 'Authorization: Bearer ${shorten(call.as)}' `;
  const client = call.basic === undefined ? '' : `-u '${call.basic.split(':')[0]}:…' `;
  const shown = shorten(bodyOf(call) ?? '').replace(/("password":")[^"]*/g, '$1…');
  const json = call.json === undefined ? '' : `-H 'Content-Type: application/json' -d '${shown}' `;
  const form = call.form === undefined ? '' : `-d '${shown}' `;
  printLine(terminal, `$ curl ${method}${client}${who}${json}${form}${url}${call.path}`);
}

function shorten(text: string): string {
  return text.replace(/(gth(?:[psixc]_|_pat_)[0-9A-Za-z]{4})[0-9A-Za-z_]+/g, '$1…');
}

function printAnswer(
  terminal: Terminal,
  { status, body, shown }: { status: number; body: Json | null; shown: readonly string[] | null },
): void {
  printLine(terminal, String(status));
  if (body === null) return;
  const wanted = status >= 400 ? SHOWN.error : (shown ?? Object.keys(body));
  const lines = Object.entries(body)
    .filter(([name]) => wanted.includes(name))
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${shorten(JSON.stringify(value))}`);
  if (lines.length < Object.keys(body).length) lines.push('  …');
  printLine(terminal, `{\n${lines.join(',\n')}\n}\n`);
}

async function send(
  teller: Teller,
  call: Call,
  expected: number,
  shown: readonly string[] | null = null,
): Promise<Json> {
  const { url, terminal } = teller;
  printCall(teller, call);
  const sent = {
    method: call.method ?? 'GET',
    headers: headersOf(call),
    body: bodyOf(call),
    redirect: 'manual',
  } as const;
  const answer = await fetch(`${url}${call.path}`, sent).catch(() => null);
  if (answer === null) {
    const why = `Nobody answers at ${url}: start the service with \`npm start\`, or give its --url.`;
    throw failure(EXIT.unavailable, why, { code: 'unavailable' });
  }
  const text = await answer.text();
  const body = text === '' ? null : (JSON.parse(text) as Json); // every answer of this API is an object or empty
  printAnswer(terminal, { status: answer.status, body, shown });
  teller.told.push({ method: sent.method, path: call.path, status: answer.status });
  if (answer.status !== expected) {
    const why = `Expected ${expected}. If the names are taken, give another --suffix.`;
    throw failure(EXIT.no, why, { status: answer.status });
  }
  return body ?? {};
}

async function signIn(teller: Teller, login: string, secret: string): Promise<string> {
  const session = await send(
    teller,
    { method: 'POST', path: '/sessions', json: { login, password: secret } },
    201,
    SHOWN.session,
  );
  return String(session.token);
}

type Names = { readonly suffix: string; readonly login: string; readonly password: string };

async function tellStory(teller: Teller, { suffix, login, password }: Names): Promise<void> {
  const print = (line: string) => printLine(teller.terminal, line);
  const olga = `olga${suffix}`;
  const acme = `acme${suffix}`;
  const olga_password = 'a long enough passphrase';

  print('# 1. The administrator makes a person and her organization.\n');
  const admin = await signIn(teller, login, password);
  const user = { login: olga, email: `${olga}@example.test`, password: olga_password, email_verified: true };
  await send(teller, { method: 'POST', path: '/admin/users', as: admin, json: user }, 201, SHOWN.user);
  await send(
    teller,
    { method: 'POST', path: '/admin/organizations', as: admin, json: { login: acme, admin: olga } },
    201,
    SHOWN.organization,
  );

  print('# 2. Olga opts in to fine-grained tokens and makes two private repositories.\n');
  const session = await signIn(teller, olga, olga_password);
  const settings = `/orgs/${acme}/settings/personal-access-tokens`;
  const opted_in = { fine_grained_tokens: 'allowed', approval: 'not_required' };
  await send(teller, { method: 'PATCH', path: settings, as: session, json: opted_in }, 200);
  for (const name of ['engine', 'ledger']) {
    const repository = { name, visibility: 'private' };
    await send(
      teller,
      { method: 'POST', path: `/orgs/${acme}/repos`, as: session, json: repository },
      201,
      SHOWN.repository,
    );
  }

  print('# 3. She makes a classic token, and a fine-grained one for one repository.\n');
  const tokens = '/user/personal-access-tokens';
  const wide = { kind: 'classic', name: 'nightly build', scopes: ['repo'], expires_in_days: 30 };
  const classic = String(
    (await send(teller, { method: 'POST', path: tokens, as: session, json: wide }, 201, SHOWN.token)).token,
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
    (await send(teller, { method: 'POST', path: tokens, as: session, json: narrow }, 201, SHOWN.token)).token,
  );

  print('# 4. What each of them may do: the repository that was selected, and the one that was not.\n');
  await send(teller, { path: `/repos/${acme}/engine`, as: fine }, 200, SHOWN.repository);
  await send(teller, { path: `/repos/${acme}/ledger`, as: fine }, 404);
  await send(teller, { path: `/repos/${acme}/ledger`, as: classic }, 200, SHOWN.repository);

  print('# 5. The organization restricts classic tokens: at once, and with a message that says what works instead.\n');
  await send(teller, { method: 'PATCH', path: settings, as: session, json: { classic_tokens: 'restricted' } }, 200);
  await send(teller, { path: `/repos/${acme}/ledger`, as: classic }, 403);

  print('# 6. A backend service introspects a token, and asks whether it may do something.\n');
  const service = { name: 'our API', capabilities: ['introspect', 'evaluate'], organizations: [acme] };
  const client = await send(
    teller,
    { method: 'POST', path: '/admin/clients', as: admin, json: service },
    201,
    SHOWN.client,
  );
  const basic = `${client.client_id}:${client.client_secret}`;
  await send(teller, { method: 'POST', path: '/oauth/introspect', basic, form: { token: fine } }, 200);
  for (const action of ['issues:write', 'contents:write']) {
    const question = {
      subject: { type: 'token', id: fine },
      action: { name: action },
      resource: { type: 'repository', id: `${acme}/engine` },
    };
    await send(teller, { method: 'POST', path: '/access/v1/evaluation', basic, json: question }, 200);
  }
}
