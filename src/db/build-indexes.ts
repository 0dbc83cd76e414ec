// Migrations that make or drop indexes while others write: `create index concurrently`, which knows no transaction. So such a file has
// nothing else, and may be done in part: what is there counts as done, and what an interruption left behind, an index that is invalid, is
// made anew. How long that takes, and what waits: docs/runbooks/upgrade.md.

import type pg from 'pg';
import { isDirect } from './direct.ts';

const CREATE = /^create (?:unique )?index concurrently ([a-z0-9_]+) on /;
const DROP = /^drop index concurrently ([a-z0-9_]+)$/;
/**
 * Waiting for others' transactions harms nobody. But a node of an older version that starts meanwhile waits for this one in a statement,
 * and this one would wait for that.
 */
const LOCK_TIMEOUT = '5min';

type Step = { readonly kind: 'create' | 'drop'; readonly index: string; readonly statement: string };

/** The steps of such a migration; null: it is one that is done as a whole. Throws where it is neither. */
export function indexSteps(sql: string): readonly Step[] | null {
  const statements = statementsOf(sql);
  if (!statements.some((statement) => /\bconcurrently\b/i.test(statement))) return null;
  return statements.map((statement) => {
    const created = CREATE.exec(statement)?.[1];
    const dropped = DROP.exec(statement)?.[1];
    if (created !== undefined) return { kind: 'create', index: created, statement };
    if (dropped !== undefined) return { kind: 'drop', index: dropped, statement };
    throw new Error(`beside \`concurrently\` stands what is done as a whole: ${statement}`);
  });
}

/** No text of a migration of indexes has a semicolon or two hyphens of another meaning. */
function statementsOf(sql: string): readonly string[] {
  const uncommented = sql.replace(/--.*$/gm, '');
  const statements = uncommented.split(';').map((statement) => statement.replace(/\s+/g, ' ').trim());
  return statements.filter((statement) => statement !== '');
}

/** Does what is not done yet. A pooler may give each statement another session, so there nothing is set for one. */
export async function takeIndexSteps(client: pg.Client, steps: readonly Step[]): Promise<void> {
  if (await isDirect(client)) {
    await client.query(`set statement_timeout = 0`);
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
  }
  for (const { kind, index, statement } of steps) {
    const state = await stateOf(client, index);
    if (kind === 'create' && state === 'invalid') await client.query(`drop index concurrently ${index}`);
    if (kind === 'create' ? state !== 'valid' : state !== 'absent') await client.query(statement);
  }
}

async function stateOf(client: pg.Client, index: string): Promise<'absent' | 'invalid' | 'valid'> {
  const { rows } = await client.query<{ is_valid: boolean }>(
    'select indisvalid and indisready as is_valid from pg_index where indexrelid = to_regclass($1)',
    [index],
  );
  const [found] = rows;
  if (found === undefined) return 'absent';
  return found.is_valid ? 'valid' : 'invalid';
}
