// Exchanged tokens (T3): making and ending them. SQL only; digests, never texts. What one is worth is judged beside its token
// (facts.ts).

import { type Kysely, sql } from 'kysely';
import type { PermissionMap } from '../domain/permission.ts';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

export type NewExchangedToken = {
  readonly digest: string;
  readonly secret_digest: string;
  readonly parent_id: number | null;
  readonly depth: number;
  readonly client_id: number;
  readonly issued_at: Date;
  readonly expires_at: Date;
  readonly scopes: readonly string[] | null;
  readonly permissions: PermissionMap | null;
  readonly narrows_repositories: boolean;
  readonly audience: readonly string[] | null;
  readonly actor_ids: readonly number[];
};

/**
 * Inserts one; answers its id. Violates a foreign key where the text, the exchanged token or the client behind it is gone: whoever
 * takes one of them away waits for this row and takes it too.
 */
export async function insertExchangedToken(db: Kysely<Database>, token: NewExchangedToken): Promise<number> {
  const { scopes, permissions, audience, actor_ids, ...columns } = token;
  const { id } = await db
    .insertInto('exchanged_tokens')
    .values({
      ...columns,
      scopes: scopes === null ? null : [...scopes],
      permissions: permissions === null ? null : JSON.stringify(permissions),
      audience: audience === null ? null : [...audience],
      actor_ids: [...actor_ids],
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Whether the repository is one of those of the exchanged token before, where that one is narrowed. */
function isOfParent(parent_id: number | null) {
  return sql`not exists (
      select 1 from exchanged_tokens parent where parent.id = ${parent_id}::bigint and parent.narrows_repositories)
    or exists (
      select 1 from exchanged_token_repositories held
      where held.exchanged_token_id = ${parent_id}::bigint and held.repository_id = repository.id)`;
}

/**
 * Narrows a new one to these repositories; answers to how many of them it could be: those that are still their owner's and one
 * of its parent's. They are locked first, so that one that is transferred at the same moment leaves this selection too.
 * @rule T3, M10
 */
export async function insertExchangedRepositories(
  db: Kysely<Database>,
  token: { readonly id: number; readonly parent_id: number | null },
  repositories: readonly { readonly id: number; readonly owner_id: number }[],
): Promise<number> {
  const ids = repositories.map((each) => each.id);
  const owner_ids = repositories.map((each) => each.owner_id);
  await sql`select id from repositories where id = any(${ids}::bigint[]) order by id for share`.execute(db);
  const { rows } = await sql`
    insert into exchanged_token_repositories (exchanged_token_id, repository_id)
    select ${token.id}::bigint, repository.id
    from unnest(${ids}::bigint[], ${owner_ids}::bigint[]) as asked (id, owner_id)
    join repositories repository on repository.id = asked.id and repository.owner_id = asked.owner_id
    where ${isOfParent(token.parent_id)}
    returning repository_id`.execute(db);
  return rows.length;
}

/** Narrows a new one to the repositories of the one before it, locked first as above. @rule T3, M10 */
export async function copyExchangedRepositories(db: Kysely<Database>, id: number, parent_id: number): Promise<void> {
  await sql`
    select each.id from repositories each
    where each.id in (
      select held.repository_id from exchanged_token_repositories held where held.exchanged_token_id = ${parent_id}::bigint)
    order by each.id for share`.execute(db);
  await sql`
    insert into exchanged_token_repositories (exchanged_token_id, repository_id)
    select ${id}::bigint, held.repository_id from exchanged_token_repositories held
    where held.exchanged_token_id = ${parent_id}::bigint`.execute(db);
}

/** The tokens of those of these texts that are of live exchanged ones. @rule T2, T3 */
export function tokensOfLiveExchanged(digests: readonly string[], at: Date) {
  const now = clockAhead(at);
  return sql`
    select maker.token_id from exchanged_tokens each
    join token_secrets maker on maker.digest = each.secret_digest
    left join exchanged_tokens parent on parent.id = each.parent_id
    left join exchanged_tokens grandparent on grandparent.id = parent.parent_id
    where each.digest = any(${[...digests]}::text[]) and each.expires_at > ${now}
      and (maker.expires_at is null or maker.expires_at > ${now})
      and coalesce(each.ended_at, parent.ended_at, grandparent.ended_at) is null`;
}

/** Ends this one, and with it those that were made from it; whether it was not ended before. */
export async function endExchangedToken(db: Kysely<Database>, id: number, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('exchanged_tokens')
    .set({ ended_at: at })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
