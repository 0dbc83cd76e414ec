// Rows that no code of ours would write: whatever the database hands over that the rules do not know denies, harms nobody
// who is asked about in the same statement, and ends no process (F3, promises P7, faults F16).

import fc from 'fast-check';
import { sql } from 'kysely';
import t from 'tap';
import type { Deps } from '../../src/deps.ts';
import { decide } from '../../src/domain/decide.ts';
import { subjectOf } from '../../src/facts/shown.ts';
import type { FactsQuestion } from '../../src/facts/source.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { type Named, worldOf } from '../support/world.ts';

/** A statement that plants the poison, in a world where the question was allowed before. */
const POISONS: Readonly<Record<string, string>> = {
  'an unknown kind of token': `update tokens set kind = 'super'`,
  'permissions that are null in JSON': `update grants set permissions = 'null'`,
  'permissions that are a list': `update grants set permissions = '["contents"]'`,
  'permissions that are a text': `update grants set permissions = '"all"'`,
  'an unknown level': `update grants set permissions = '{"metadata":"root"}'`,
  'a level in capitals': `update grants set permissions = '{"metadata":"READ"}'`,
  'a level that is a number': `update grants set permissions = '{"metadata":1}'`,
  'a permission named like an object member': `update grants set permissions = '{"__proto__":"admin","constructor":"admin"}'`,
  'an unknown selection': `update grants set repository_selection = 'everything'`,
  'an empty selection': `update grants set repository_selection = ''`,
  'a grant of another owner': `update grants set resource_owner_id = (select id from accounts where login = 'rita')`,
  'an expiry at minus infinity': `update tokens set expires_at = '-infinity'`,
  'a revocation at infinity': `update tokens set revoked_at = 'infinity', revoked_reason = 'leaked'`,
  'a suspension at infinity': `update users set suspended_at = 'infinity'`,
  'an unknown visibility': `update repositories set visibility = 'limited'`,
  'no visibility': `update repositories set visibility = null`,
  'an unknown role of membership': `update memberships set role = 'superadmin'`,
  'no role of membership': `update memberships set role = null`,
  'no policy': `delete from organization_token_policies`,
  'an unknown word in the policy': `update organization_token_policies set fine_grained_tokens = 'maybe'`,
  'a policy that is null': `update organization_token_policies set fine_grained_tokens = null`,
  'an unknown word about classic tokens': `update organization_token_policies set classic_tokens = 'maybe'`,
  'an unknown word about approval': `update organization_token_policies set approval = 'sometimes'`,
  'a cap below zero': `update organization_token_policies set max_lifetime_days_fine_grained = -1`,
  'a cap beyond its bound': `update organization_token_policies set max_lifetime_days_fine_grained = 100000`,
  'an enterprise without a policy': `delete from enterprise_token_policies`,
  'an unknown word in the policy of the enterprise': `update enterprise_token_policies set fine_grained_tokens = 'perhaps'`,
  'an unknown cap of the enterprise': `update enterprise_token_policies set max_lifetime_days_fine_grained = 999`,
  'no grant': `delete from grants`,
  'no resource owner': `update tokens set resource_owner_id = null`,
  'an enterprise that is not there': `alter table organizations drop constraint organizations_enterprise_id_fkey; delete from enterprises`,
};

/** What may be asked of the poisoned world, and of a healthy one in the same turn. */
async function ask(deps: Deps, owner: Named, text: string) {
  const question: FactsQuestion = {
    subject: { type: 'token_text', digest: digestOf(text) },
    resource: { type: 'repository', owner: owner.login, name: 'secret' },
    bounded_client_id: null,
  };
  const facts = await deps.facts.load(question);
  // What was answered before must not outlive the poison in memory.
  deps.facts.remember(question, facts);
  const subject = subjectOf(facts.subject, facts.now);
  if (subject === null) return 'unknown';
  const request = { ask: { type: 'permission', permission: 'metadata', level: 'read' } } as const;
  return decide({ subject, resource: facts.resource }, request, facts.now).effect;
}

/** A fine-grained token of everything in an organization of an enterprise, straight into the tables. */
async function plantToken(deps: Deps, holder: Named, owner: Named): Promise<string> {
  const text = newText('fine_grained', 'gth');
  const now = deps.clock();
  const { id } = await deps.db
    .insertInto('tokens')
    .values({
      kind: 'fine_grained',
      user_id: holder.id,
      name: 'planted',
      created_at: now,
      secret_issued_at: now,
      expires_at: new Date(now.getTime() + 86_400_000),
      token_last_eight: text.slice(-8),
      resource_owner_id: owner.id,
      resource_owner_id_asked: owner.id,
      permissions: JSON.stringify({ metadata: 'read' }),
      repository_selection: 'all',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await deps.db
    .insertInto('token_secrets')
    .values({ digest: digestOf(text), token_id: id, is_current: true })
    .execute();
  await deps.db
    .insertInto('grants')
    .values({
      token_id: id,
      resource_owner_id: owner.id,
      permissions: JSON.stringify({ metadata: 'read' }),
      repository_selection: 'all',
      granted_at: now,
    })
    .execute();
  return text;
}

/** Lets the tables take what they refuse: every check and every `not null` of what the rules read is dropped. */
async function disarm(deps: Deps): Promise<void> {
  const found = await sql<{ table_name: string; name: string }>`
    select conrelid::regclass::text as table_name, conname as name from pg_constraint
    where contype = 'c' and connamespace = 'public'::regnamespace`.execute(deps.db);
  for (const { table_name, name } of found.rows) {
    await sql`alter table ${sql.table(table_name)} drop constraint ${sql.ref(name)}`.execute(deps.db);
  }
  const columns = ['repositories.visibility', 'memberships.role', 'organization_token_policies.fine_grained_tokens'];
  for (const column of columns) {
    const [table = '', name = ''] = column.split('.');
    await sql`alter table ${sql.table(table)} alter column ${sql.ref(name)} drop not null`.execute(deps.db);
  }
}

/** What the row of an exchanged token could come to say. */
const OF_EXCHANGED: Readonly<Record<string, string>> = {
  'no form at all': 'permissions = null',
  'the form of the other kind': `permissions = null, scopes = '{repo}'`,
  'permissions that are a list': `permissions = '["metadata"]'`,
  'an unknown level': `permissions = '{"metadata":"root"}'`,
  'an end at infinity': `expires_at = 'infinity'`,
  'an end at minus infinity': `expires_at = '-infinity'`,
  'an end that was before its beginning': `ended_at = '-infinity'`,
  'a narrowing that is null': 'narrows_repositories = null',
};

t.test('F3, T3: an exchanged token whose row is strange denies', async (t) => {
  const { deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  await disarm(deps);
  await sql`alter table exchanged_tokens alter column narrows_repositories drop not null`.execute(deps.db);
  const olga = await world.person('olga');
  const acme = await world.organization('acme', olga);
  await world.repository(acme, 'secret');
  const root = await rows.fineGrained(olga, { owner: acme, permissions: { metadata: 'read' }, selection: 'all' });
  for (const [name, change] of Object.entries(OF_EXCHANGED)) {
    const { id, text } = await rows.exchanged(root, { permissions: { metadata: 'read' } });
    t.equal(await ask(deps, acme, text), 'allow', 'allowed before');
    await sql.raw(`update exchanged_tokens set ${change} where id = ${id}`).execute(deps.db);
    t.not(await ask(deps, acme, text), 'allow', name);
  }
  t.equal(await ask(deps, acme, root.text), 'allow', 'its token is harmed by none of them');
});

// Each run of the short form takes others; the long one takes all.
const CHOSEN =
  fc.sample(fc.shuffledSubarray(Object.entries(POISONS), { minLength: Object.keys(POISONS).length }), 1)[0] ?? [];

for (const [name, statement] of CHOSEN.slice(0, cases({ short: 8, long: CHOSEN.length }))) {
  t.test(`F3: ${name} denies, and harms nobody else`, async (t) => {
    const { deps } = await buildTestApp(t);
    const world = worldOf(deps);
    await disarm(deps);
    const olga = await world.person('olga');
    const rita = await world.person('rita');
    const acme = await world.organization('acme', olga);
    await world.member(acme, rita);
    await world.enterprise('galaxy', [acme]);
    await world.repository(acme, 'secret');
    const text = await plantToken(deps, rita, acme);
    t.equal(await ask(deps, acme, text), 'allow', 'allowed before');
    await sql.raw(statement).execute(deps.db);
    const [poisoned, neighbour] = await Promise.all([
      ask(deps, acme, text),
      deps.facts.load({
        subject: { type: 'login', login: 'olga' },
        resource: { type: 'user', login: 'olga' },
        bounded_client_id: null,
      }),
    ]);
    t.not(poisoned, 'allow');
    t.equal(neighbour.subject.type, 'login', 'who is asked about in the same statement is answered');
  });
}
