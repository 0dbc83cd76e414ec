// The key that seals tokens of pages: one for all nodes, made with the table, the same for good.

import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

async function readKey(db: Kysely<Database>): Promise<Buffer> {
  const { key } = await db.selectFrom('page_key').select('key').executeTakeFirstOrThrow();
  return key;
}

/** Asks the database once; after a fault, again. Faults: StorageUnavailable. */
export function createPageKey(db: Kysely<Database>): () => Promise<Buffer> {
  let known: Promise<Buffer> | null = null;
  return () => {
    const asked = known ?? readKey(db);
    known = asked;
    asked.catch(() => {
      if (known === asked) known = null;
    });
    return asked;
  };
}
