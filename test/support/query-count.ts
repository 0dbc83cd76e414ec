// Counts the statements that reach the database, whoever puts them: what must be refused before it is asked, is.

import pg from 'pg';
import type { Test } from 'tap';

/** What a node asks whoever calls: who its backend services are, the commits, the version of the catalogue. */
export function isStanding(name: string): boolean {
  return (
    name === 'clients' ||
    name === 'changes' ||
    /^(?:update|insert into) nodes /.test(name) ||
    name === 'select pg_backend_pid() as pid' ||
    name.startsWith('update database_lineage ') ||
    name.startsWith('listen ') ||
    name.startsWith('select "version", case')
  );
}

/** The names or texts of the statements that are put while the work is done, but for the standing ones. */
export async function statementsOf(t: Test, work: () => Promise<unknown>): Promise<readonly string[]> {
  const put: string[] = [];
  const { query } = pg.Client.prototype;
  const counted = t.intercept(pg.Client.prototype, 'query', {
    configurable: true,
    writable: true,
    value(this: pg.Client, ...args: unknown[]) {
      const [first] = args;
      const named = first as { name?: string; text?: string };
      const name = typeof first === 'string' ? first : (named.name ?? named.text ?? 'unknown');
      if (!isStanding(name)) put.push(name);
      return Reflect.apply(query, this, args);
    },
  });
  try {
    await work();
  } finally {
    counted.restore();
  }
  return put;
}
