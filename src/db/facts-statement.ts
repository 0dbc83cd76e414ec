// The text of the hot statement: the facts of any number of questions in one round trip and one snapshot. Arrays in, one packed row
// a question out. Every join is by an index, whatever the number of questions; what the pieces mean is decided in the domain.
//
// It is put together here, once, of pieces that each stand once: for questions of any kind, and leaner for the two kinds that are
// asked all the time, without what cannot matter to them. To set up the whole plan costs PostgreSQL as much as ten questions.
//
// `offset 0` keeps the planner from merging the laterals and joining a thousand questions with a whole table by hash; a
// condition on the kind of question is then asked before the table is; `limit 1` says besides that there is one row where a
// resource has several kinds of names. The arrays come through `(select …)`, so that the plan does not depend on their length: the
// same plan for all, kept after a few executions (planning takes 4 ms, one question 0.04 ms). test/db/hot-plans.test.ts looks at
// the plans.

import { type PackedRow, type PieceName, packed, unpackerOf } from './facts-columns.ts';
import type { FactsRow } from './facts-row.ts';

/** What the questions of a statement are: of any kind; or all what a token's text was granted, or all that at a repository by name. */
export type Form = 'any' | 'granted' | 'repository';

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

type Parameter = {
  readonly name: keyof FactsParameters;
  readonly type: 'text' | 'bigint';
  readonly forms: readonly Form[];
};

const EVERY: readonly Form[] = ['any', 'granted', 'repository'];
const ANY: readonly Form[] = ['any'];
const AT_REPOSITORIES: readonly Form[] = ['any', 'repository'];
const WITH_LIST: readonly Form[] = ['any', 'granted'];

const PARAMETERS: readonly Parameter[] = [
  { name: 'subject_type', type: 'text', forms: ANY },
  { name: 'subject_text', type: 'text', forms: EVERY },
  { name: 'subject_id', type: 'bigint', forms: ANY },
  { name: 'resource_type', type: 'text', forms: ANY },
  { name: 'resource_owner', type: 'text', forms: AT_REPOSITORIES },
  { name: 'resource_name', type: 'text', forms: AT_REPOSITORIES },
  { name: 'resource_id', type: 'bigint', forms: ANY },
  { name: 'bounded_client_id', type: 'bigint', forms: EVERY },
];

/** A condition on the kind of a question, where there are several kinds. */
function only(form: Form, condition: string): string {
  return form === 'any' ? `${condition} and ` : '';
}

function questions(form: Form): string {
  const own = PARAMETERS.filter(({ forms }) => forms.includes(form));
  const arrays = own.map(({ type }, index) => `(select $${index + 1}::${type}[])`);
  const names = own.map(({ name }) => (name === 'bounded_client_id' ? 'client_id' : name));
  return `with q as materialized (
  select * from unnest(${arrays.join(', ')}) with ordinality as q (${names.join(', ')}, n)
)`;
}

const SECRET = (form: Form) => `
left join lateral (
  select each.digest, each.token_id, each.expires_at from token_secrets each
  where ${only(form, `q.subject_type = 'token_text'`)}each.digest = q.subject_text
  offset 0
) secret on true`;

// What a bounded client may not know of is sought by the same look-ups as what is not there, each of them made whether or not there is
// something to find (T6, promises P18): so for it the following ask for 0, which is nobody's id, and for what was found already.

const BOUNDED = 'q.client_id is not null';

// Asked only where no token has the text.
const MADE = (form: Form) => `
left join lateral (
  select each.id, each.digest, each.secret_digest, each.parent_id, each.issued_at, each.expires_at, each.ended_at, each.depth,
    each.scopes, each.permissions, each.narrows_repositories, each.audience, each.actor_ids, each.client_id
  from exchanged_tokens each
  where ${only(form, `q.subject_type = 'token_text'`)}(secret.digest is null or ${BOUNDED}) and each.digest = q.subject_text
  offset 0
) made on true
left join lateral (
  select each.token_id, each.expires_at from token_secrets each
  where each.digest = coalesce(made.secret_digest, case when ${only(form, `q.subject_type = 'token_text'`)}${BOUNDED} then q.subject_text end)
  offset 0
) maker on true`;

const SESSION = `
left join lateral (
  select each.id, each.user_id, each.expires_at from sessions each
  where q.subject_type = 'session' and q.client_id is null and each.digest = q.subject_text
  offset 0
) session on true
left join lateral (
  select each.id from accounts each
  where q.subject_type = 'login' and each.login_key = q.subject_text and each.type = 'User'
  offset 0
) named on true`;

const ASKED_TOKEN = (form: Form) =>
  `coalesce(secret.token_id, maker.token_id${form === 'any' ? `, case when q.subject_type = 'token_id' then q.subject_id end` : ''})`;

// Whom the question is about, as far as its client may know of him: a fine-grained token of one of its organizations; a classic one, or
// a person, who belongs to one of them (T6). Everything else is looked up of these ids only.
const KNOWN = (form: Form) => `
left join lateral (
  select each.id, each.user_id, each.kind = 'fine_grained' as is_fine_grained, each.resource_owner_id from tokens each
  where ${BOUNDED} and each.id = coalesce(${ASKED_TOKEN(form)}, 0)
  offset 0
) sought on true
left join lateral (
  select q.client_id is null
    or exists (
      select 1 from client_organizations bound
      where bound.client_id = q.client_id
        and bound.organization_id = case when sought.is_fine_grained then sought.resource_owner_id else 0 end)
    or exists (
      select 1 from client_organizations bound
      join memberships member on member.organization_id = bound.organization_id
        and member.user_id = case when sought.is_fine_grained then 0 else coalesce(sought.user_id, ${form === 'any' ? 'named.id, ' : ''}0) end
      where bound.client_id = q.client_id) as may_know
  offset 0
) bounds on true
left join lateral (
  select case when bounds.may_know then ${ASKED_TOKEN(form)} end as token_id${
    form === 'any' ? ', case when bounds.may_know then named.id end as person_id' : ''
  }
  offset 0
) known on true`;

const TOKEN = (form: Form) => `
left join lateral (
  select each.id, each.kind, each.name, each.user_id, each.secret_issued_at, each.expires_at, each.revoked_at, each.scopes,
    owner.id as owner_id, owner.type as owner_type, owner.login as owner_login,
    held.id as grant_id, held.permissions as grant_permissions, held.repository_selection as grant_selection,
    each.kind = 'fine_grained' and exists (
      select 1 from grant_requests r where r.token_id = each.id and r.state = 'pending') as request_pending,
    coalesce(secret.digest, made.secret_digest${
      form === 'any'
        ? `, (
      select s.digest from token_secrets s where s.token_id = each.id and s.is_current)`
        : ''
    }) as digest
  from tokens each
  left join accounts owner on owner.id = each.resource_owner_id
  left join lateral (
    -- Who has left the organization holds no grant of it, whatever a row may say (A4, M10).
    select granted.id, granted.permissions, granted.repository_selection from grants granted
    where granted.token_id = each.id and granted.resource_owner_id = each.resource_owner_id
      and (owner.type = 'User' or exists (
        select 1 from memberships m where m.organization_id = owner.id and m.user_id = each.user_id))
    offset 0
  ) held on true
  where each.id = known.token_id
  offset 0
) token on true`;

// It is as dead as whichever of those that it was made from (T3), and one of which any is missing has no end, which is past.
const EXCHANGED = `
left join lateral (
  select made.id, made.digest, made.secret_digest, made.issued_at, made.depth, made.scopes, made.permissions,
    made.narrows_repositories, made.audience, made.actor_ids, client.client_id,
    case
      when client.id is not null and made.parent_id is not distinct from parent.id
        and parent.parent_id is not distinct from grandparent.id and grandparent.parent_id is null
      then least(made.expires_at, parent.expires_at, grandparent.expires_at)
    end as expires_at,
    least(made.ended_at, parent.ended_at, grandparent.ended_at) as ended_at
  from (select 1) one
  left join clients client on client.id = made.client_id
  left join exchanged_tokens parent on parent.id = made.parent_id
  left join exchanged_tokens grandparent on grandparent.id = parent.parent_id
  where made.id is not null and token.id is not null
  offset 0
) exchanged on true`;

const PERSON = (form: Form) => `
left join lateral (
  select u.id, a.login, u.suspended_at, u.site_admin
  from users u join accounts a on a.id = u.id
  where u.id = ${form === 'any' ? 'coalesce(token.user_id, session.user_id, known.person_id)' : 'token.user_id'}
  offset 0
) person on true`;

const LISTED = (source: string, join: string, condition: string) => `(
    select json_agg(json_build_object('id', listed.id, 'full_name', its_owner.login || '/' || listed.name) order by listed.id)
    from ${source}
    join repositories listed on listed.id = ${join}
    join accounts its_owner on its_owner.id = listed.owner_id
    where ${condition})`;

const GRANTED = (form: Form) => `
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

const OWNER = (form: Form) => `
left join lateral (${OWNER_BY_NAME(form)}${
  form === 'any'
    ? `
  union all
  select each.id, each.type, each.login, each.profile_name from accounts each
  where q.resource_type = 'repository_id' and each.id = (select r.owner_id from repositories r where r.id = q.resource_id)
  union all
  select each.id, each.type, each.login, each.profile_name from accounts each
  where q.resource_type = 'organization_of_team'
    and each.id = (select t.organization_id from teams t where t.id = q.resource_id)
  limit 1`
    : `
  offset 0`
}
) owner on true`;

const REPOSITORY_BY_NAME = (form: Form) => `
    select r.id, r.name, r.visibility, r.archived from repositories r
    where ${only(form, `q.resource_type = 'repository'`)}r.owner_id = owner.id and r.name_key = q.resource_name`;

const REPOSITORY = (form: Form) => `
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
  from (${REPOSITORY_BY_NAME(form)}${
    form === 'any'
      ? `
    union all
    select r.id, r.name, r.visibility, r.archived from repositories r
    where q.resource_type = 'repository_id' and r.id = q.resource_id`
      : ''
  }
    limit 1
  ) each
  offset 0
) repository on true`;

const ORGANIZATION = `
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

const NAMED_ENTERPRISE = `
left join lateral (
  select coalesce(org.enterprise_id, (
    select e.id from enterprises e where q.resource_type = 'enterprise' and e.slug_key = q.resource_owner)) as id
  offset 0
) named_enterprise on true`;

const ENTERPRISE = (form: Form) => `
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
  where each.id = ${form === 'any' ? 'named_enterprise.id' : 'org.enterprise_id'}
  offset 0
) enterprise on true`;

type Part = {
  readonly forms: readonly Form[];
  readonly pieces: readonly PieceName[];
  readonly join: (form: Form) => string;
};

/** In the order in which they rest on each other. */
const PARTS: readonly Part[] = [
  { forms: EVERY, pieces: [], join: SECRET },
  { forms: EVERY, pieces: [], join: MADE },
  { forms: ANY, pieces: ['session'], join: () => SESSION },
  { forms: EVERY, pieces: [], join: KNOWN },
  { forms: EVERY, pieces: ['token'], join: TOKEN },
  { forms: EVERY, pieces: ['exchanged'], join: () => EXCHANGED },
  { forms: EVERY, pieces: ['person'], join: PERSON },
  { forms: WITH_LIST, pieces: ['granted'], join: GRANTED },
  { forms: AT_REPOSITORIES, pieces: ['owner'], join: OWNER },
  { forms: AT_REPOSITORIES, pieces: ['repository'], join: REPOSITORY },
  { forms: AT_REPOSITORIES, pieces: ['org'], join: () => ORGANIZATION },
  { forms: ANY, pieces: [], join: () => NAMED_ENTERPRISE },
  { forms: AT_REPOSITORIES, pieces: ['enterprise'], join: ENTERPRISE },
];

export type FactsStatement = {
  /** By which a connection keeps its plan. */
  readonly name: string;
  readonly text: string;
  readonly values: (questions: readonly FactsParameters[]) => unknown[];
  readonly unpack: (values: PackedRow) => FactsRow;
};

function statementOf(form: Form): FactsStatement {
  const parts = PARTS.filter(({ forms }) => forms.includes(form));
  const pieces = parts.flatMap((part) => part.pieces);
  const own = PARAMETERS.filter(({ forms }) => forms.includes(form)).map(({ name }) => name);
  return {
    name: form === 'any' ? 'facts' : `facts ${form}`,
    text: `${questions(form)}\nselect ${packed(pieces)}\nfrom q${parts.map(({ join }) => join(form)).join('')}`,
    values: (asked) => own.map((name) => asked.map((each) => each[name])),
    unpack: unpackerOf(pieces),
  };
}

export const FACTS_STATEMENTS: Readonly<Record<Form, FactsStatement>> = {
  any: statementOf('any'),
  granted: statementOf('granted'),
  repository: statementOf('repository'),
};

/** The leanest statement that answers all of these. */
export function formOf(questions: readonly Pick<FactsParameters, 'subject_type' | 'resource_type'>[]): Form {
  const wanted = questions[0]?.resource_type;
  if (wanted !== 'granted' && wanted !== 'repository') return 'any';
  const are_all = questions.every((each) => each.subject_type === 'token_text' && each.resource_type === wanted);
  return are_all ? wanted : 'any';
}
