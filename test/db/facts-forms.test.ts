// The hot statement has leaner forms for what is asked all the time. Whatever the world and the question, each of them answers
// exactly what the whole one answers: they are put together of the same pieces, and this shows that nothing is missing.

import { pino } from 'pino';
import t from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { loadFactsRows } from '../../src/db/facts.ts';
import type { FactsRow } from '../../src/db/facts-row.ts';
import { type FactsParameters, type Form, formOf } from '../../src/db/facts-statement.ts';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { randomDirectory, randomFrom } from '../support/random-directory.ts';
import { worldOf } from '../support/world.ts';

const WORLDS = cases({ short: 1, long: 5 });
/** Of each world, ever more of it is broken or taken away. */
const STATES = 8;

/** What no code of ours would do at once, one statement a state: rows that are missing are questions too. */
const HARM = [
  'delete from memberships where random() < 0.3',
  `update users set suspended_at = 'infinity' where random() < 0.2`,
  'delete from organization_token_policies where random() < 0.2',
  `update token_secrets set is_current = false, expires_at = '10000-01-01Z' where random() < 0.3`,
  'update grants set resource_owner_id = (select min(id) from users) where random() < 0.3',
  'delete from grant_repositories where random() < 0.4',
  'delete from enterprise_token_policies',
  // To somebody who has none, so that no name is taken.
  `update repositories set owner_id = (select id from accounts where login = 'Dee')
     where id in (select max(id) from repositories group by name_key)`,
];

const NOBODY = { subject_type: 'token_text', subject_id: null, resource_id: null } as const;

/** In JSON, because an instant that is none cannot be printed. */
function without({ now: _now, ...row }: FactsRow): object {
  return JSON.parse(JSON.stringify(row));
}

t.test(
  'F3: each form of the hot statement answers what the whole one answers, whatever is asked of whatever world',
  async (t) => {
    for (let seed = 1; seed <= WORLDS; seed += 1) {
      const { pool } = await createDatabase(t);
      const deps = composeDeps({
        pool,
        config: loadConfig({ CACHE_MIB: '4' }),
        clock: () => new Date(),
        log: pino({ level: 'silent' }),
      });
      t.teardown(() => deps.freshness.stop());
      const { organizations } = await randomDirectory(deps, seed);
      await worldOf(deps).client(['introspect'], organizations.slice(0, 2));
      const { rows: digests } = await pool.query<{ digest: string }>(
        `select digest from token_secrets union all select digest from exchanged_tokens union all select 'unknown'`,
      );
      const { rows: names } = await pool.query<{ owner: string; name: string }>(
        `select a.login_key as owner, r.name_key as name from repositories r join accounts a on a.id = r.owner_id
       union all select 'zeta', 'absent' union all select 'nobody', 'a' union all select null, null`,
      );
      const { rows: clients } = await pool.query<{ id: number }>('select id from clients');
      const random = randomFrom(seed);
      const one = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
      const found: Record<Form, number> = { any: 0, granted: 0, repository: 0 };
      for (const harm of ['select 1', ...HARM].slice(0, STATES + 1)) {
        await pool.query(harm);
        for (const form of ['granted', 'repository'] as const) {
          const asked = digests.flatMap(({ digest }) =>
            [null, null, one(names), one(names), one(names)].map((place): FactsParameters => {
              const at = form === 'granted' ? null : (place ?? one(names));
              const bounded_client_id = random() < 0.4 ? (one(clients)?.id ?? null) : null;
              const where = { resource_owner: at?.owner ?? null, resource_name: at?.name ?? null };
              return { ...NOBODY, subject_text: digest, resource_type: form, ...where, bounded_client_id };
            }),
          );
          t.equal(formOf(asked), form);
          const lean = await loadFactsRows(pool, asked, { keeps_plans: random() < 0.5 });
          const whole = await loadFactsRows(pool, asked, { keeps_plans: true, form: 'any' });
          t.equal(lean.length, asked.length);
          t.same(lean.map(without), whole.map(without), `world ${seed}, ${form}, after: ${harm}`);
          found[form] += lean.filter(
            (row) => (form === 'granted' ? row.granted_repositories : row.repository_id) !== null,
          ).length;
        }
      }
      t.ok(found.granted > 20 && found.repository > 100, `much was found: ${JSON.stringify(found)}`);
    }
  },
);

t.test('questions of several kinds go to the whole statement', async (t) => {
  const text = { subject_type: 'token_text' } as const;
  t.equal(formOf([{ ...text, resource_type: 'granted' }]), 'granted');
  t.equal(
    formOf([
      { ...text, resource_type: 'granted' },
      { ...text, resource_type: 'repository' },
    ]),
    'any',
  );
  t.equal(
    formOf([
      { ...text, resource_type: 'repository' },
      { subject_type: 'anonymous', resource_type: 'repository' },
    ]),
    'any',
  );
  t.equal(formOf([{ ...text, resource_type: 'organization' }]), 'any');
  t.equal(formOf([]), 'any');
});
