// Certificates of backend services (RFC 8705), by their thumbprints. SQL only. A thumbprint stands where the digests of secrets stand,
// under a name that no digest has, so that everything that knows a client by a secret knows it by a certificate: what a secret's
// text hashes to is never taken for one.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

const PREFIX = 'x5t#S256:';
/** For `like`: of what this prefix begins. */
export const CERTIFICATES = `${PREFIX}%`;

/** What a certificate is known by, in place of the digest of a secret. */
export function certificateDigest(thumbprint: string): string {
  return `${PREFIX}${thumbprint}`;
}

/** The thumbprints of `client`, in the order of the alphabet. */
export const THUMBPRINTS = sql<string[]>`array(
  select substr(secret.digest, ${PREFIX.length + 1}::int) from client_secrets secret
  where secret.client_id = client.id and secret.digest like ${CERTIFICATES} order by secret.digest)`;

/** Takes away all certificates of the client, then gives it these. Violates `client_secrets_pkey` where one is another client's. */
export async function replaceCertificates(
  db: Kysely<Database>,
  { client_id, thumbprints, created_at }: { client_id: number; thumbprints: readonly string[]; created_at: Date },
): Promise<void> {
  await db
    .deleteFrom('client_secrets')
    .where('client_id', '=', client_id)
    .where('digest', 'like', CERTIFICATES)
    .execute();
  if (thumbprints.length === 0) return;
  const rows = thumbprints.map((each) => ({ client_id, digest: certificateDigest(each), created_at }));
  await db.insertInto('client_secrets').values(rows).execute();
}

/** The public id of the client that has the certificate. */
export async function findClientOfCertificate(db: Kysely<Database>, thumbprint: string): Promise<string | undefined> {
  const found = await db
    .selectFrom('client_secrets as secret')
    .innerJoin('clients as client', 'client.id', 'secret.client_id')
    .select('client.client_id')
    .where('secret.digest', '=', certificateDigest(thumbprint))
    .executeTakeFirst();
  return found?.client_id;
}
