// Whom the questions of the hot statement are about (facts-statement.ts): the joins that find the token, the session or the person, and
// what of it is hidden from whom.

import { type Form, only } from './facts-form.ts';

export const SECRET = (form: Form) => `
left join lateral (
  select each.digest, each.token_id, each.expires_at from token_secrets each
  where ${only(form, `q.subject_type = 'token_text'`)}each.digest = q.subject_text
  offset 0
) secret on true`;

const AS_EXCHANGED = (form: Form) => `${only(form, `q.subject_type = 'token_text'`)}each.digest = q.subject_text`;

const TO_END = ({ kind }: Form) => (kind === 'any' ? ` or q.resource_type = 'end'` : '');

// Asked only where no token has the text, and further only where it is for this service, or for nobody in particular (T3). Where a client
// is bound, always, and both tables, whether or not there is something to find: what is hidden from it is to take as long as
// what is not there (T6, promises P18). No digest is empty.
const MADE_FROM = (form: Form) =>
  form.is_bounded
    ? `(select 1) one
  left join exchanged_tokens each on ${AS_EXCHANGED(form)}
  left join token_secrets maker on maker.digest = coalesce(each.secret_digest, '')`
    : `exchanged_tokens each join token_secrets maker on maker.digest = each.secret_digest
  where secret.digest is null and ${AS_EXCHANGED(form)}
    and (each.audience is null or q.own_audience = any (each.audience)${TO_END(form)})`;

/** The text as one that was exchanged, as far as it leads to a token. */
export const MADE = (form: Form) => `
left join lateral (
  select each.id, each.digest, each.secret_digest, each.parent_id, each.issued_at, each.expires_at, each.ended_at, each.depth,
    each.scopes, each.permissions, each.narrows_repositories, each.audience, each.actor_ids, each.client_id,
    maker.token_id, maker.expires_at as secret_expires_at
  from ${MADE_FROM(form)}
  offset 0
) made on true`;

export const SESSION = ({ is_bounded }: Form) => `
left join lateral (
  select each.id, each.user_id, each.expires_at from sessions each
  where q.subject_type = 'session' and ${is_bounded ? 'q.client_id is null and ' : ''}each.digest = q.subject_text
  offset 0
) session on true
left join lateral (
  select each.id from accounts each
  where q.subject_type = 'login' and each.login_key = q.subject_text and each.type = 'User'
  offset 0
) named on true`;

const ASKED_TOKEN = ({ kind }: Form) =>
  `coalesce(secret.token_id, made.token_id${kind === 'any' ? `, case when q.subject_type = 'token_id' then q.subject_id end` : ''})`;

// Where there is no such token or person, the client's own row is read: reading theirs would have taken as long (promises P18: 1 to 2 µs).
const INSTEAD = '(select 0 from clients own where own.id = q.client_id)';

// Whom a client may know of: of no exchanged text that is for others (T3), but to end it; where it is bound, of a fine-grained token of
// one of its organizations, and of a classic one, or a person, who belongs to one of them (T6). All else is looked up of these ids only.
// Here too nothing is left out for what is not there: 0 is nobody's id.
export const KNOWN = (form: Form) => `
left join lateral (
  select each.organizations = 'all' as knows_all, each.audiences from clients each where each.id = q.client_id
  offset 0
) asking on true
left join lateral (
  select each.id, each.user_id, each.kind = 'fine_grained' as is_fine_grained, each.resource_owner_id from tokens each
  where each.id = case
    when made.audience is null
      or made.audience && case when q.client_id is null then array[q.own_audience] else asking.audiences end${TO_END(form)}
    then coalesce(${ASKED_TOKEN(form)}, 0)
    else 0
  end
  offset 0
) sought on true
left join lateral (
  select q.client_id is null
    or asking.knows_all
    or exists (
      select 1 from client_organizations bound
      join organizations o on o.id = bound.organization_id join accounts a on a.id = o.id
      where bound.client_id = q.client_id
        and bound.organization_id = case when sought.is_fine_grained then sought.resource_owner_id else 0 end)
    or exists (
      select 1 from memberships member
      join organizations o on o.id = member.organization_id join accounts a on a.id = o.id
      where member.user_id = case
          when sought.is_fine_grained then 0
          else coalesce(sought.user_id, ${form.kind === 'any' ? 'named.id, ' : ''}${INSTEAD})
        end
        and member.organization_id = any (array(
          select bound.organization_id from client_organizations bound where bound.client_id = q.client_id))) as is_seen
  offset 0
) known on true`;

const SEEN_TOKEN = (form: Form) => (form.is_bounded ? 'case when known.is_seen then sought.id end' : ASKED_TOKEN(form));

function seenPerson(form: Form): string {
  if (form.kind !== 'any') return 'token.user_id';
  const named = form.is_bounded ? 'case when known.is_seen then named.id end' : 'named.id';
  return `coalesce(token.user_id, session.user_id, ${named})`;
}

/** Of a token that was not named by a text. */
const PRESENT_DIGEST = `case when q.subject_type = 'token_id' then (
      select s.digest from token_secrets s where s.token_id = each.id and s.is_current) end`;

export const TOKEN = (form: Form) => `
left join lateral (
  select each.id, each.kind, each.name, each.user_id, each.secret_issued_at, each.expires_at, each.revoked_at, each.scopes,
    owner.id as owner_id, owner.type as owner_type, owner.login as owner_login,
    held.id as grant_id, held.permissions as grant_permissions, held.repository_selection as grant_selection,
    each.kind = 'fine_grained' and exists (
      select 1 from grant_requests r where r.token_id = each.id and r.state = 'pending') as request_pending,
    ${form.kind === 'any' ? PRESENT_DIGEST : 'null'} as digest
  from tokens each
  left join accounts owner on owner.id = each.resource_owner_id
  left join lateral (
    -- Who has left the organization holds no grant of it, whatever a row may say (A4, M10).
    select granted.id, granted.permissions, granted.repository_selection from grants granted
    where granted.token_id = each.id and granted.resource_owner_id = each.resource_owner_id
      and (owner.type = 'User' or exists (
        select 1 from memberships m join organizations o on o.id = m.organization_id
        where m.organization_id = owner.id and m.user_id = each.user_id))
    offset 0
  ) held on true
  where each.id = ${SEEN_TOKEN(form)}
  offset 0
) token on true`;

// It is as dead as whichever of those that it was made from (T3), and one of which any is missing has no end, which is past.
export const EXCHANGED = `
left join lateral (
  select made.id, made.narrows_repositories, client.client_id,
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

export const PERSON = (form: Form) => `
left join lateral (
  select u.id, a.login, u.suspended_at, u.site_admin
  from users u join accounts a on a.id = u.id
  where u.id = ${seenPerson(form)}
  offset 0
) person on true`;
