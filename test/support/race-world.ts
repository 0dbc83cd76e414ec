// A small world in which nearly every two operations that change something touch the same things: one organization of an enterprise with two
// owners, a member who holds tokens in every state, and all of it known to the import.

import { sql } from 'kysely';
import type { Deps } from '../../src/deps.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import { AUDIENCE, ISSUER, jwksOf, type SigningKey, signingKey } from './issuer.ts';
import { tokenRowsOf } from './token-rows.ts';
import { quickHash, worldOf } from './world.ts';

export const PASSWORD = 'correct horse battery';
const HOOK_URL = 'https://receiver.example/hook';

/** So many fine-grained tokens bob has; there is room for one more. */
export const FINE_GRAINED_TOKENS_MAX = '8';

export type RaceWorld = Awaited<ReturnType<typeof plantRaceWorld>>;

const SIGNER: Promise<SigningKey> = signingKey('first');

/** Single sign-on is required where it is said. */
export async function plantRaceWorld(deps: Deps, { sso_required = false } = {}) {
  const { db } = deps;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const signer = await SIGNER;
  const password_hash = await quickHash(PASSWORD);
  const root = await world.person('root', { site_admin: true });
  const other_root = await world.person('otherroot', { site_admin: true });
  const [ada, bea] = [await world.person('ada'), await world.person('bea')];
  const [bob, cyd] = [await world.person('bob', { password_hash }), await world.person('cyd')];
  const [dan, eve] = [await world.person('dan'), await world.person('eve')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  const beta = await world.organization('beta', bea);
  await world.member(acme, bea, 'admin');
  for (const each of [bob, cyd]) await world.member(acme, each);
  await world.member(beta, ada, 'admin');
  await db.insertInto('token_reviewers').values({ organization_id: acme.id, user_id: cyd.id }).execute();
  const galaxy = await world.enterprise('galaxy', [acme], [eve]);
  const nebula = await world.enterprise('nebula', [], [dan]);
  const mill = await world.repository(acme, 'mill');
  const press = await world.repository(acme, 'press', 'internal');
  const open = await world.repository(acme, 'open', 'public');
  const well = await world.repository(beta, 'well');
  const own = await world.repository(bob, 'own');
  await world.repository(ada, 'garden');
  await world.collaborator(mill, bob, 'admin');
  await world.collaborator(press, dan, 'read');
  const crew = await world.team(acme, 'crew', [bob], [{ on: mill, role: 'write' }]);

  const sessions = {
    root: await world.session(root),
    other_root: await world.session(other_root),
    ada: await world.session(ada),
    bea: await world.session(bea),
    bob: await world.session(bob),
    bob_too: await world.session(bob),
    cyd: await world.session(cyd),
    eve: await world.session(eve),
  };
  const at = deps.clock();
  const sso = { organization_id: acme.id, issuer: ISSUER, audience: AUDIENCE, required: sso_required };
  await db
    .insertInto('organization_sso')
    .values({ ...sso, jwks: JSON.stringify(jwksOf(signer)) })
    .execute();
  const { id: session_id } = await db
    .selectFrom('sessions')
    .select('id')
    .where('digest', '=', digestOf(sessions.bob))
    .executeTakeFirstOrThrow();
  const tomorrow = new Date(at.getTime() + 80_000_000);
  await db.insertInto('sso_sessions').values({ session_id, organization_id: acme.id, expires_at: tomorrow }).execute();
  await db
    .insertInto('sso_identities')
    .values({ organization_id: acme.id, issuer: ISSUER, subject: 'bob', user_id: bob.id, linked_at: at })
    .execute();

  const subset = { owner: acme, selection: 'subset', repositories: [mill, press] } as const;
  const active = await rows.fineGrained(bob, { ...subset, permissions: { contents: 'read', issues: 'write' } });
  const widened = await rows.fineGrained(bob, { ...subset, permissions: { contents: 'read' } });
  const all = { owner: acme, selection: 'all', permissions: { contents: 'write' } } as const;
  const pending = await rows.fineGrained(bob, { ...all, standing: 'pending' });
  const pending_too = await rows.fineGrained(bob, { ...all, standing: 'pending' });
  const denied = await rows.fineGrained(bob, { ...all, standing: 'denied' });
  const keyring = await rows.fineGrained(bob, { ...all, permissions: { administration: 'write' } });
  const personal = await rows.fineGrained(bob, { selection: 'all', permissions: { contents: 'write' } });
  const classic = await rows.classic(bob, { scopes: ['repo'] });
  const classic_too = await rows.classic(bob, { scopes: ['repo', 'admin:org'] });
  const child = await rows.exchanged(active, { permissions: { contents: 'read' }, repositories: [mill] });
  const fine = [active, widened, pending, pending_too, denied, keyring];
  for (const { id: token_id } of [...fine, classic]) {
    await db
      .insertInto('token_sso_authorizations')
      .values({ token_id, organization_id: acme.id, authorized_at: at })
      .execute();
  }
  await sql`
    insert into grant_requests (token_id, resource_owner_id, state, permissions, repository_selection, created_at)
    values (${widened.id}, ${acme.id}, 'pending', '{"contents":"write","metadata":"read"}', 'subset', ${at})`.execute(
    db,
  );
  await sql`update tokens set permissions = '{"contents":"write","metadata":"read"}' where id = ${widened.id}`.execute(
    db,
  );
  await sql`
    insert into grant_request_repositories (request_id, repository_id)
    select request.id, ${mill.id} from grant_requests request where request.token_id = ${widened.id}`.execute(db);
  await sql`update grants set lifetime_seconds = 2592000`.execute(db);
  await sql`
    insert into token_repositories (token_id, repository_id) values (${widened.id}, ${mill.id})
    on conflict do nothing`.execute(db);
  const idOf = async (table: 'grants' | 'grant_requests', token: { readonly id: number }) =>
    (await db.selectFrom(table).select('id').where('token_id', '=', token.id).executeTakeFirstOrThrow()).id;
  const authorization = await db
    .selectFrom('token_sso_authorizations')
    .select('id')
    .where('token_id', '=', classic.id)
    .executeTakeFirstOrThrow();

  const hook = await db
    .insertInto('organization_hooks')
    .values({
      ...{ organization_id: acme.id, url: HOOK_URL, content_type: 'json', insecure_ssl: false, secret: null },
      ...{ previous_secret: null, previous_secret_until: null, events: ['*'], active: true },
      ...{ created_at: at, updated_at: at },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const message = await db
    .insertInto('hook_messages')
    .values({ hook_id: hook.id, event: 'ping', action: null, data: '{}' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const delivery = await db
    .insertInto('hook_deliveries')
    .values({
      ...{ message_id: message.id, hook_id: hook.id, redelivery: false, delivered_at: at, duration_ms: 1 },
      ...{ status: 'OK', status_code: 200, url: HOOK_URL, request_headers: '{}', response_headers: '{}' },
      response_body: '',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const key = await db
    .insertInto('deploy_keys')
    .values({
      ...{ repository_id: mill.id, title: 'key', key: 'ssh-ed25519 AAAA', read_only: true, token_id: keyring.id },
      ...{ added_by: 'bob', created_at: at },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const capabilities = ['introspect', 'evaluate', 'exchange', 'revoke', 'directory'] as const;
  const backend = await world.client(capabilities);
  const bound = await world.client(['introspect', 'exchange'], [acme]);
  const setup = newText('setup', deps.config.token_prefix);
  await db
    .insertInto('password_setups')
    .values({ digest: digestOf(setup), user_id: cyd.id, expires_at: tomorrow })
    .execute();

  const imported = (type: string, external_id: string, object_id: number, second_id: number | null = null) =>
    db
      .insertInto('imported_objects')
      .values({ type, external_id, version: 1, object_id, second_id, deleted: false, fingerprint: 'old' })
      .execute();
  for (const each of [ada, bea, bob, cyd, dan, eve]) await imported('user', each.login, each.id);
  for (const each of [acme, beta]) await imported('organization', each.login, each.id);
  for (const each of [galaxy, nebula]) await imported('enterprise', each.login, each.id);
  for (const each of [mill, press, open, well, own]) await imported('repository', each.name, each.id);
  await imported('team', 'crew', crew.id);
  for (const each of [ada, bea, bob, cyd]) await imported('membership', `acme ${each.login}`, acme.id, each.id);
  await imported('team_member', 'crew bob', crew.id, bob.id);
  await imported('team_repository', 'crew mill', crew.id, mill.id);
  await imported('collaborator', 'press dan', press.id, dan.id);
  return {
    ...{ signer, sessions, root, ada, bob, cyd, acme, beta, galaxy, mill, press, open, well, own, crew },
    tokens: { active, widened, pending, pending_too, denied, keyring, personal, classic, classic_too, child },
    grants: { active: await idOf('grants', active), widened: await idOf('grants', widened) },
    requests: {
      widened: await idOf('grant_requests', widened),
      pending: await idOf('grant_requests', pending),
      pending_too: await idOf('grant_requests', pending_too),
    },
    ...{ hook_id: hook.id, delivery_id: delivery.id, key_id: key.id, authorization_id: authorization.id },
    ...{ backend, bound, setup },
  };
}
