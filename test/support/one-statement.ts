// One statement on a connection of its own, for servers that a test starts and stops: nothing of it is left when the server ends.

import pg from 'pg';

export async function oneStatement(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}
