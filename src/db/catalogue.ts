// The catalogue that was loaded last: one row with a version.

import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export type NewCatalogue = {
  /** JSON of an array of rows. */
  readonly operations: string;
  readonly operations_count: number;
  readonly changed_at: Date;
};

export type CatalogueState = { readonly version: number; readonly operations: number };

/** `operations` null: the version is the one that was named, so they are known. */
export type CatalogueRow = { readonly version: number; readonly operations: unknown };

/** Puts it in the place of the one before, and answers its version. Who does the same at once waits. */
export async function replaceCatalogue(db: Kysely<Database>, catalogue: NewCatalogue): Promise<number> {
  const { version } = await db
    .insertInto('catalogue')
    .values({ ...catalogue, version: 1 })
    .onConflict((conflict) =>
      conflict.column('is_only').doUpdateSet((row) => ({
        version: sql<number>`catalogue.version + 1`,
        operations: row.ref('excluded.operations'),
        operations_count: row.ref('excluded.operations_count'),
        changed_at: row.ref('excluded.changed_at'),
      })),
    )
    .returning('version')
    .executeTakeFirstOrThrow();
  return version;
}

/** The same for a catalogue of a file; null: this very file was the last one that was put in force, and nothing is changed. */
export async function replaceCatalogueByFile(
  db: Kysely<Database>,
  catalogue: NewCatalogue & { readonly file_digest: string },
): Promise<number | null> {
  const row = await db
    .insertInto('catalogue')
    .values({ ...catalogue, version: 1 })
    .onConflict((conflict) =>
      conflict
        .column('is_only')
        .doUpdateSet((row) => ({
          version: sql<number>`catalogue.version + 1`,
          operations: row.ref('excluded.operations'),
          operations_count: row.ref('excluded.operations_count'),
          file_digest: row.ref('excluded.file_digest'),
          changed_at: row.ref('excluded.changed_at'),
        }))
        .where('catalogue.file_digest', 'is distinct from', catalogue.file_digest),
    )
    .returning('version')
    .executeTakeFirst();
  return row?.version ?? null;
}

/** What is in force; version 0 where nothing was ever loaded. */
export async function readCatalogueState(db: Kysely<Database>): Promise<CatalogueState> {
  const row = await db.selectFrom('catalogue').select(['version', 'operations_count as operations']).executeTakeFirst();
  return row ?? { version: 0, operations: 0 };
}

/** What is in force, without its operations where its version is the known one. */
export async function readCatalogueUnless(db: Kysely<Database>, known_version: number): Promise<CatalogueRow> {
  const row = await db
    .selectFrom('catalogue')
    .select(['version', sql<unknown>`case when version <> ${known_version} then operations end`.as('operations')])
    .executeTakeFirst();
  return row ?? { version: 0, operations: [] };
}
