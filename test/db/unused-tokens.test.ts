// Tokens that nobody uses are looked for a bounded number at a time (M9): from one place to the next each is looked at once.

import fc from 'fast-check';
import { sql } from 'kysely';
import t from 'tap';
import { findUnusedTokens, OLDEST, type PlaceByAge } from '../../src/db/ended-tokens.ts';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';

const RUNS = cases({ short: 30, long: 1000 });
const TOKENS = 300;
const NOW = new Date('2026-06-01T00:00:00Z');
const YEAR_AGO = new Date('2025-06-01T00:00:00Z');

t.test('M9: whatever the size of a step, all unused tokens are found, each once and in their order', async (t) => {
  const { db } = await createDatabase(t);
  // Many of one moment, to the microsecond; used and unused, live, expired and revoked ones.
  await sql`
    with holder as (insert into accounts (type, login) values ('User', 'ada') returning id),
      person as (insert into users (id, email) select id, 'ada@example.test' from holder returning id)
    insert into tokens (kind, user_id, name, created_at, secret_issued_at, expires_at, last_used_at, revoked_at, revoked_reason,
      token_last_eight, scopes)
    select 'classic', id, 'token-' || i, now(), timestamptz '2025-05-30T00:00:00.123456Z' + interval '1 hour' * (i * 31 % 7 * 24),
      case when i % 11 = 0 then timestamptz '2026-01-01T00:00:00Z' end,
      case when i % 3 = 0 then timestamptz '2026-05-01T00:00:00Z' when i % 3 = 1 then timestamptz '2025-01-01T00:00:00Z' end,
      case when i % 13 = 0 then now() end, case when i % 13 = 0 then 'leaked' end, 'abcdefgh', '{}'
    from holder, generate_series(1, ${TOKENS}::int) i`.execute(db);
  const { rows } = await sql<{ id: number }>`
    select id from tokens where secret_issued_at < ${YEAR_AGO} and revoked_at is null and expires_at is null
      and coalesce(last_used_at < ${YEAR_AGO}, true) order by secret_issued_at, id`.execute(db);
  const expected = rows.map(({ id }) => id);
  t.ok(expected.length > 20 && expected.length < TOKENS / 2, `${expected.length} are unused`);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), async (looked_at_max, limit) => {
      const found: number[] = [];
      let steps = 0;
      for (let after: PlaceByAge | null = OLDEST; after !== null; steps += 1) {
        const query = { now: NOW, after, looked_at_max, limit };
        const step: Awaited<ReturnType<typeof findUnusedTokens>> = await findUnusedTokens(db, YEAR_AGO, query);
        if (step.tokens.length > Math.min(limit, looked_at_max)) throw new Error('more than a step may have');
        found.push(...step.tokens.map(({ id }) => id));
        after = step.next;
      }
      if (steps < TOKENS / looked_at_max / 4) throw new Error(`only ${steps} steps`);
      if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`found ${found}`);
    }),
    { numRuns: RUNS },
  );
});
