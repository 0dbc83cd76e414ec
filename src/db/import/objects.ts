// What is known of imported objects: which of ours they are, their last version, and their tombstones (F4). SQL only.

import { type Kysely, sql } from 'kysely';
import { type ImportType, keyOf, RELATIONS, type Reference, type RelationType } from '../../domain/import-line.ts';
import {
  emailClaim,
  type KnownObject,
  loginClaim,
  pairClaim,
  repositoryClaim,
  slugClaim,
  teamClaim,
} from '../../domain/import-plan.ts';
import type { Database } from '../schema.ts';

type KnownRow = {
  readonly type: ImportType;
  readonly external_id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly fingerprint: string;
  readonly object_id: number | null;
  readonly second_id: number | null;
  readonly suspended: boolean;
  /** The present name, and whose it is one; null where the object is gone. */
  readonly name: string | null;
  readonly email: string | null;
  readonly parent_id: number | null;
};

/** What is known of these objects, by their keys. Laterals, because each is one look-up by a primary key. */
export async function loadKnown(
  db: Kysely<Database>,
  references: readonly Reference[],
): Promise<Map<string, KnownObject>> {
  const { rows } = await sql<KnownRow>`
    select known.type, known.external_id, known.version, known.deleted, known.fingerprint, known.object_id,
      known.second_id, known.suspended, present.name, present.email, present.parent_id
    from unnest(${references.map((each) => each.type)}::text[], ${references.map((each) => each.external_id)}::text[])
      as asked (type, external_id)
    join lateral (
      select each.* from imported_objects each
      where each.type = asked.type and each.external_id = asked.external_id offset 0
    ) known on true
    left join lateral (
      select account.login as name, person.email, null::bigint as parent_id
      from users person join accounts account on account.id = person.id
      where known.type = 'user' and person.id = known.object_id
      union all
      select account.login, null, organization.enterprise_id
      from organizations organization join accounts account on account.id = organization.id
      where known.type = 'organization' and organization.id = known.object_id
      union all
      select each.slug, null, null from enterprises each where known.type = 'enterprise' and each.id = known.object_id
      union all
      select each.slug, null, each.organization_id from teams each
      where known.type = 'team' and each.id = known.object_id
      union all
      select each.name, null, each.owner_id from repositories each
      where known.type = 'repository' and each.id = known.object_id
    ) present on true`.execute(db);
  return new Map(rows.map((row) => [keyOf(row), knownOf(row)]));
}

function knownOf({ name, email, ...row }: KnownRow): KnownObject {
  const present = row.type in RELATIONS ? !row.deleted : name !== null;
  return { ...row, present, names: row.deleted ? [] : namesIn({ ...row, name, email }) };
}

function namesIn({ type, name, email, parent_id, object_id, second_id }: KnownRow): readonly string[] {
  if (type in RELATIONS) return [pairClaim(type as RelationType, object_id ?? 0, second_id ?? 0)]; // `in` says so
  if (name === null) return [];
  if (type === 'user') return [loginClaim(name), emailClaim(email ?? '')];
  if (type === 'organization') return [loginClaim(name)];
  if (type === 'enterprise') return [slugClaim(name)];
  return [type === 'team' ? teamClaim(parent_id ?? 0, name) : repositoryClaim(parent_id ?? 0, name)];
}

export type ObjectRecord = Reference & {
  readonly version: number;
  readonly deleted: boolean;
  readonly fingerprint: string;
  readonly object_id: number | null;
  readonly second_id: number | null;
  readonly suspended: boolean;
};

/** Remembers what these objects are now. A version that is not newer changes nothing. */
export async function saveKnown(db: Kysely<Database>, records: readonly ObjectRecord[]): Promise<void> {
  const column = <Name extends keyof ObjectRecord>(name: Name) => records.map((each) => each[name]);
  await sql`
    insert into imported_objects
      (type, external_id, version, deleted, fingerprint, object_id, second_id, suspended)
    select * from unnest(
      ${column('type')}::text[], ${column('external_id')}::text[], ${column('version')}::bigint[],
      ${column('deleted')}::boolean[], ${column('fingerprint')}::text[], ${column('object_id')}::bigint[],
      ${column('second_id')}::bigint[], ${column('suspended')}::boolean[])
    on conflict (type, external_id) do update set
      version = excluded.version, deleted = excluded.deleted, fingerprint = excluded.fingerprint,
      object_id = excluded.object_id, second_id = excluded.second_id, suspended = excluded.suspended
    where imported_objects.version < excluded.version`.execute(db);
}

/** Of pairs that are there, those that belong to a line: the relation's own, or (membership) that of its organization. */
export async function holdersOf(
  db: Kysely<Database>,
  type: RelationType,
  pairs: readonly (readonly [number, number])[],
): Promise<Map<string, { readonly type: ImportType; readonly external_id: string }>> {
  const { rows } = await sql<{ first: number; second: number; type: ImportType; external_id: string }>`
    select asked.first, asked.second, holder.type, holder.external_id
    from unnest(${pairs.map(([first]) => first)}::bigint[], ${pairs.map(([, second]) => second)}::bigint[])
      as asked (first, second)
    join lateral (
      select each.type, each.external_id from imported_objects each
      where each.type = any(${type === 'membership' ? [type, 'organization'] : [type]}::text[])
        and each.object_id = asked.first and each.second_id = asked.second
      order by each.type = ${type} desc limit 1
    ) holder on true`.execute(db);
  return new Map(rows.map(({ first, second, ...holder }) => [pairClaim(type, first, second), holder]));
}
