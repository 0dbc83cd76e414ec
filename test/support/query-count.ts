// Counts the statements that reach the database, whoever puts them: what must be refused before it is asked, is.

import pg from 'pg';

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
export async function statementsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const put: string[] = [];
  const restore = onStatement((name) => void (isStanding(name) || put.push(name)));
  try {
    await work();
  } finally {
    restore();
  }
  return put;
}

type OnStatement = (name: string, client: pg.Client) => void;

/**
 * Tells of every statement that a client puts, by its name or text, until it is told to stop. Not tap's `intercept`, which keeps a stack
 * and the answer of each.
 */
export function onStatement(tell: OnStatement): () => void {
  const { query } = pg.Client.prototype;
  function told(this: pg.Client, ...args: unknown[]): unknown {
    const [first] = args;
    const named = first as { name?: string; text?: string };
    tell(typeof first === 'string' ? first : (named.name ?? named.text ?? 'unknown'), this);
    return Reflect.apply(query, this, args);
  }
  Object.assign(pg.Client.prototype, { query: told });
  return () => void Object.assign(pg.Client.prototype, { query });
}
