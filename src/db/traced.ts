// Statements as parts of the work that waits for them: what they do to which table, never their text or their values. Only asked for while
// somebody wants traces.

import type { LogEvent } from 'kysely';
import { tracingNow } from '../tracing.ts';

const OPERATION = /\b(select|insert|update|delete|with)\b/i;
const TABLE = /\b(?:into|from|update)\s+"?([a-z_]+(?:"?\."?[a-z_]+)?)/i;

/** `insert audit_entries`, as far as the text tells. */
function summaryOf(text: string): string {
  const operation = OPERATION.exec(text)?.[1]?.toLowerCase() ?? 'statement';
  const table = TABLE.exec(text)?.[1]?.replaceAll('"', '');
  return table === undefined ? operation : `${operation} ${table}`;
}

/** For kysely's `log`; undefined while nobody wants it. */
export function statementLog(): ((event: LogEvent) => void) | undefined {
  const tracing = tracingNow();
  if (tracing === null) return undefined;
  return ({ level, query, queryDurationMillis }) => {
    const name = summaryOf(query.sql);
    const attributes = {
      'db.system.name': 'postgresql',
      'db.query.summary': name,
      'gatehouse.failed': level === 'error',
    };
    tracing.past({ kind: 'client', name, attributes }, queryDurationMillis);
  };
}
