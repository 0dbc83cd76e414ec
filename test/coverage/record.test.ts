// L1 over the whole product: the story of the examples is played, which has every operation, and after each call the record is
// counted; then every writing route is called by who may not. One entry an action, one an attempt that was refused, none else.

import t from 'tap';
import type { Deps } from '../../src/deps.ts';
import { AUDIT_ACTIONS } from '../../src/domain/audit.ts';
import type { Access } from '../../src/http/access.ts';
import type { App } from '../../src/http/app-type.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { verifyAudit } from '../../src/use-cases/audit/verify-audit.ts';
import type { Played } from '../examples/play.ts';
import { playStory } from '../examples/record.ts';
import { buildTestApp } from '../support/build-app.ts';
import { createDatabase } from '../support/database.ts';
import { openapiText } from '../support/openapi-document.ts';
import { bearer, worldOf } from '../support/world.ts';

const SETTINGS = 'settings/personal-access-tokens';
const POLICY = /^personal_access_token\.(?:access_restriction|approval|expiration_limit)_/;

/** Calls that are several acts, or none, or whose action has another name than a refused attempt: what they may write. */
const OTHERWISE: Readonly<Record<string, { readonly each: RegExp; readonly count: readonly [number, number] }>> = {
  // A person who is nobody yet chooses his first password: nobody could be refused.
  'POST /sessions/setup': { each: /^user\.update$/, count: [1, 1] },
  // An entry for each token that ends, and for each request that ends with it.
  'DELETE /admin/users/{username}/tokens': {
    each: /\.(?:revoke|credential_revoked|request_cancelled)$/,
    count: [0, 100],
  },
  // An entry for each member of the policy that changes.
  [`PATCH /orgs/{org}/${SETTINGS}`]: { each: POLICY, count: [0, 6] },
  [`PATCH /enterprises/{enterprise}/${SETTINGS}`]: { each: POLICY, count: [0, 7] },
  // Making a token of an organization is two acts (L1).
  'POST /user/personal-access-tokens': { each: /\.(?:create|request_created|access_granted)$/, count: [1, 2] },
  // So is an edit that asks for more, or takes back what was asked; nothing changed is no act.
  'PATCH /user/personal-access-tokens/{token_id}': { each: /\.(?:update|request_\w+|access_granted)$/, count: [0, 3] },
  'POST /user/personal-access-tokens/{token_id}/regenerate': {
    each: /\.(?:credential_)?regenerated?$|\.request_/,
    count: [1, 3],
  },
  // Named by the kind of the token.
  'DELETE /user/personal-access-tokens/{token_id}': { each: /\.(?:destroy|request_cancelled)$/, count: [1, 2] },
  'POST /oauth/revoke': { each: /\.(?:revoke|credential_revoked|request_cancelled)$/, count: [0, 2] },
  // An entry for each token and session that ends; nobody is refused who could be named.
  'POST /credentials/revoke': {
    each: /\.(?:revoke|credential_revoked|session_revoked|request_cancelled)$/,
    count: [0, 1000],
  },
  // Who leaves loses what his tokens were granted and ask for.
  'DELETE /orgs/{org}/memberships/{username}': {
    each: /^org\.remove_member$|\.(?:access_revoked|request_cancelled)$/,
    count: [1, 100],
  },
  'DELETE /admin/users/{username}': {
    each: /^user\.delete$|^org\.remove_member$|\.request_cancelled$/,
    count: [1, 100],
  },
  // An entry for each request or grant that is reviewed or revoked.
  'POST /orgs/{org}/personal-access-token-requests': { each: /\.(?:access_granted|request_denied)$/, count: [1, 100] },
  'POST /orgs/{org}/personal-access-token-requests/{pat_request_id}': {
    each: /\.(?:access_granted|request_denied)$/,
    count: [1, 1],
  },
  'POST /orgs/{org}/personal-access-tokens': { each: /\.access_revoked$/, count: [1, 100] },
  // An entry for each act of its lines.
  'POST /directory/import': { each: /./, count: [0, 1000] },
};

type Entry = { readonly id: number; readonly action: string; readonly outcome: string; readonly reason: string | null };

function recordOf({ db }: Pick<Deps, 'db'>) {
  let looked = 0;
  return async function since(): Promise<readonly Entry[]> {
    const columns = ['id', 'action', 'outcome', 'reason'] as const;
    const found = await db.selectFrom('audit_entries').select(columns).where('id', '>', looked).orderBy('id').execute();
    looked = found.at(-1)?.id ?? looked;
    return found;
  };
}

function accessesOf(app: App): ReadonlyMap<string, Access> {
  return new Map(
    declaredRoutes(app).map(({ method, url, access }) => [`${method} ${url.replace(/:([a-z_]+)/g, '{$1}')}`, access]),
  );
}

t.test('L1: every call of the story writes what it did, once, and nothing secret', async (t) => {
  const { url, db } = await createDatabase(t);
  const secrets = new Set<string>();
  const acted = new Set<string>();
  const { paths } = JSON.parse(await openapiText());
  await playStory(url, async ({ app, deps }) => {
    const since = recordOf(deps);
    await since();
    const accesses = accessesOf(app);
    return {
      heard: async (played) => {
        const { step, request, answer } = played;
        collect(secrets, request.body);
        collect(secrets, answer.body);
        const written = await since();
        for (const { action } of written) acted.add(action);
        judge(t, played, accesses.get(step.operation), written);
        if (answer.status < 300) judgeHeaders(t, played, paths);
      },
      end: async () => undefined,
    };
  });
  const text = JSON.stringify(await db.selectFrom('audit_entries').selectAll().execute());
  t.ok(secrets.size > 20, `${secrets.size} secrets`);
  for (const secret of secrets) t.notOk(text.includes(secret), `${secret.slice(0, 12)}… is not in the record`);
  t.ok(acted.size > 30, `${acted.size} actions`);
  t.same((await verifyAudit(db)).findings, [], 'and all of it verifies');
});

const isSecret = (member: string, value: string) =>
  /^(?:password|current_password|secret|client_secret)$/.test(member) ||
  /^(?:gth(?:_pat|[a-z])_[0-9A-Za-z_]{36,}|eyJ[\w-]+\.[\w-]+\.[\w-]+)$/.test(value);

/** Passwords and texts of credentials, wherever they stand. */
function collect(secrets: Set<string>, value: unknown, member = ''): void {
  if (typeof value === 'string' && isSecret(member, value)) secrets.add(value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) collect(secrets, each, name);
}

const OF_EVERY_ANSWER = /^(?:x-content-type-options|x-frame-options)$/;

/** Contract 1, 8 and 9: the headers of an answer stand in its document, and what a change or a list always has is there. */
function judgeHeaders(t: Tap, { step, headers }: Played, paths: Paths): void {
  const { operation, status } = step;
  const [method = '', template = ''] = operation.split(' ');
  const documented = Object.keys(paths[template]?.[method.toLowerCase()]?.responses[status]?.headers ?? {});
  const names = documented.map((name) => name.toLowerCase());
  const answered = Object.keys(headers).filter((name) => /^(?:x-|link$|github-)/.test(name));
  t.same(
    answered.filter((name) => !names.includes(name) && !OF_EVERY_ANSWER.test(name)),
    [],
    `${operation}: headers are documented`,
  );
  for (const name of ['x-request-id', 'x-consistency-token', 'x-ratelimit-limit']) {
    if (names.includes(name)) t.ok(name in headers, `${operation} answers ${name}`);
  }
}

type Paths = Record<string, Record<string, { readonly responses: Record<number, { readonly headers?: object }> }>>;

function judge(t: Tap, { step, answer }: Played, access: Access | undefined, written: readonly Entry[]): void {
  const { operation, summary, status } = step;
  const is_replayed = (answer.body as { replayed?: true } | undefined)?.replayed === true;
  const name = `${operation}, ${status}: ${summary ?? ''}`;
  const otherwise = status < 300 ? OTHERWISE[operation] : undefined;
  const found = written.map(({ action, outcome }) => (outcome === 'done' ? action : `${action} ${outcome}`));
  if (is_replayed) {
    t.same(found, [], `${name}: nothing was done again`);
    return;
  }
  if (otherwise !== undefined) {
    const [least, most] = otherwise.count;
    t.ok(found.length >= least && found.length <= most, `${name}: ${found.length} entries`);
    for (const action of found) t.match(action, otherwise.each, name);
    return;
  }
  const declared = access === undefined || access.audit === null ? undefined : access.audit;
  if (status < 300 && declared !== undefined) {
    t.equal(found.length, 1, `${name} ${found}`);
    t.equal(written[0]?.outcome, 'done', name);
    if (typeof declared === 'string') t.equal(found[0], declared, name);
    return;
  }
  if (status === 403 && declared !== undefined) {
    t.match(written, [{ outcome: 'refused', reason: /./ }], name);
    return;
  }
  // What is there and hidden was refused, what is not there was not: both are told in the same words.
  const hidden = status === 404 && declared !== undefined && written[0]?.reason === 'not_found';
  t.same(found, hidden ? [found[0]] : [], name);
  if (hidden) t.equal(written[0]?.outcome, 'refused', name);
}

type Tap = { same: typeof t.same; equal: typeof t.equal; match: typeof t.match; ok: typeof t.ok };

/** What a path parameter stands for in the world below. */
const PARAMETERS: Readonly<Record<string, string>> = {
  ...{ org: 'acme', owner: 'acme', repo: 'secret', username: 'olga', team_slug: 'core', enterprise: 'galaxy' },
};

t.test('L1: who may not write leaves one refused entry, who is nobody or malformed none', async (t) => {
  const { app, inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const olga = await world.person('olga');
  const rita = await world.person('rita');
  const acme = await world.organization('acme', olga);
  await world.member(acme, rita);
  await world.enterprise('galaxy', [acme], [olga]);
  await world.repository(acme, 'secret', 'private');
  await world.team(acme, 'core');
  const sessions = { member: await world.session(rita), stranger: await world.session(await world.person('stranger')) };
  const powerless = await world.client([]);
  const since = recordOf(deps);
  const known = new Set<string>(AUDIT_ACTIONS);
  for (const { method, url, access } of declaredRoutes(app)) {
    if ('open' in access || access.audit === undefined || access.audit === null) continue;
    const path = url.replace(/:([a-z_]+)/g, (_, name: string) => PARAMETERS[name] ?? '1');
    const call = async (headers: Record<string, string>) => {
      const answer = await inject({ method: method as 'POST', url: path, headers });
      return { status: answer.statusCode, entries: await since() };
    };
    for (const headers of [{}, { authorization: 'Bearer' }, bearer(`gthp_${'0'.repeat(36)}`)]) {
      const { status, entries } = await call(headers);
      t.equal(status, 401, `${method} ${url}`);
      t.same(entries, [], `${method} ${url}: a bad credential is no entry`);
    }
    const callers: (readonly [string, Record<string, string>])[] =
      'client' in access
        ? [['client', { authorization: powerless.authorization }]]
        : Object.entries(sessions).map(([name, text]) => [name, bearer(text)]);
    for (const [who, headers] of callers) {
      const { status, entries } = await call(headers);
      const name = `${method} ${url} by a ${who}: ${status}`;
      if (status !== 403) {
        // 404 is an attempt where the thing is there, and no more than one in any case; all else was not refused for lack of rights.
        t.ok(entries.length <= (status === 404 ? 1 : 0) || status < 300, name);
        for (const each of entries) t.equal(each.outcome, status < 300 ? 'done' : 'refused', name);
        continue;
      }
      t.equal(entries.length, 1, name);
      t.match(entries[0], { outcome: 'refused', reason: /./ }, name);
      t.ok(known.has(entries[0]?.action ?? ''), name);
    }
  }
});
