// Webhooks of organizations. SQL only. The secrets leave this file only for signing (hook-messages.ts).

import { type Kysely, sql } from 'kysely';
import type { HookConfig } from '../domain/hook.ts';
import { SEALED } from '../kept-secrets.ts';
import type { Database } from './schema.ts';

export type HookRow = {
  readonly id: number;
  readonly url: string;
  readonly content_type: string;
  readonly insecure_ssl: boolean;
  readonly has_secret: boolean;
  readonly events: string[];
  readonly active: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
};

const COLUMNS = ['id', 'url', 'content_type', 'insecure_ssl', 'events', 'active', 'created_at', 'updated_at'] as const;
const HAS_SECRET = sql<boolean>`secret is not null`.as('has_secret');

type Key = { readonly organization_id: number; readonly id: number };

/** A page of the organization's hooks, oldest first, and one row more where there are more. */
export function listHooks(
  db: Kysely<Database>,
  query: { readonly organization_id: number; readonly limit: number; readonly offset: number },
): Promise<HookRow[]> {
  return db
    .selectFrom('organization_hooks')
    .select([...COLUMNS, HAS_SECRET])
    .where('organization_id', '=', query.organization_id)
    .orderBy('id')
    .limit(query.limit + 1)
    .offset(query.offset)
    .execute();
}

/** A hook of this organization. */
export function findHook(db: Kysely<Database>, key: Key): Promise<HookRow | undefined> {
  return db
    .selectFrom('organization_hooks')
    .select([...COLUMNS, HAS_SECRET])
    .where('organization_id', '=', key.organization_id)
    .where('id', '=', key.id)
    .executeTakeFirst();
}

/** The same; it is not removed before the transaction ends. */
export function holdHook(transaction: Kysely<Database>, key: Key): Promise<HookRow | undefined> {
  return transaction
    .selectFrom('organization_hooks')
    .select([...COLUMNS, HAS_SECRET])
    .where('organization_id', '=', key.organization_id)
    .where('id', '=', key.id)
    .forKeyShare()
    .executeTakeFirst();
}

/** The same with its secret, locked until the transaction ends. */
export function lockHook(
  transaction: Kysely<Database>,
  key: Key,
): Promise<(HookRow & { readonly secret: string | null }) | undefined> {
  return transaction
    .selectFrom('organization_hooks')
    .select([...COLUMNS, HAS_SECRET, 'secret'])
    .where('organization_id', '=', key.organization_id)
    .where('id', '=', key.id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** How many hooks the organization has. It is locked: no other is made meanwhile. */
export async function countHooks(transaction: Kysely<Database>, organization_id: number): Promise<number> {
  const { count } = await transaction
    .selectFrom('organization_hooks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('organization_id', '=', organization_id)
    .executeTakeFirstOrThrow();
  return count;
}

export type NewHook = HookConfig & {
  readonly organization_id: number;
  readonly events: readonly string[];
  readonly active: boolean;
  readonly at: Date;
};

export function insertHook(transaction: Kysely<Database>, { at, events, ...hook }: NewHook): Promise<HookRow> {
  return transaction
    .insertInto('organization_hooks')
    .values({ ...hook, events: [...events], created_at: at, updated_at: at })
    .returning([...COLUMNS, HAS_SECRET])
    .executeTakeFirstOrThrow();
}

export type HookChanges = {
  readonly config?: HookConfig;
  readonly events?: readonly string[];
  readonly active?: boolean;
};

/** Until when the secret before this change signs too; null: it signs no more, or there was none. */
export type PreviousSecret = { readonly secret: string; readonly until: Date } | null;

/** Changes the hook. `previous`: undefined leaves the secret before the present one as it is. */
export function updateHook(
  transaction: Kysely<Database>,
  id: number,
  { config, events, active, previous, at }: HookChanges & { readonly previous?: PreviousSecret; readonly at: Date },
): Promise<HookRow> {
  return transaction
    .updateTable('organization_hooks')
    .set({
      ...config,
      ...(events !== undefined && { events: [...events] }),
      ...(active !== undefined && { active }),
      ...(previous !== undefined && {
        previous_secret: previous?.secret ?? null,
        previous_secret_until: previous?.until ?? null,
      }),
      updated_at: at,
    })
    .where('id', '=', id)
    .returning([...COLUMNS, HAS_SECRET])
    .executeTakeFirstOrThrow();
}

/** The hook that is gone now, with all that waited to be delivered to it. */
export function deleteHook(transaction: Kysely<Database>, key: Key): Promise<HookRow | undefined> {
  return transaction
    .deleteFrom('organization_hooks')
    .where('organization_id', '=', key.organization_id)
    .where('id', '=', key.id)
    .returning([...COLUMNS, HAS_SECRET])
    .executeTakeFirst();
}

type KeptRow = {
  readonly id: number;
  readonly organization_id: number;
  readonly secret: string | null;
  readonly previous_secret: string | null;
};

/** Hooks, by id and locked, of which a secret does not begin so; null: of which one is encrypted. */
export async function listHookSecretsKeptOtherwise(
  transaction: Kysely<Database>,
  {
    beginning,
    after_id,
    limit,
  }: { readonly beginning: string | null; readonly after_id: number; readonly limit: number },
): Promise<readonly KeptRow[]> {
  const is_otherwise =
    beginning === null
      ? sql`(starts_with(secret, ${SEALED}) or starts_with(previous_secret, ${SEALED}))`
      : sql`(not starts_with(secret, ${beginning}) or not starts_with(previous_secret, ${beginning}))`;
  const { rows } = await sql<KeptRow>`
    select id, organization_id, secret, previous_secret from organization_hooks
    where id > ${after_id} and ${is_otherwise} order by id limit ${limit} for no key update`.execute(transaction);
  return rows;
}

/** The same secrets, kept otherwise. */
export async function replaceHookSecrets(
  transaction: Kysely<Database>,
  id: number,
  kept: Pick<KeptRow, 'secret' | 'previous_secret'>,
): Promise<void> {
  await transaction.updateTable('organization_hooks').set(kept).where('id', '=', id).execute();
}
