// Backend services: making, listing and deleting them and their secrets. SQL only; digests, never texts. How a client is
// found by its secret: client-facts.ts.

import { type Kysely, sql } from 'kysely';
import { CERTIFICATES, THUMBPRINTS } from './client-certificates.ts';
import type { Database } from './schema.ts';

export type NewClient = {
  readonly client_id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly audiences: readonly string[];
  /** Taken away from the paths that it asks about, where it is a gateway. */
  readonly strip_prefixes: readonly string[];
  /** The organizations to which it is bound; all of them where it is bound to none in particular (T6). */
  readonly organization_ids: readonly number[] | 'all';
  readonly digest: string;
  readonly created_at: Date;
};

/** Inserts a client with its first secret. */
export async function insertClient(db: Kysely<Database>, client: NewClient): Promise<void> {
  const { client_id, name, capabilities, audiences, strip_prefixes, organization_ids, digest, created_at } = client;
  const { id } = await db
    .insertInto('clients')
    .values({
      client_id,
      name,
      capabilities: [...capabilities],
      audiences: [...audiences],
      strip_prefixes: [...strip_prefixes],
      organizations: organization_ids === 'all' ? 'all' : 'listed',
      created_at,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await insertClientSecret(db, { client_id: id, digest, created_at });
  if (organization_ids === 'all' || organization_ids.length === 0) return;
  await sql`
    insert into client_organizations (client_id, organization_id)
    select ${id}::bigint, each from unnest(${[...organization_ids]}::bigint[]) each`.execute(db);
}

export async function insertClientSecret(
  db: Kysely<Database>,
  secret: { readonly client_id: number; readonly digest: string; readonly created_at: Date },
): Promise<void> {
  await db.insertInto('client_secrets').values(secret).execute();
}

/**
 * The present secret works until this moment, the one before it no longer: at most two live (contract 10). Null: the present
 * one ends at once too.
 */
export async function retireClientSecrets(db: Kysely<Database>, client_id: number, until: Date | null): Promise<void> {
  await db
    .deleteFrom('client_secrets')
    .where('client_id', '=', client_id)
    .where('digest', 'not like', CERTIFICATES)
    .$if(until !== null, (query) => query.where('expires_at', 'is not', null))
    .execute();
  if (until === null) return;
  await db
    .updateTable('client_secrets')
    .set({ expires_at: until })
    .where('client_id', '=', client_id)
    .where('digest', 'not like', CERTIFICATES)
    .execute();
}

export type ClientRow = {
  readonly client_id: string;
  readonly name: string;
  readonly capabilities: string[];
  readonly audiences: string[];
  readonly strip_prefixes: string[];
  readonly organizations: string;
  /** Logins, by id. */
  readonly organization_logins: readonly string[];
  /** Thumbprints. */
  readonly certificates: readonly string[];
  readonly created_at: Date;
};

const ORGANIZATION_LOGINS = sql<string[]>`array(
  select account.login from client_organizations bound join accounts account on account.id = bound.organization_id
  where bound.client_id = client.id order by account.id)`;

/** A page of all clients, oldest first, and one row more where there are more. */
export function listClients(
  db: Kysely<Database>,
  page: { readonly limit: number; readonly offset: number },
): Promise<ClientRow[]> {
  return db
    .selectFrom('clients as client')
    .select(['client.client_id', 'client.name', 'client.capabilities', 'client.audiences'])
    .select([
      'client.strip_prefixes',
      'client.organizations',
      'client.created_at',
      ORGANIZATION_LOGINS.as('organization_logins'),
      THUMBPRINTS.as('certificates'),
    ])
    .orderBy('client.id')
    .limit(page.limit + 1)
    .offset(page.offset)
    .execute();
}

/** The client with this public id, its row locked. */
export function lockClient(
  db: Kysely<Database>,
  client_id: string,
): Promise<{ readonly id: number; readonly client_id: string; readonly name: string } | undefined> {
  return db
    .selectFrom('clients')
    .select(['id', 'client_id', 'name'])
    .where('client_id', '=', client_id)
    .forUpdate()
    .executeTakeFirst();
}

/** Deletes it with its secrets. */
export async function deleteClient(db: Kysely<Database>, id: number): Promise<void> {
  await db.deleteFrom('clients').where('id', '=', id).execute();
}
