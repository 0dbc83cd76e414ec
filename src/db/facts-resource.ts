// What the questions of the hot statement are about (facts-statement.ts): the joins that find the resource, how the asking one stands to
// it, and the repositories of a token by name.

import { type Form, only } from './facts-form.ts';

const LISTED = (source: string, join: string, condition: string) => `(
    select json_agg(json_build_object('id', listed.id, 'full_name', its_owner.login || '/' || listed.name) order by listed.id)
    from ${source}
    join repositories listed on listed.id = ${join}
    join accounts its_owner on its_owner.id = listed.owner_id
    where ${condition})`;

export const GRANTED = (form: Form) => `
left join lateral (
  select case
    when ${only(form, `q.resource_type = 'granted'`)}exchanged.narrows_repositories then ${LISTED(
      'exchanged_token_repositories narrowed',
      'narrowed.repository_id',
      `narrowed.exchanged_token_id = exchanged.id
      and (token.kind = 'classic' or (token.grant_selection = 'all' and listed.owner_id = token.owner_id) or exists (
        select 1 from grant_repositories g where g.grant_id = token.grant_id and g.repository_id = listed.id))`,
    )}
    when ${only(form, `q.resource_type = 'granted'`)}token.grant_selection = 'subset' then ${LISTED(
      'grant_repositories granted',
      'granted.repository_id',
      'granted.grant_id = token.grant_id',
    )}
  end as repositories
  offset 0
) granted on true`;

const OWNER_BY_NAME = (form: Form) => `
  select each.id, each.type, each.login, each.profile_name from accounts each
  where ${only(form, `q.resource_type in ('repository', 'organization', 'user')`)}each.login_key = q.resource_owner`;

// What is named by an id of its own, and nothing else, has no owner where it is not there, of whom as much could be looked up as of that of
// one which is hidden. So the one with the next lower id is read in its place (promises P18), and told as absent: a repository by its id
// (facts/decode.ts), an organization by a type that none has. Where there is none below, nothing was there before either.
const NEAREST = `<= q.resource_id order by near.id desc limit 1`;

export const OWNER = (form: Form) => `
left join lateral (${OWNER_BY_NAME(form)}${
  form.kind === 'any'
    ? `
  union all
  select each.id, each.type, each.login, each.profile_name from accounts each
  where q.resource_type = 'repository_id'
    and each.id = (select near.owner_id from repositories near where near.id ${NEAREST})
  union all
  select each.id, case when near.id = q.resource_id then each.type end, each.login, each.profile_name
  from (
    select near.id, near.organization_id from teams near
    where q.resource_type = 'organization_of_team' and near.id ${NEAREST}
  ) near
  join accounts each on each.id = near.organization_id
  limit 1`
    : `
  offset 0`
}
) owner on true`;

const REPOSITORY_BY_NAME = (form: Form) => `
  select r.id, r.name, r.visibility, r.archived from repositories r
  where ${only(form, `q.resource_type = 'repository'`)}r.owner_id = owner.id and r.name_key = q.resource_name`;

export const REPOSITORY = (form: Form) => `
left join lateral (${REPOSITORY_BY_NAME(form)}${
  form.kind === 'any'
    ? `
  union all
  (select near.id, near.name, near.visibility, near.archived from repositories near
  where q.resource_type = 'repository_id' and near.id ${NEAREST})
  limit 1`
    : `
  offset 0`
}
) repository on true`;

const OF_REPOSITORY = `q.resource_type in ('repository', 'repository_id')`;

// How the asking one stands to the repository. What is not there is looked up like what is: what is hidden takes no longer than it
// (promises P18). 0 is no repository's id.
export const STANDING = (form: Form) => `
left join lateral (
  select sought.id as sought_id,
    exists (
      select 1 from grant_repositories g where g.grant_id = token.grant_id and g.repository_id = sought.id) as selected,
    exists (
      select 1 from exchanged_token_repositories x
      where x.exchanged_token_id = exchanged.id and x.repository_id = sought.id) as exchanged,
    (select c.role from collaborators c where c.repository_id = sought.id and c.user_id = person.id) as collaborator_role,
    array(
      select t.role from team_repositories t join teams team on team.id = t.team_id
      where t.repository_id = sought.id
        and t.team_id = any (array(select m.team_id from team_members m where m.user_id = person.id))) as team_roles
  from (select coalesce(repository.id, 0) as id) sought${form.kind === 'any' ? `\n  where ${OF_REPOSITORY}` : ''}
  offset 0
) standing on true`;

export const ORGANIZATION = `
left join lateral (
  select each.id, each.enterprise_id, each.default_repository_permission, member.role as membership_role,
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
) org on true`;

// One that is not there is looked up by an id that none has (STANDING), and the asking person's own row is read for it: reading its own
// rows would have taken as long (2 µs).
export const NAMED_ENTERPRISE = `
left join lateral (
  select coalesce(org.enterprise_id, (
    select e.id from enterprises e where q.resource_type = 'enterprise' and e.slug_key = q.resource_owner),
    case when q.resource_type = 'enterprise' then coalesce((select 0 from accounts own where own.id = person.id), 0) end) as id
  offset 0
) named_enterprise on true`;

// Whether the person belongs to any organization of the enterprise: who belongs to this one does. It is asked whatever is there, but of
// what everybody may see.
const IN_ENTERPRISE = `org.membership_role is not null or exists (
      select 1 from memberships m
      join organizations o on o.id = m.organization_id and o.enterprise_id = sought.id
      join accounts a on a.id = o.id
      where m.user_id = person.id)`;

export const ENTERPRISE = (form: Form) => `
left join lateral (
  select sought.id as sought_id, each.id, each.slug, each.name, policy.enterprise_id as policy_id, policy.fine_grained_tokens,
    policy.classic_tokens, policy.approval, policy.max_lifetime_days_fine_grained, policy.max_lifetime_days_classic,
    policy.lifetime_applies_to_public_reads, policy.exempt_administrators,
    exists (
      select 1 from enterprise_administrators a
      where a.enterprise_id = sought.id and a.user_id = person.id) as administered,
    case when ${only(form, OF_REPOSITORY)}repository.visibility is distinct from 'public' then ${IN_ENTERPRISE} end as member
  from (select ${form.kind === 'any' ? 'named_enterprise.id' : 'org.enterprise_id'} as id) sought
  left join enterprises each on each.id = sought.id
  left join enterprise_token_policies policy on policy.enterprise_id = sought.id
  where sought.id is not null
  offset 0
) enterprise on true`;
