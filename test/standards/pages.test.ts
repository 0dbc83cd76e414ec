// Calls from a page of another origin (the Fetch standard): what a browser asks before it sends, and what it lets the page read, done here
// as it does both; GitHub's own client, unmodified, behind it.

import { Octokit } from '@octokit/rest';
import t from 'tap';
import { listeningApp } from '../support/listening.ts';
import { rawCall } from '../support/raw-http.ts';

const ORIGIN = 'https://app.example';
/** It reports refusals that are expected here. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Fetch sections 2.2.2 and 4.8: what is sent without asking, and what a page may read unless it is told of more. */
const ASKS_NOTHING = new Set(['accept', 'accept-language', 'content-language', 'range']);
const READABLE = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
];
const SIMPLE_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)(?:;|$)/;

const wordsOf = (list: string | null) => new Set((list ?? '').toLowerCase().split(/[ ,]+/));

async function preflight(url: string, method: string, names: readonly string[]): Promise<void> {
  const headers = { origin: ORIGIN, 'access-control-request-method': method };
  const asked = names.length === 0 ? headers : { ...headers, 'access-control-request-headers': names.join(',') };
  const answer = await fetch(url, { method: 'OPTIONS', headers: asked });
  if (!answer.ok || answer.headers.get('access-control-allow-origin') !== ORIGIN)
    throw new TypeError('Failed to fetch');
  const allowed = wordsOf(answer.headers.get('access-control-allow-headers'));
  const refused = names.find((name) => !allowed.has(name));
  if (refused !== undefined) throw new TypeError(`Request header field ${refused} is not allowed`);
  if (!wordsOf(answer.headers.get('access-control-allow-methods')).has(method.toLowerCase()))
    throw new TypeError(`Method ${method} is not allowed`);
}

/** `fetch` as a page of ORIGIN has it. */
async function fetchOfPage(url: string, init: RequestInit = {}): Promise<Response> {
  const { method = 'GET' } = init;
  const headers = new Headers(init.headers);
  const asks = ([name, value]: [string, string]) =>
    !ASKS_NOTHING.has(name) && !(name === 'content-type' && SIMPLE_TYPE.test(value));
  const names = [...headers].filter(asks).map(([name]) => name);
  if (names.length > 0 || !['GET', 'HEAD', 'POST'].includes(method)) await preflight(url, method, names);
  headers.set('origin', ORIGIN);
  const answer = await fetch(url, { ...init, headers });
  if (answer.headers.get('access-control-allow-origin') !== ORIGIN) throw new TypeError('Failed to fetch');
  const readable = new Set([...READABLE, ...wordsOf(answer.headers.get('access-control-expose-headers'))]);
  const told = [...answer.headers].filter(([name]) => readable.has(name));
  const { status } = answer;
  return new Response(status === 204 ? null : await answer.arrayBuffer(), { status, headers: told });
}

t.test('GitHub’s client, unmodified, in a page whose origin is named', async (t) => {
  const { url, world, rows } = await listeningApp(t, { settings: { CORS_ORIGINS: ORIGIN } });
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  for (const name of ['engine', 'mill', 'wheel']) await world.repository(acme, name);
  const { text: auth } = await rows.classic(ada, { scopes: ['repo', 'read:org'] });
  const octokit = new Octokit({ baseUrl: url, auth, request: { fetch: fetchOfPage }, log: SILENT });
  t.equal((await octokit.rest.users.getAuthenticated()).data.login, 'ada');
  const headers = { 'X-GitHub-Api-Version': '2022-11-28' };
  const { data } = await octokit.request('GET /user', { headers });
  t.equal(data.login, 'ada', 'as GitHub writes it in its documentation');
  const all = await octokit.paginate(octokit.rest.repos.listForAuthenticatedUser, { per_page: 1, headers });
  t.equal(all.length, 3, 'pages follow `Link`');
  await t.rejects(octokit.rest.repos.get({ owner: 'acme', repo: 'absent', headers }), /Not Found/);
});

t.test('what this API reads of a request can be sent by a page, and what it documents of an answer read', async (t) => {
  const { app, url, world } = await listeningApp(t, { settings: { CORS_ORIGINS: ORIGIN } });
  const ada = await world.person('ada');
  await world.organization('acme', ada);
  const authorization = `Bearer ${await world.session(ada)}`;
  const change = await fetchOfPage(`${url}/orgs/acme`, {
    method: 'PATCH',
    headers: { authorization, 'content-type': 'application/json', prefer: 'wait=5', traceparent: 'x', tracestate: 'x' },
    body: '{"profile_name": "Acme"}',
  });
  t.equal(change.status, 200);
  for (const name of ['x-consistency-token', 'x-wait', 'preference-applied', 'x-request-id'])
    t.ok(change.headers.has(name), name);
  const { headers } = await fetchOfPage(`${url}/user`, { headers: { authorization } });
  const readable = wordsOf(
    (await fetch(`${url}/user`, { headers: { origin: ORIGIN } })).headers.get('access-control-expose-headers'),
  );
  t.ok(headers.has('x-ratelimit-remaining'));
  const documented = Object.keys((app.swagger() as unknown as { components: { headers: object } }).components.headers);
  for (const name of documented) {
    const is_of_gateway = /^X-(?:Auth-|Error-Status$)/.test(name);
    t.equal(readable.has(name.toLowerCase()), !is_of_gateway, name);
  }
  for (const path of ['/absent', '/user', '/users/%zz', `/users/${'x'.repeat(2000)}`]) {
    const answer = await fetchOfPage(url + path);
    t.ok(answer.status >= 400, `${path.slice(0, 20)}: a page can read why not`);
  }
});

t.test('RFC 9110 section 5.6.1: `Vary` is a list of names, whoever refuses the request', async (t) => {
  const { issuer } = await listeningApp(t, { settings: { CORS_ORIGINS: ORIGIN } });
  const end = `Origin: ${ORIGIN}\r\nConnection: close\r\n\r\n`;
  for (const head of [
    'GET /scopes HTTP/1.1\r\nHost: x\r\n',
    'GET /scopes HTTP/1.1\r\nHost: x\r\nHost: y\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n',
    'GET http://x/scopes HTTP/1.1\r\nHost: x\r\n',
    'POST /user/repos HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n',
    'GET /users/%zz HTTP/1.1\r\nHost: x\r\n',
    'POST /oauth/introspect HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n',
  ]) {
    const { status, headers } = await rawCall(Number(issuer.port), Buffer.from(head + end));
    t.match(headers.vary, /^[A-Za-z-]+(?:, [A-Za-z-]+)*$/, `${status}: ${head}`);
  }
});
