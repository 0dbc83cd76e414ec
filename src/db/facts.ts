// The hot statement: the facts of any number of questions in one round trip and one snapshot. Arrays in, one row a
// question out. Every join is by an index, whatever the number of questions; what the pieces mean is decided in the domain.
//
// `offset 0` keeps the planner from merging the laterals and joining a thousand questions with a whole table by hash; a
// condition on the kind of question is then asked before the table is; `limit 1` says besides that there is one row where a
// resource has several kinds of names. The arrays come through `(select …)`, so that the
// plan does not depend on their length: the same plan for all, kept after a few executions (planning takes 4 ms, one
// question 0.06 ms). test/db/facts-plan.test.ts looks at the plan.

import type { Pool } from 'pg';
import type { FactsRow } from './facts-row.ts';
import { LENIENT_TYPES } from './lenient-types.ts';
import { toFault } from './sqlstate.ts';

export type FactsParameters = {
  readonly subject_type: 'anonymous' | 'token_text' | 'token_id' | 'session' | 'login';
  readonly subject_text: string | null;
  readonly subject_id: number | null;
  readonly resource_type:
    | 'repository'
    | 'repository_id'
    | 'organization'
    | 'organization_of_team'
    | 'user'
    | 'holder'
    | 'enterprise'
    | 'none'
    | 'granted';
  readonly resource_owner: string | null;
  readonly resource_name: string | null;
  readonly resource_id: number | null;
  readonly bounded_client_id: number | null;
};

const STATEMENT = `
with q as materialized (
  select * from unnest((select $1::text[]), (select $2::text[]), (select $3::bigint[]), (select $4::text[]),
    (select $5::text[]), (select $6::text[]), (select $7::bigint[]), (select $8::bigint[])) with ordinality
    as q (subject_type, subject_text, subject_id, resource_type, resource_owner, resource_name, resource_id, client_id, n)
)
select
  q.n::int as n, clock_timestamp() as now, (select current.epoch from change_epoch current) as epoch,
  session.id as session_id, session.expires_at as session_expires_at,
  person.id as person_id, person.login as person_login, person.suspended_at as person_suspended_at,
  person.site_admin as person_site_admin,
  token.id as token_id, token.kind as token_kind, token.name as token_name, token.digest as token_digest,
  token.secret_issued_at, coalesce(secret.expires_at, exchanged.secret_expires_at) as secret_expires_at,
  token.expires_at as token_expires_at, token.revoked_at as token_revoked_at, token.scopes as token_scopes,
  token.owner_id as token_owner_id, token.owner_type as token_owner_type, token.owner_login as token_owner_login,
  token.grant_id, token.grant_permissions, token.grant_selection, coalesce(token.request_pending, false) as request_pending,
  exchanged.id as exchanged_id, exchanged.digest as exchanged_digest, exchanged.secret_digest as exchanged_secret_digest,
  exchanged.issued_at as exchanged_issued_at, exchanged.expires_at as exchanged_expires_at,
  exchanged.ended_at as exchanged_ended_at, exchanged.depth as exchanged_depth, exchanged.scopes as exchanged_scopes,
  exchanged.permissions as exchanged_permissions,
  exchanged.narrows_repositories as exchanged_narrows_repositories, exchanged.audience as exchanged_audience,
  exchanged.actor_ids as exchanged_actor_ids, exchanged.client_id as exchanged_client_id,
  case when q.resource_type = 'granted' and exchanged.narrows_repositories then (
    select json_agg(json_build_object('id', listed.id, 'full_name', its_owner.login || '/' || listed.name) order by listed.id)
    from exchanged_token_repositories narrowed
    join repositories listed on listed.id = narrowed.repository_id
    join accounts its_owner on its_owner.id = listed.owner_id
    where narrowed.exchanged_token_id = exchanged.id
      and (token.kind = 'classic' or (token.grant_selection = 'all' and listed.owner_id = token.owner_id) or exists (
        select 1 from grant_repositories g where g.grant_id = token.grant_id and g.repository_id = listed.id)))
  when q.resource_type = 'granted' and token.grant_selection = 'subset' then (
    select json_agg(json_build_object('id', listed.id, 'full_name', its_owner.login || '/' || listed.name) order by listed.id)
    from grant_repositories granted
    join repositories listed on listed.id = granted.repository_id
    join accounts its_owner on its_owner.id = listed.owner_id
    where granted.grant_id = token.grant_id)
  end as granted_repositories,
  owner.id as owner_id, owner.type as owner_type, owner.login as owner_login, owner.profile_name as owner_profile_name,
  repository.id as repository_id, repository.name as repository_name,
  repository.visibility as repository_visibility, repository.archived as repository_archived,
  coalesce(repository.selected, false) as repository_selected,
  coalesce(repository.exchanged, false) as repository_exchanged,
  repository.collaborator_role, coalesce(repository.team_roles, '{}') as team_roles,
  org.default_repository_permission as base_permission, org.membership_role,
  coalesce(org.holder_reviews, false) as holder_reviews,
  org.policy_id, org.policy_fine_grained, org.policy_classic, org.policy_approval, org.policy_cap_fine_grained,
  org.policy_cap_classic, org.policy_public_reads, org.sso_required, coalesce(org.sso_authorized, false) as sso_authorized,
  enterprise.id as enterprise_id, enterprise.slug as enterprise_slug, enterprise.name as enterprise_name,
  enterprise.policy_id as enterprise_policy_id, enterprise.fine_grained_tokens as enterprise_fine_grained,
  enterprise.classic_tokens as enterprise_classic, enterprise.approval as enterprise_approval,
  enterprise.max_lifetime_days_fine_grained as enterprise_cap_fine_grained,
  enterprise.max_lifetime_days_classic as enterprise_cap_classic,
  enterprise.lifetime_applies_to_public_reads as enterprise_public_reads,
  enterprise.exempt_administrators as enterprise_exempt_administrators,
  coalesce(enterprise.administered, false) as enterprise_administered,
  coalesce(enterprise.member, false) as enterprise_member,
  case
    when q.client_id is null then true
    when token.kind = 'fine_grained' then exists (
      select 1 from client_organizations bound
      where bound.client_id = q.client_id and bound.organization_id = token.owner_id)
    else exists (
      select 1 from client_organizations bound
      join memberships member on member.organization_id = bound.organization_id and member.user_id = person.id
      where bound.client_id = q.client_id)
  end as visible_to_client
from q
left join lateral (
  select each.digest, each.token_id, each.expires_at from token_secrets each
  where q.subject_type = 'token_text' and each.digest = q.subject_text
  offset 0
) secret on true
-- Asked only where no token has the text. It is as dead as whichever of those that it was made from (T3).
left join lateral (
  select each.id, each.digest, each.secret_digest, each.issued_at, each.depth, each.scopes, each.permissions,
    each.narrows_repositories, each.audience, each.actor_ids, client.client_id,
    least(each.expires_at, parent.expires_at, grandparent.expires_at) as expires_at,
    least(each.ended_at, parent.ended_at, grandparent.ended_at) as ended_at,
    maker.token_id, maker.expires_at as secret_expires_at
  from exchanged_tokens each
  join token_secrets maker on maker.digest = each.secret_digest
  join clients client on client.id = each.client_id
  left join exchanged_tokens parent on parent.id = each.parent_id
  left join exchanged_tokens grandparent on grandparent.id = parent.parent_id
  where q.subject_type = 'token_text' and secret.digest is null and each.digest = q.subject_text
  offset 0
) exchanged on true
left join lateral (
  select each.id, each.kind, each.name, each.user_id, each.secret_issued_at, each.expires_at, each.revoked_at, each.scopes,
    owner.id as owner_id, owner.type as owner_type, owner.login as owner_login,
    held.id as grant_id, held.permissions as grant_permissions, held.repository_selection as grant_selection,
    each.kind = 'fine_grained' and exists (
      select 1 from grant_requests r where r.token_id = each.id and r.state = 'pending') as request_pending,
    coalesce(secret.digest, exchanged.secret_digest, (
      select s.digest from token_secrets s where s.token_id = each.id and s.is_current)) as digest
  from tokens each
  left join accounts owner on owner.id = each.resource_owner_id
  -- Who has left the organization holds no grant of it, whatever a row may say (A4, M10).
  left join grants held on held.token_id = each.id and held.resource_owner_id = each.resource_owner_id
    and (owner.type = 'User' or exists (
      select 1 from memberships m where m.organization_id = owner.id and m.user_id = each.user_id))
  where each.id = coalesce(secret.token_id, exchanged.token_id, case when q.subject_type = 'token_id' then q.subject_id end)
  offset 0
) token on true
left join lateral (
  select each.id, each.user_id, each.expires_at from sessions each
  where q.subject_type = 'session' and each.digest = q.subject_text
  offset 0
) session on true
left join lateral (
  select each.id from accounts each
  where q.subject_type = 'login' and each.login_key = q.subject_text and each.type = 'User'
  offset 0
) named on true
left join lateral (
  select u.id, a.login, u.suspended_at, u.site_admin
  from users u join accounts a on a.id = u.id
  where u.id = coalesce(token.user_id, session.user_id, named.id)
  offset 0
) person on true
left join lateral (
  select each.id, each.type, each.login, each.profile_name from accounts each
  where q.resource_type in ('repository', 'organization', 'user') and each.login_key = q.resource_owner
  union all
  select each.id, each.type, each.login, each.profile_name from accounts each
  where q.resource_type = 'repository_id' and each.id = (select r.owner_id from repositories r where r.id = q.resource_id)
  union all
  select each.id, each.type, each.login, each.profile_name from accounts each
  where q.resource_type = 'organization_of_team'
    and each.id = (select t.organization_id from teams t where t.id = q.resource_id)
  limit 1
) owner on true
left join lateral (
  select each.id, each.name, each.visibility, each.archived,
    exists (
      select 1 from grant_repositories g where g.grant_id = token.grant_id and g.repository_id = each.id) as selected,
    exists (
      select 1 from exchanged_token_repositories x
      where x.exchanged_token_id = exchanged.id and x.repository_id = each.id) as exchanged,
    (select c.role from collaborators c where c.repository_id = each.id and c.user_id = person.id) as collaborator_role,
    array(
      select t.role from team_repositories t
      where t.repository_id = each.id
        and t.team_id = any (array(select m.team_id from team_members m where m.user_id = person.id))) as team_roles
  from (
    select r.id, r.name, r.visibility, r.archived from repositories r
    where q.resource_type = 'repository' and r.owner_id = owner.id and r.name_key = q.resource_name
    union all
    select r.id, r.name, r.visibility, r.archived from repositories r
    where q.resource_type = 'repository_id' and r.id = q.resource_id
    limit 1
  ) each
  offset 0
) repository on true
left join lateral (
  select each.enterprise_id, each.default_repository_permission, member.role as membership_role,
    member.role = 'member' and exists (
      select 1 from token_reviewers r
      where r.organization_id = each.id and r.user_id = person.id) as holder_reviews,
    policy.organization_id as policy_id, policy.fine_grained_tokens as policy_fine_grained,
    policy.classic_tokens as policy_classic, policy.approval as policy_approval,
    policy.max_lifetime_days_fine_grained as policy_cap_fine_grained,
    policy.max_lifetime_days_classic as policy_cap_classic,
    policy.lifetime_applies_to_public_reads as policy_public_reads,
    sso.required as sso_required,
    exists (
      select 1 from token_sso_authorizations a
      where a.token_id = token.id and a.organization_id = each.id and a.revoked_at is null) as sso_authorized
  from organizations each
  left join memberships member on member.organization_id = each.id and member.user_id = person.id
  left join organization_token_policies policy on policy.organization_id = each.id
  left join organization_sso sso on sso.organization_id = each.id
  where each.id = owner.id
  offset 0
) org on true
left join lateral (
  select coalesce(org.enterprise_id, (
    select e.id from enterprises e where q.resource_type = 'enterprise' and e.slug_key = q.resource_owner)) as id
  offset 0
) named_enterprise on true
left join lateral (
  select each.id, each.slug, each.name, policy.enterprise_id as policy_id, policy.fine_grained_tokens,
    policy.classic_tokens, policy.approval, policy.max_lifetime_days_fine_grained, policy.max_lifetime_days_classic,
    policy.lifetime_applies_to_public_reads, policy.exempt_administrators,
    exists (
      select 1 from enterprise_administrators a
      where a.enterprise_id = each.id and a.user_id = person.id) as administered,
    repository.visibility = 'internal' and exists (
      select 1 from memberships m
      join organizations o on o.id = m.organization_id and o.enterprise_id = each.id
      where m.user_id = person.id) as member
  from enterprises each
  left join enterprise_token_policies policy on policy.enterprise_id = each.id
  where each.id = named_enterprise.id
  offset 0
) enterprise on true
order by q.n`;

/** The rows of these questions, in their order, all of one snapshot. Faults: StorageUnavailable. */
export async function loadFactsRows(pool: Pool, questions: readonly FactsParameters[]): Promise<readonly FactsRow[]> {
  const column = <Name extends keyof FactsParameters>(name: Name) => questions.map((each) => each[name]);
  try {
    const result = await pool.query<FactsRow>({
      name: 'facts',
      text: STATEMENT,
      types: LENIENT_TYPES,
      values: [
        column('subject_type'),
        column('subject_text'),
        column('subject_id'),
        column('resource_type'),
        column('resource_owner'),
        column('resource_name'),
        column('resource_id'),
        column('bounded_client_id'),
      ],
    });
    return result.rows;
  } catch (error) {
    throw toFault(error);
  }
}
