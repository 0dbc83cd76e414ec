// No text that a request may carry takes much of the processor (threats D4): each member of each operation as long as it may be, each header
// that is read, and what is bounded by the size of the body alone, in forms that patterns go back and forth in.

import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { Examples } from '../../src/http/openapi-examples.ts';
import { buildTestApp } from '../support/build-app.ts';
import { share } from '../support/effort.ts';
import { filled, type Limit, readLimits } from '../support/limits.ts';
import { openapiText } from '../support/openapi-document.ts';
import { bearer, worldOf } from '../support/world.ts';

/** Of the processor, by all threads of this process: what else the machine does is not in it. */
const CPU_MS_MAX = 250;
const TRIES = 3;
const HEADER_CHARACTERS = 15_000;
const BODY_CHARACTERS = 60_000;
const FEW = 8;

const ROOT = new URL('../../', import.meta.url);
const document = JSON.parse(await openapiText());
const examples: Examples = JSON.parse(readFileSync(new URL('openapi/examples.json', ROOT), 'utf8'));

/** Texts of this length that nearly are something, again and again. */
const textsOf = (length: number): readonly string[] => [
  ...['a', '-', '.', ' ', '0', 'a-', 'a.', 'a:', '{a}', '../', '%25', 'a@a.', '"\\', ', ', 'é'].map((part) =>
    part.repeat(length).slice(0, length - 1),
  ),
  `${'a'.repeat(length - 1)}!`,
  `a${' '.repeat(length - 2)}!`,
];

/** The least that it takes of a few times, once it takes too much. */
async function cpuMs(work: () => Promise<unknown>, tries = TRIES): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < tries && least > CPU_MS_MAX; count += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

function withValue(body: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (first === '[]') return [withValue(undefined, rest, value)];
  const inner = (body as Record<string, unknown> | undefined)?.[first];
  return { ...(body as object | undefined), [first]: withValue(inner, rest, value) };
}

async function start(test: Test) {
  const { inject, deps } = await buildTestApp(test, { settings: { BAD_CREDENTIALS_PER_MINUTE: '1000000' } });
  const world = worldOf(deps);
  const olga = await world.person('olga', { site_admin: true });
  const acme = await world.organization('acme', olga);
  await world.enterprise('galaxy', [acme], [olga]);
  await world.repository(acme, 'plans');
  await world.team(acme, 'core', [olga]);
  const client = await world.client(['evaluate', 'introspect', 'gateway', 'exchange', 'revoke', 'directory']);
  return { inject, session: bearer(await world.session(olga)), authorization: client.authorization };
}

const service = await start(t);

t.test('threats D4: no member of any operation, as long as it may be', async (t) => {
  const { inject, session } = service;
  const places = readLimits(document).limits.filter(
    ({ kind, operation, place, path }) =>
      kind === 'characters' &&
      (place === 'body' || place === 'query') &&
      !path.includes('*') &&
      !/^(?:DELETE|POST \/sessions|POST \/credentials)/.test(operation),
  );
  t.ok(places.length > 50, `${places.length} members`);
  const send = ({ operation, place, path }: Limit, text: string) => {
    const [method = '', template = ''] = operation.split(' ');
    const url = filled(template);
    const done = (examples.operations[operation] ?? []).filter(({ response }) => response.status < 300);
    const base =
      done.map(({ request }) => (request.body ?? {}) as object).find((each) => (path[0] ?? '') in each) ?? {};
    const query = new URLSearchParams([[path[0] ?? '', text]]);
    const asked =
      place === 'query' ? { url: `${url}?${query}` } : { url, payload: withValue(base, path, text) as object };
    return inject({ method: method as 'POST', headers: session, ...asked });
  };
  for (const [index, limit] of places.entries()) {
    for (const text of share(textsOf(limit.bound), FEW, index)) {
      const ms = await cpuMs(() => send(limit, text));
      if (ms > CPU_MS_MAX) t.fail(`${limit.operation} ${limit.path.join('.')}: ${text.slice(0, 12)}… takes ${ms} ms`);
    }
  }
});

/** Routes that read headers in ways of their own. */
const READERS = [
  ['GET', '/user', null],
  ['GET', '/orgs/acme/audit-log', null],
  ['PATCH', '/orgs/acme', '{}'],
  ['POST', '/user/personal-access-tokens', '{}'],
  ['POST', '/oauth/introspect', 'token=none'],
  ['POST', '/access/v1/evaluation', '{}'],
  ['GET', '/gateway/nginx', null],
] as const;
const HEADERS: readonly ((text: string) => Readonly<Record<string, string>>)[] = [
  ...['Bearer ', 'Basic ', 'token ', ''].map((scheme) => (text: string) => ({ authorization: `${scheme}${text}` })),
  (text) => ({ 'x-gateway-authorization': `Basic ${text}` }),
  (text) => ({ 'x-original-method': 'GET', 'x-original-uri': `/${text}` }),
  (text) => ({
    'x-original-method': 'GET',
    'x-original-uri': `/repos/acme/plans/contents/${text}?${text.slice(0, 5)}`,
  }),
  ...[
    ...['accept', 'prefer', 'x-forwarded-for', 'content-type', 'user-agent', 'idempotency-key', 'x-consistency-token'],
    ...['x-request-id', 'origin', 'traceparent', 'content-encoding', 'if-none-match'],
  ].map((name) => (text: string) => ({ [name]: text })),
];

t.test('threats D4: no header', async (t) => {
  const { inject, session, authorization } = service;
  for (const [place, [method, url, payload]] of READERS.entries()) {
    const of_client = /^\/(?:oauth|access|gateway)/.test(url);
    const gateway = url.startsWith('/gateway') ? { 'x-gateway-authorization': authorization } : {};
    for (const [index, headerOf] of HEADERS.entries()) {
      for (const text of share(textsOf(HEADER_CHARACTERS), FEW, place + index)) {
        const headers = {
          ...(of_client ? { authorization } : session),
          ...gateway,
          ...headerOf(text.replaceAll('é', '~')),
        };
        const ms = await cpuMs(() => inject({ method, url, headers, ...(payload !== null && { payload }) }));
        if (ms > CPU_MS_MAX) t.fail(`${url} ${Object.keys(headers)}: ${text.slice(0, 12)}… takes ${ms} ms`);
      }
    }
  }
  t.pass(`${HEADERS.length} headers at ${READERS.length} routes`);
});

const QUESTION = {
  subject: { type: 'token', id: 'none' },
  action: { name: 'contents:read' },
  resource: { type: 'repository', id: 'acme/plans' },
};
const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token: 'none',
};

t.test('threats D4: nor what is bounded by the size of the body alone', async (t) => {
  const { inject, session, authorization } = service;
  const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  const send = (url: string, payload: object | string, headers: Readonly<Record<string, string>>) =>
    inject({ method: url.startsWith('/admin/catalogue') ? 'PUT' : 'POST', url, payload, headers });
  const ways: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
    ...Object.fromEntries(
      (['subject', 'resource'] as const).flatMap((entity) =>
        (['type', 'id'] as const).map((member) => [
          `evaluation ${entity}.${member}`,
          (text: string) =>
            send(
              '/access/v1/evaluation',
              { ...QUESTION, [entity]: { ...QUESTION[entity], [member]: text } },
              { authorization },
            ),
        ]),
      ),
    ),
    'evaluation action': (text) =>
      send('/access/v1/evaluation', { ...QUESTION, action: { name: `GET /${text}` } }, { authorization }),
    introspection: (text) => send('/oauth/introspect', `token=${encodeURIComponent(text)}`, form),
    revocation: (text) => send('/oauth/revoke', `token=${encodeURIComponent(text)}`, form),
    ...Object.fromEntries(
      ['subject_token', 'scope', 'resource', 'audience', 'expires_in'].map((name) => [
        `exchange ${name}`,
        (text: string) => send('/oauth/token', new URLSearchParams({ ...EXCHANGE, [name]: text }).toString(), form),
      ]),
    ),
    catalogue: (text) =>
      send(
        '/admin/catalogue',
        JSON.stringify([{ method: 'GET', path: `/${text}`, permission_sets: [], public_read: false }]),
        { ...session, 'content-type': 'application/json' },
      ),
    import: (text) =>
      send(
        '/directory/import',
        `${JSON.stringify({ type: 'user', external_id: 'u', version: 1, login: text.slice(0, 60_000), email: text })}\n`,
        { authorization, 'content-type': 'application/x-ndjson' },
      ),
  };
  for (const [index, [way, sendText]] of Object.entries(ways).entries()) {
    for (const text of share(textsOf(BODY_CHARACTERS), FEW, index)) {
      const ms = await cpuMs(() => sendText(text));
      if (ms > CPU_MS_MAX) t.fail(`${way}: ${text.slice(0, 12)}… takes ${ms} ms`);
    }
  }
  const backAndForth = async () => /a*b/.test('a'.repeat(30_000));
  t.ok((await cpuMs(backAndForth, 1)) > CPU_MS_MAX, 'control: a pattern that goes back and forth is found');
});
