// threats E1: nothing that a token may do makes another credential, or makes one stronger. Every route is called by the strongest
// tokens that there can be, of a person who may do everything: no answer shows a text of ours, and what credentials are worth stays
// as it was. That an exchange is never wider (E2): test/rules/random-children.test.ts.

import { readFileSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import type { Database } from '../../src/db/schema.ts';
import { SCOPES } from '../../src/domain/vocabulary.ts';
import type { Examples } from '../../src/http/openapi-examples.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { kindOfText } from '../../src/text-form.ts';
import { prepareSigningKeys } from '../../src/use-cases/signing-keys/prepare-signing-keys.ts';
import { directoryApp } from '../support/directory-app.ts';

const file = readFileSync(new URL('../../openapi/examples.json', import.meta.url), 'utf8');
const examples: Examples = JSON.parse(file);

/** All that makes a credential what it is worth. */
const WORTH = [
  ...['tokens', 'token_secrets', 'grants', 'grant_repositories', 'grant_requests', 'exchanged_tokens', 'sessions'],
  ...[
    'clients',
    'client_secrets',
    'password_setups',
    'token_sso_authorizations',
    'sso_sessions',
    'signing_keys',
    'users',
  ],
] as const;

async function worth(db: Kysely<Database>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of WORTH) {
    // When a token was used says nothing of what it is worth.
    const { rows } = await sql<{ state: string }>`
      select coalesce(string_agg((to_jsonb(each) - 'last_used_at')::text, ' ' order by each::text), '') as state
      from ${sql.table(table)} each`.execute(db);
    found[table] = rows[0]?.state ?? '';
  }
  return found;
}

t.test('threats E1, K7: no token makes a credential or makes one stronger, on any route', async (t) => {
  const { app, inject, deps, world, rows } = await directoryApp(t);
  const olga = await world.person('olga', { site_admin: true });
  const rita = await world.person('rita');
  const acme = await world.organization('acme', olga, { approval: 'required' });
  await world.member(acme, rita);
  await world.enterprise('galaxy', [acme], [olga]);
  const plans = await world.repository(acme, 'plans');
  await world.team(acme, 'core', [rita], [{ on: plans, role: 'admin' }]);
  const client = await world.client(['introspect', 'exchange']);
  const permissions = { administration: 'write', members: 'write', organization_administration: 'write' } as const;
  const access_rights = {
    organization_personal_access_tokens: 'write',
    organization_personal_access_token_requests: 'write',
  } as const;
  const hooks = { organization_hooks: 'write', contents: 'write' } as const;
  const all = {
    permissions: { ...permissions, ...access_rights, ...hooks },
    selection: 'all',
    expires_at: null,
  } as const;
  const weak = await rows.fineGrained(olga, { owner: acme, permissions: {}, standing: 'pending' });
  const strong = {
    'a classic token with all scopes': (
      await rows.classic(olga, { scopes: SCOPES.map(({ name }) => name), expires_at: null })
    ).text,
    'a fine-grained token of an organization': (await rows.fineGrained(olga, { ...all, owner: acme })).text,
    'a fine-grained token of oneself': (
      await rows.fineGrained(olga, {
        selection: 'all',
        permissions: { administration: 'write', keys: 'write' },
        expires_at: null,
      })
    ).text,
  };
  const PARAMETERS: Readonly<Record<string, string>> = {
    ...{ org: 'acme', owner: 'acme', repo: 'plans', username: 'rita', team_slug: 'core', enterprise: 'galaxy' },
    ...{ token_id: String(weak.id), pat_id: String(weak.id), pat_request_id: '1', client_id: client.client_id },
  };
  await prepareSigningKeys(deps); // as every start does
  const before = await worth(deps.db);
  t.ok(before.tokens !== '' && before.clients !== '');
  let called = 0;
  for (const { method, url } of declaredRoutes(app)) {
    // The document's examples open nothing, and say so.
    if (method === 'HEAD' || url.startsWith('/docs') || url === '/openapi.json') continue;
    const operation = `${method} ${url.replace(/:([a-z_]+)/g, '{$1}')}`;
    // What takes a token away makes nothing: who loses access loses grants, on purpose.
    const takes_away = method === 'DELETE' || /^\/orgs\/:org\/personal-access-token|\/transfer$/.test(url);
    if (takes_away) continue;
    const path = url.replace(/:([a-z_]+)/g, (_, name: string) => PARAMETERS[name] ?? '1').replace('*', 'user');
    const bodies = (examples.operations[operation] ?? []).filter(({ response }) => response.status < 300);
    for (const [name, text] of Object.entries(strong)) {
      for (const body of [undefined, ...bodies.map(({ request }) => request.body)]) {
        const payload = typeof body === 'object' && body !== null && method !== 'GET' ? { payload: body } : {};
        const answer = await inject({
          method: method as 'GET',
          url: path,
          headers: { authorization: `Bearer ${text}` },
          ...payload,
        });
        const shown = answer.body.match(/[A-Za-z0-9]+_[0-9A-Za-z_]{30,}/g) ?? [];
        const texts = shown.filter((each) => kindOfText(each, 'gth') !== null && each !== text);
        t.same(texts, [], `${operation} by ${name}: ${answer.statusCode}`);
        called += 1;
      }
    }
  }
  t.ok(called > 250, `${called} calls`);
  const after = await worth(deps.db);
  for (const table of WORTH) t.equal(after[table], before[table], `${table} are what they were`);
});
