// Errors of the OAuth routes (contract 8, RFC 6749 section 5.2), as one property of all of them: whatever is sent, by whomever, what is
// not answered is told in that shape, with the status that belongs to its code, and tells nothing of what was sent.

import fc from 'fast-check';
import t from 'tap';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { newText } from '../../src/secrets.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

const FORM = 'application/x-www-form-urlencoded';
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

const STATUSES: Readonly<Record<string, readonly number[]>> = {
  invalid_request: [400, 404, 405, 413],
  invalid_scope: [400],
  invalid_target: [400],
  unsupported_grant_type: [400],
  invalid_client: [401],
  unauthorized_client: [403],
};

type Answer = {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};

/** What is wrong with the answer; null: nothing. */
function faultOf({ statusCode, body, headers }: Answer, sent: readonly string[]): string | null {
  if (headers['cache-control'] !== 'no-store') return 'it may be stored';
  if (statusCode === 200) return null;
  if (statusCode >= 500) return `status ${statusCode}`;
  if (!/^application\/json(?:;|$)/.test(String(headers['content-type']))) return 'no JSON';
  const { error, error_description, ...rest } = JSON.parse(body);
  if (Object.keys(rest).length > 0) return `further members: ${Object.keys(rest)}`;
  if (!STATUSES[error]?.includes(statusCode)) return `${error} with ${statusCode}`;
  if (!/^[ !#-[\]-~]+$/.test(error_description)) return `the description ${error_description}`;
  const challenge = headers['www-authenticate'];
  if (statusCode === 401 ? challenge !== 'Basic realm="gatehouse"' : challenge !== undefined) return `${challenge}`;
  const told = sent.find((secret) => body.includes(secret));
  return told === undefined ? null : 'it tells a secret';
}

t.test('every OAuth route tells every error in the shape of RFC 6749, and nothing else', async (t) => {
  const { app, inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const live = (await tokenRowsOf(deps).classic(ada, { scopes: ['repo', 'read:org'] })).text;
  const client = await world.client(['introspect', 'exchange', 'revoke']);
  const powerless = await world.client([]);
  const dead = newText('classic', 'gth');
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const urls = [...new Set(declaredRoutes(app).map(({ url }) => url))].filter((url) => /^\/oauth\/(?!jwks)/.test(url));
  t.ok(urls.length >= 2, urls.join());

  const credentials = [
    ...[undefined, '', 'Basic', 'Basic %%%', 'Bearer x', 'Negotiate abc', basic('a'), basic(':'), basic('\0:\xff')],
    ...[client.authorization, client.authorization, client.authorization, powerless.authorization],
    ...[basic(`${client.client_id}:${powerless.secret}`), `Bearer ${live}`, `token ${live}`],
  ];
  const names = ['token', 'token_type_hint', 'client_id', 'client_secret', 'grant_type', 'subject_token'];
  const more = ['subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'scope', 'audience'];
  const values = [live, dead, live.slice(0, -1), 'gthp_', client.client_id, client.secret, GRANT, ACCESS_TOKEN, JWT];
  const parameter = fc.tuple(
    fc.oneof(fc.constantFrom(...names, ...more, 'resource', 'expires_in', '__proto__'), fc.string({ maxLength: 8 })),
    fc.oneof(fc.constantFrom(...values, 'repo', 'user', '60', '-1', ''), fc.string({ unit: 'binary', maxLength: 20 })),
  );
  /** An exchange that would succeed, so that what is drawn besides is looked at too. */
  const exchange: [string, string][] = [
    ['grant_type', GRANT],
    ['subject_token', live],
    ['subject_token_type', ACCESS_TOKEN],
  ];
  const encoded = fc
    .tuple(fc.boolean(), fc.array(parameter, { maxLength: 4 }))
    .map(([whole, drawn]) => new URLSearchParams(whole ? [...exchange, ...drawn] : drawn).toString());
  const garbage = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const statuses = new Map<number, number>();

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...urls),
      fc.constantFrom(...credentials),
      fc.oneof({ weight: 5, arbitrary: encoded }, { weight: 1, arbitrary: garbage }),
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(FORM) },
        { weight: 1, arbitrary: fc.constantFrom(`${FORM}; charset=latin1`, 'application/json', 'text/plain', 'x') },
      ),
      fc.oneof({ weight: 12, arbitrary: fc.constant('POST') }, { weight: 1, arbitrary: fc.constantFrom('GET', 'PUT') }),
      async (url, authorization, payload, type, method) => {
        const headers = { 'content-type': type, ...(authorization !== undefined && { authorization }) };
        const answer = await inject({
          method: method as 'POST',
          url,
          headers,
          payload: method === 'GET' ? '' : payload,
        });
        statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
        const fault = faultOf(answer, answer.statusCode === 200 ? [] : [live, dead, client.secret, powerless.secret]);
        if (fault !== null) throw new Error(`${method} ${url}: ${fault}: ${answer.body}`);
      },
    ),
    { numRuns: cases({ short: 400, long: 20_000 }) },
  );
  for (const status of [200, 400, 401, 403, 405]) t.ok(statuses.has(status), `${status} was among them`);
  const large = await inject({
    method: 'POST',
    url: '/oauth/introspect',
    headers: { 'content-type': FORM, authorization: client.authorization },
    payload: `token=${'x'.repeat(1_100_000)}`,
  });
  t.equal(large.statusCode, 413);
  t.equal(faultOf(large, []), null);
});
