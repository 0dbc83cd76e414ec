// Two organizations of one owner with something of every kind below each: what an id in a path can name, and what it names in
// the other organization. Written as rows.

import type { Deps } from '../../src/deps.ts';
import type { TokenMessage } from '../../src/domain/hook-message.ts';
import { tokenRowsOf } from './token-rows.ts';
import { type Named, worldOf } from './world.ts';

/** Of each path parameter below an organization, the value that names something there. */
export type Nested = Readonly<Record<string, string>>;

/** An id that nothing has. */
const NEVER = '999999';

/** The values for an organization where nothing of the kind is. */
export const ABSENT: Nested = {
  username: 'never',
  team_slug: 'never',
  owner: 'never',
  repo: 'never',
  pat_request_id: NEVER,
  pat_id: NEVER,
  credential_id: NEVER,
  hook_id: NEVER,
  delivery_id: NEVER,
  key_id: NEVER,
};

async function hookOf({ db, clock }: Deps, organization: Named): Promise<{ hook_id: string; delivery_id: string }> {
  const now = clock();
  const account = { id: 1, login: 'nobody' };
  const hook = await db
    .insertInto('organization_hooks')
    .values({
      ...{ organization_id: organization.id, url: 'https://receiver.example/hook', content_type: 'json' },
      ...{ events: ['*'], active: true, insecure_ssl: false, created_at: now, updated_at: now },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const person = { ...account, site_admin: false };
  const token = { id: 1, kind: 'fine_grained', name: 'token', expires_at: null };
  const data: TokenMessage = {
    organization: { ...account, profile_name: null },
    sender: person,
    holder: person,
    token,
  };
  const message = await db
    .insertInto('hook_messages')
    .values({ hook_id: hook.id, event: 'personal_access_token', action: 'created', data: JSON.stringify(data) })
    .returning('id')
    .executeTakeFirstOrThrow();
  const delivery = await db
    .insertInto('hook_deliveries')
    .values({
      ...{ hook_id: hook.id, message_id: message.id, delivered_at: now, duration_ms: 1, redelivery: false },
      ...{ request_headers: '{}', response_headers: '{}', status: 'OK', status_code: 200 },
      url: 'https://receiver.example/hook',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { hook_id: String(hook.id), delivery_id: String(delivery.id) };
}

/** One thing of every kind below this organization; its only other member is this person. */
export async function nestedIn(deps: Deps, organization: Named, member: Named): Promise<Nested> {
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const { db, clock } = deps;
  const { id: organization_id, login } = organization;
  await world.member(organization, member);
  const repository = await world.repository(organization, `of-${login}`);
  const team = await world.team(organization, `team-${login}`, [member], [{ on: repository, role: 'read' }]);
  await db.insertInto('token_reviewers').values({ organization_id, user_id: member.id }).execute();
  const pending = await rows.fineGrained(member, { owner: organization, standing: 'pending' });
  const granted = await rows.fineGrained(member, { owner: organization });
  const classic = await rows.classic(member);
  const [request, grant, key, authorization] = await Promise.all([
    db.selectFrom('grant_requests').select('id').where('token_id', '=', pending.id).executeTakeFirstOrThrow(),
    db.selectFrom('grants').select('id').where('token_id', '=', granted.id).executeTakeFirstOrThrow(),
    db
      .insertInto('deploy_keys')
      .values({
        ...{ repository_id: repository.id, title: login, key: `ssh-ed25519 ${login}`, read_only: true },
        ...{ added_by: member.login, created_at: clock() },
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
    db
      .insertInto('token_sso_authorizations')
      .values({ token_id: classic.id, organization_id, authorized_at: clock() })
      .returning('id')
      .executeTakeFirstOrThrow(),
  ]);
  const linked = { issuer: 'https://id.example', subject: member.login, linked_at: clock() };
  await db
    .insertInto('sso_identities')
    .values({ organization_id, user_id: member.id, ...linked })
    .execute();
  return {
    ...{ username: member.login, team_slug: team.slug, owner: login, repo: repository.name },
    ...{ pat_request_id: String(request.id), pat_id: String(grant.id), key_id: String(key.id) },
    credential_id: String(authorization.id),
    ...(await hookOf(deps, organization)),
  };
}
