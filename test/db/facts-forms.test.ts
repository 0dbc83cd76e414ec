// The hot statement has leaner forms for what is asked all the time. Whatever the world and the question, each of them answers
// exactly what the whole one answers: they are put together of the same pieces, and this shows that nothing is missing.

import type pg from 'pg';
import t, { type Test } from 'tap';
import { loadFactsRows } from '../../src/db/facts.ts';
import { type FactsParameters, formOf, type Kind } from '../../src/db/facts-form.ts';
import type { FactsRow } from '../../src/db/facts-row.ts';
import { factsStatement } from '../../src/db/facts-statement.ts';
import { digestOf } from '../../src/secrets.ts';
import { createDatabase } from '../support/database.ts';
import { depsOver } from '../support/deps-over.ts';
import { cases } from '../support/effort.ts';
import { randomDirectory, randomFrom } from '../support/random-directory.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { type Named, worldOf } from '../support/world.ts';

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

const NOWHERE = { subject_text: null, resource_type: 'none', resource_owner: null, resource_name: null } as const;
const NOBODY = { subject_type: 'token_text', subject_id: null, resource_id: null } as const;

/** In JSON, because an instant that is none cannot be printed. */
function without({ now: _now, ...row }: FactsRow): object {
  return JSON.parse(JSON.stringify(row));
}

/** What is asked for no client that is bound is answered as by the statement that knows of those. */
async function compareFree(t: Test, pool: pg.Pool, asked: readonly FactsParameters[]): Promise<void> {
  const free = asked.map((each) => ({ ...each, bounded_client_id: null }));
  const [lean, other] = await Promise.all([
    loadFactsRows(pool, free, { keeps_plans: true }),
    loadFactsRows(pool, [...free, { ...NOBODY, ...NOWHERE, bounded_client_id: 1 }], { keeps_plans: true }),
  ]);
  t.same(lean.map(without), other.slice(0, -1).map(without), 'and where no client is bound');
}

async function started(t: Test) {
  const { pool } = await createDatabase(t);
  const deps = depsOver(t, pool);
  return { pool, deps };
}

t.test(
  'F3: each form of the hot statement answers what the whole one answers, whatever is asked of whatever world',
  async (t) => {
    for (let seed = 1; seed <= WORLDS; seed += 1) {
      const { pool, deps } = await started(t);
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
      const found: Record<Kind, number> = { any: 0, granted: 0, repository: 0 };
      for (const harm of ['select 1', ...HARM].slice(0, STATES + 1)) {
        await pool.query(harm);
        for (const kind of ['granted', 'repository'] as const) {
          const asked = digests.flatMap(({ digest }) =>
            [null, null, one(names), one(names), one(names)].map((place): FactsParameters => {
              const at = kind === 'granted' ? null : (place ?? one(names));
              const bounded_client_id = random() < 0.4 ? (one(clients)?.id ?? null) : null;
              const where = { resource_owner: at?.owner ?? null, resource_name: at?.name ?? null };
              return { ...NOBODY, subject_text: digest, resource_type: kind, ...where, bounded_client_id };
            }),
          );
          t.same(formOf(asked), { kind, is_bounded: true });
          const lean = await loadFactsRows(pool, asked, { keeps_plans: random() < 0.5 });
          const whole = await loadFactsRows(pool, asked, { keeps_plans: true, kind: 'any' });
          t.equal(lean.length, asked.length);
          t.same(lean.map(without), whole.map(without), `world ${seed}, ${kind}, after: ${harm}`);
          await compareFree(t, pool, asked);
          found[kind] += lean.filter(
            (row) => (kind === 'granted' ? row.granted_repositories : row.repository_id) !== null,
          ).length;
        }
      }
      t.ok(found.granted > 20 && found.repository > 100, `much was found: ${JSON.stringify(found)}`);
    }
  },
);

t.test('questions of several kinds go to the whole statement', async (t) => {
  const text = { subject_type: 'token_text', bounded_client_id: null } as const;
  const kindOf = (questions: Parameters<typeof formOf>[0]) => formOf(questions).kind;
  t.equal(kindOf([{ ...text, resource_type: 'granted' }]), 'granted');
  t.equal(
    kindOf([
      { ...text, resource_type: 'granted' },
      { ...text, resource_type: 'repository' },
    ]),
    'any',
  );
  t.equal(
    kindOf([
      { ...text, resource_type: 'repository' },
      { ...text, subject_type: 'anonymous', resource_type: 'repository' },
    ]),
    'any',
  );
  t.equal(kindOf([{ ...text, resource_type: 'organization' }]), 'any');
  t.equal(kindOf([]), 'any');
  t.equal(formOf([{ ...text, resource_type: 'granted' }]).is_bounded, false);
  const bounded = { ...text, resource_type: 'granted', bounded_client_id: 1 } as const;
  t.equal(formOf([{ ...text, resource_type: 'granted' }, bounded]).is_bounded, true, 'T6: one that is bound is enough');
});

type Node = {
  readonly 'Node Type': string;
  readonly 'Actual Loops': number;
  readonly 'Index Searches'?: number;
  readonly Alias?: string;
  readonly Plans?: readonly Node[];
};

/** The row that is read in place of one that is not there. */
const isInstead = ({ Alias }: Node): boolean => Alias === 'own';

/** What was looked up, node by node, and how often: not what was found. */
function lookUps(node: Node): readonly string[] {
  const own = `${node['Node Type']} ${node['Actual Loops']} ${node['Index Searches'] ?? ''}`;
  return [...(isInstead(node) ? [] : [own]), ...(node.Plans ?? []).flatMap(lookUps)];
}

function readInstead(node: Node): number {
  const below = (node.Plans ?? []).reduce((sum, each) => sum + readInstead(each), 0);
  return below + (isInstead(node) ? node['Actual Loops'] : 0);
}

t.test(
  'T6, promises P18: what a client may not know of is looked up like what is not there, step by step',
  async (t) => {
    const { pool, deps } = await started(t);
    const [world, rows] = [worldOf(deps), tokenRowsOf(deps)];
    const [ada, eve] = [await world.person('ada'), await world.person('eve')];
    const [acme, other] = [await world.organization('acme', ada), await world.organization('other', eve)];
    await world.repository(acme, 'web');
    await world.client(['introspect'], [other]);
    await world.client(['introspect']);
    const { rows: clients } = await pool.query<{ id: number }>('select id from clients order by id');
    const [bounded_client_id = 0, free_client_id = 0] = clients.map(({ id }) => id);
    const granted = { selection: 'all', permissions: { contents: 'read' } } as const;
    const made = {
      fine_grained: async (of: Named, owner: Named) => rows.fineGrained(of, { owner, ...granted }),
      classic: async (of: Named) => rows.classic(of, { scopes: ['repo'] }),
      exchanged: async (of: Named, owner: Named) =>
        rows.exchanged(await rows.fineGrained(of, { owner, ...granted }), { permissions: { contents: 'read' } }),
    };
    const places = {
      granted: { resource_type: 'granted', resource_owner: null, resource_name: null },
      repository: { resource_type: 'repository', resource_owner: 'acme', resource_name: 'web' },
      any: { resource_type: 'organization', resource_owner: 'acme', resource_name: null },
    } as const;
    const client = await pool.connect();
    t.teardown(() => client.release());
    await client.query('set enable_seqscan = off; set enable_memoize = off; set jit = off');

    async function lookedUp(question: FactsParameters) {
      const { text, values } = factsStatement(formOf([question]));
      const { rows: plans } = await client.query(
        `explain (analyze, format json, timing off) ${text}`,
        values([question], ''),
      );
      const plan: Node = plans[0]['QUERY PLAN'][0].Plan;
      return { steps: lookUps(plan), instead: readInstead(plan) };
    }

    /** The steps, of which one may be another row than that which is not there. */
    async function looked(question: FactsParameters, instead: 0 | 1): Promise<readonly string[]> {
      const found = await lookedUp(question);
      t.equal(found.instead, instead, instead === 1 ? 'a row is read in its place' : 'no other row is read');
      return found.steps;
    }

    for (const [kind, place] of Object.entries(places)) {
      const of_text = (subject_text: string): FactsParameters => ({
        ...{ ...NOBODY, ...place, subject_text, bounded_client_id },
      });
      for (const [what, make] of Object.entries(made)) {
        const [hidden, seen] = [await make(ada, acme), await make(eve, other)];
        const absent = await looked(of_text(digestOf('nothing')), 1);
        t.same(await looked(of_text(hidden.digest), 0), absent, `${kind}: a ${what} token, ${absent.length} steps`);
        t.notSame(await looked(of_text(seen.digest), 0), absent, 'one that it may know of is looked up further');
      }
      const to_all = (subject_text: string) => ({ ...of_text(subject_text), bounded_client_id: free_client_id });
      const root = await rows.fineGrained(eve, { owner: other, ...granted });
      const text_for = (audience: readonly string[] | null) =>
        rows.exchanged(root, { permissions: { contents: 'read' }, audience });
      const absent_to_all = await looked(to_all(digestOf('nothing')), 0);
      t.same(
        await looked(to_all((await text_for(['https://elsewhere.example'])).digest), 0),
        absent_to_all,
        'T3: for others',
      );
      t.notSame(await looked(to_all((await text_for(null)).digest), 0), absent_to_all, 'for everybody');
      const of_id = (subject_id: number) =>
        ({ ...of_text(''), subject_type: 'token_id', subject_text: null, subject_id }) as const;
      const hidden = await made.classic(ada);
      t.same(await looked(of_id(hidden.id), 0), await looked(of_id(hidden.id + 1), 1), `${kind}: a token by its id`);
      const of_login = (subject_text: string) => ({ ...of_text(subject_text), subject_type: 'login' }) as const;
      t.same(await looked(of_login('ada'), 0), await looked(of_login('ann'), 1), `${kind}: a person`);
      t.notSame(await looked(of_login('eve'), 0), await looked(of_login('ann'), 1), 'one whom it may know of');
    }
  },
);
