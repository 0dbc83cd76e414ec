// The tokens that a policy of these organizations, or of their enterprise, would block: found by the classes of which the domain has
// said so, all of them in one statement, and counted. SQL only.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import { HAS_INTERNAL } from './concerned-tokens.ts';
import type { Database } from './schema.ts';

/** For the number of each class whether its tokens are blocked; a class is numbered as the domain does it. */
type ByClass = readonly boolean[];

export type BlockedSearch = {
  readonly organizations: readonly {
    readonly id: number;
    readonly classic: ByClass;
    readonly fine_grained: ByClass;
    /** Whether single sign-on is required there: else nobody is asked for it. */
    readonly sso_required: boolean;
  }[];
  /** The enterprise whose own things are concerned too; null: none is. */
  readonly enterprise: { readonly id: number; readonly classic: ByClass } | null;
  /** In days, the smallest first. */
  readonly caps: readonly number[];
  readonly reaching_scopes: { readonly organization: readonly string[]; readonly enterprise: readonly string[] };
  readonly now: Date;
  readonly limit: number;
  readonly offset: number;
};

export type BlockedTokens = {
  readonly tokens_count: number;
  readonly holders_count: number;
  /** The page of them, the newest first. */
  readonly token_ids: readonly number[];
};

const NONE: BlockedTokens = { tokens_count: 0, holders_count: 0, token_ids: [] };

/** For this one transaction: sets of hundreds of thousands are put together. */
const WORK_MEM = '64MB';

function isLive(now: Date) {
  return sql`token.revoked_at is null and (token.expires_at is null or token.expires_at > ${now}::timestamptz)`;
}

const bytesOf = (by_class: ByClass): string => `\\x${by_class.map((blocked) => (blocked ? '01' : '00')).join('')}`;

/** How many of the caps the life of the token exceeds. As the domain has it: from the issue of the secret, days of 24 hours. */
function capsExceeded(caps: readonly number[]): RawBuilder<number> {
  const each = caps.map(
    (cap) => sql`(date_trunc('milliseconds', token.expires_at)
      > date_trunc('milliseconds', token.secret_issued_at) + make_interval(hours => ${24 * cap}::int))::int`,
  );
  return sql<number>`(case when token.expires_at is null then ${caps.length}::int else ${sql.join([sql`0`, ...each], sql` + `)} end)`;
}

/**
 * The bits of a class: false in place of one by which no blocked class differs from another, so that the planner looks up nothing for it,
 * where it is of a giant's hundreds of thousands of tokens.
 */
function bitsThatMatter(
  classes: readonly ByClass[],
  bits: readonly RawBuilder<unknown>[],
): readonly RawBuilder<unknown>[] {
  return bits.map((bit, place) => {
    const tells = (by_class: ByClass) =>
      by_class.some((blocked, number) => blocked !== by_class[number ^ (1 << place)]);
    return classes.some(tells) ? bit : sql`false`;
  });
}

/** Whether the class of the row is a blocked one. */
function isBlocked(by_class: RawBuilder<unknown>, bits: readonly RawBuilder<unknown>[], caps: readonly number[]) {
  const number = bits.map((bit, index) => sql`(${bit})::int * ${sql.lit(2 ** index)}`);
  return sql`get_byte(${by_class}, ${sql.join(number, sql` + `)} + ${sql.lit(2 ** bits.length)} * ${capsExceeded(caps)}) = 1`;
}

type Kind = 'classic' | 'fine_grained';

/** What a row is held against. */
type Asked = {
  readonly id: RawBuilder<number>;
  readonly by_class: RawBuilder<unknown>;
  readonly sso_required: RawBuilder<boolean>;
  /** How who is present comes to it. */
  readonly join: RawBuilder<unknown>;
};

/**
 * Of one organization these are values of the statement: a join to a row of which the planner knows nothing made it expect a thousandth of
 * a giant's tokens, and look them up one by one where it reads all of them sooner.
 */
function askedFor({ organizations }: BlockedSearch, kind: Kind): Asked {
  const [one, ...others] = organizations;
  if (one !== undefined && others.length === 0) {
    const by_class = sql`${bytesOf(one[kind])}::bytea`;
    return { id: sql`${one.id}::bigint`, by_class, sso_required: sql`${one.sso_required}::boolean`, join: sql`` };
  }
  const join = sql`join asked on asked.id = present.organization_id`;
  return { id: sql`asked.id`, by_class: sql`asked.${sql.ref(kind)}`, sso_required: sql`asked.sso_required`, join };
}

function isAuthorized({ id, sso_required }: Asked) {
  return sql`${sso_required} and exists (
    select from token_sso_authorizations each
    where each.token_id = token.id and each.organization_id = ${id} and each.revoked_at is null)`;
}

/** Classic tokens of whoever is a member, collaborates on a repository, or sees the internal ones of these organizations. */
function blockedClassic(search: BlockedSearch) {
  const { organizations, caps, reaching_scopes, now } = search;
  const asked = askedFor(search, 'classic');
  const classes = organizations.map((each) => each.classic);
  const bits = bitsThatMatter(classes, [
    sql`token.scopes && ${[...reaching_scopes.organization]}::text[]`,
    sql`present.is_member`,
    sql`present.administers`,
    isAuthorized(asked),
  ]);
  return sql`
    select token.id, token.user_id from present ${asked.join}
    join tokens token on token.user_id = present.user_id
    where token.kind = 'classic' and ${isLive(now)} and ${isBlocked(asked.by_class, bits, caps)}`;
}

/** Fine-grained tokens of these organizations. */
function blockedFineGrained(search: BlockedSearch) {
  const { organizations, caps, now } = search;
  const asked = askedFor(search, 'fine_grained');
  const ids = organizations.map(({ id }) => id);
  const classes = organizations.map((each) => each.fine_grained);
  const bits = bitsThatMatter(classes, [
    sql`held.id is not null`,
    sql`coalesce(member.role in ('admin', 'member'), false)`,
    sql`administrator.user_id is not null`,
    isAuthorized(asked),
  ]);
  return sql`
    select token.id, token.user_id from tokens token
    ${ids.length === 1 ? sql`` : sql`join asked on asked.id = token.resource_owner_id`}
    left join grants held on held.token_id = token.id and held.resource_owner_id = token.resource_owner_id
    left join memberships member on member.organization_id = token.resource_owner_id and member.user_id = token.user_id
    left join enterprise_administrators administrator
      on administrator.enterprise_id = ${enterpriseOf(search)} and administrator.user_id = token.user_id
    where token.kind = 'fine_grained' and token.resource_owner_id = any(${ids}::bigint[]) and ${isLive(now)}
      and ${isBlocked(asked.by_class, bits, caps)}`;
}

/** The enterprise of what a row is held against. */
function enterpriseOf({ organizations }: BlockedSearch): RawBuilder<number | null> {
  return organizations.length === 1 ? sql`(select enterprise_id from asked)` : sql`asked.enterprise_id`;
}

/** Members' fine-grained tokens of other resource owners, which have only public reads here to lose. */
function blockedElsewhere(search: BlockedSearch) {
  const { caps, now } = search;
  const asked = askedFor(search, 'fine_grained');
  const bits = [sql`false`, sql`true`, sql`present.administers`, sql`false`];
  return sql`
    select token.id, token.user_id from present ${asked.join}
    join tokens token on token.user_id = present.user_id
    where present.is_member and token.kind = 'fine_grained' and token.resource_owner_id is distinct from ${asked.id}
      and ${isLive(now)} and ${isBlocked(asked.by_class, bits, caps)}`;
}

/** Whether a class of these is blocked: of tokens of members that reach nothing, which the first two bits say. */
function hasBlockedElsewhere({ fine_grained }: { readonly fine_grained: ByClass }): boolean {
  return fine_grained.some((is_blocked, number) => is_blocked && (number & 0b11) === 0b10);
}

/** Classic tokens of who administers the enterprise, at what it owns itself. */
function blockedAdministrating(
  { caps, reaching_scopes, now }: BlockedSearch,
  enterprise: NonNullable<BlockedSearch['enterprise']>,
) {
  const reaches = sql`token.scopes && ${[...reaching_scopes.enterprise]}::text[]`;
  const bits = [reaches, sql`false`, sql`true`, sql`false`];
  return sql`
    select token.id, token.user_id from enterprise_administrators each join tokens token on token.user_id = each.user_id
    where each.enterprise_id = ${enterprise.id}::bigint and token.kind = 'classic' and ${isLive(now)}
      and ${isBlocked(sql`${bytesOf(enterprise.classic)}::bytea`, bits, caps)}`;
}

/**
 * Who is concerned as the holder of tokens that are not the organization's, and whether as a member. The ids stand in the conditions
 * themselves: what is known of how much a giant has is known of its id.
 */
function present(search: BlockedSearch) {
  const ids = sql`any(${search.organizations.map(({ id }) => id)}::bigint[])`;
  return sql`
    select person.organization_id, person.user_id, person.is_member, administrator.user_id is not null as administers
    from (
      select found.organization_id, found.user_id, bool_or(found.is_member) as is_member from (
        select m.organization_id, m.user_id, m.role in ('admin', 'member') as is_member from memberships m
        where m.organization_id = ${ids}
        union all
        select r.owner_id, c.user_id, false from repositories r join collaborators c on c.repository_id = r.id
        where r.owner_id = ${ids}
        union all
        select asked.id, m.user_id, false from asked
        join organizations sibling on sibling.enterprise_id = asked.enterprise_id
        join memberships m on m.organization_id = sibling.id
        where ${HAS_INTERNAL}
      ) found group by found.organization_id, found.user_id
    ) person
    ${search.organizations.length === 1 ? sql`` : sql`join asked on asked.id = person.organization_id`}
    left join enterprise_administrators administrator
      on administrator.enterprise_id = ${enterpriseOf(search)} and administrator.user_id = person.user_id`;
}

/** Only what can be blocked is looked for. */
function blockedAnywhere(search: BlockedSearch): readonly RawBuilder<unknown>[] {
  const { organizations, enterprise } = search;
  const classic = organizations.some((each) => each.classic.includes(true));
  const fine_grained = organizations.some((each) => each.fine_grained.includes(true));
  return [
    ...(classic ? [blockedClassic(search)] : []),
    ...(fine_grained ? [blockedFineGrained(search)] : []),
    ...(organizations.some(hasBlockedElsewhere) ? [blockedElsewhere(search)] : []),
    ...(enterprise?.classic.includes(true) === true ? [blockedAdministrating(search, enterprise)] : []),
  ];
}

/** Every live token of a blocked class, counted, and a page of them. In a transaction of its own. */
export async function findBlockedTokens(transaction: Kysely<Database>, search: BlockedSearch): Promise<BlockedTokens> {
  const anywhere = blockedAnywhere(search);
  if (anywhere.length === 0) return NONE;
  const { organizations, enterprise, limit, offset } = search;
  const ids = organizations.map(({ id }) => id);
  const found = sql.join(anywhere, sql` union all `);
  // A token is of one kind, and meets one organization once.
  const is_once = ids.length === 1 && enterprise === null;
  await sql`select set_config('work_mem', ${WORK_MEM}, true)`.execute(transaction);
  const { rows } = await sql<BlockedTokens>`
    with asked as materialized (
      select o.id, o.enterprise_id, given.classic, given.fine_grained, given.sso_required
      from unnest(${ids}::bigint[], ${organizations.map((each) => bytesOf(each.classic))}::bytea[],
        ${organizations.map((each) => bytesOf(each.fine_grained))}::bytea[],
        ${organizations.map((each) => each.sso_required)}::boolean[]) as given (id, classic, fine_grained, sso_required)
      join organizations o on o.id = given.id
    ), present as (${present(search)}
    ), found as (${found}
    ), blocked as materialized (
      select ${is_once ? sql`` : sql`distinct`} found.id, found.user_id from found
      where not exists (select from users holder where holder.id = found.user_id and holder.suspended_at is not null)
    )
    select (select count(*) from blocked) as tokens_count,
      (select count(*) from (select user_id from blocked group by user_id) holder) as holders_count,
      array(select id from blocked order by id desc limit ${limit} offset ${offset}) as token_ids`.execute(transaction);
  return rows[0] ?? NONE;
}
