// A row that others name and that is not there: foreign keys forbid it, and whoever breaks them is judged by what is left. Every
// reference of the tables that a check reads is broken, one row at a time; nothing may then be allowed that was not allowed before, or
// that the proper deletion of the row would have ended (F3, promises P7).

import type pg from 'pg';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { factsStatement } from '../../src/db/facts-statement.ts';
import { decide, judgeCredential } from '../../src/domain/decide.ts';
import { subjectOf } from '../../src/facts/shown.ts';
import type { FactsQuestion } from '../../src/facts/source.ts';
import { createStrictFacts } from '../../src/facts/strict.ts';
import { seed } from '../rules/tape.ts';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { randomDirectory, randomFrom } from '../support/random-directory.ts';
import { worldOf } from '../support/world.ts';

type Queries = Pick<pg.PoolClient, 'query'>;

/** A row that another one names, as the catalogue of the database knows it. */
type Reference = {
  readonly name: string;
  readonly child: string;
  readonly parent: string;
  readonly columns: readonly (readonly [string, string])[];
};

/** A row of `parent` that one of `child` names. */
type Gone = { readonly child: string; readonly parent: string; readonly at: string; readonly row: string };

/** Those of the tables that a check reads. */
async function referencesOf(client: Queries): Promise<readonly Reference[]> {
  const { text } = factsStatement({ kind: 'any', is_bounded: true });
  const read = [...text.matchAll(/\b(?:from|join)\s+([a-z_]+)\b/g)].map(([, name]) => name ?? '');
  const { rows } = await client.query(
    `select key.conname as name, key.conrelid::regclass::text as child, key.confrelid::regclass::text as parent,
       (select json_agg(json_build_array(
           (select attname from pg_attribute where attrelid = key.conrelid and attnum = pair.own),
           (select attname from pg_attribute where attrelid = key.confrelid and attnum = pair.other)))
         from unnest(key.conkey, key.confkey) as pair (own, other)) as columns
     from pg_constraint key where key.contype = 'f' and key.conrelid::regclass::text = any ($1)
       and key.confrelid <> 'clients'::regclass -- who asks was found before he asks
     order by child, parent`,
    [read],
  );
  return rows;
}

const ASKED = [
  'metadata:read',
  'contents:write',
  'administration:write',
  'members:read',
  'organization_administration:write',
];

/** Everything that these questions are answered with a yes, and what introspection would show. */
async function allowedBy(client: Queries, questions: readonly FactsQuestion[]): Promise<readonly string[]> {
  const strict = createStrictFacts(client as pg.Pool, () => new Date());
  const loaded = await strict.loadAll(questions);
  return loaded.flatMap((facts, index) => {
    const subject = subjectOf(facts.subject, facts.now);
    if (subject === null || judgeCredential(subject, facts.now) !== null) return [];
    const token = subject.type === 'token' ? subject.token : null;
    const held =
      token?.kind === 'fine_grained' ? Object.entries(token.grant?.permissions ?? {}) : (token?.scopes ?? []);
    const listed = facts.granted_repositories ?? [];
    // Where a policy is missing public reads stay open, as F2 has it: they show what a stranger may see.
    const decided = ASKED.filter((name) => {
      const [permission = '', level = ''] = name.split(':');
      const ask = { type: 'permission', permission, level } as const;
      const { effect, reason } = decide({ subject, resource: facts.resource }, { ask }, facts.now);
      return effect === 'allow' && reason !== 'public_read';
    });
    return [...decided, 'known', ...held.map(String), ...listed.map(({ full_name }) => full_name)].map(
      (each) => `${index} ${each}`,
    );
  });
}

/** Any of the questions that may be asked of a directory, the same for the same number. */
async function someQuestions(client: Queries, of: number): Promise<readonly FactsQuestion[]> {
  const random = randomFrom(of);
  const one = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const all = async (text: string): Promise<readonly string[]> =>
    (await client.query(text)).rows.map(({ it }) => String(it));
  const [digests, logins, ids, names, clients] = [
    await all('select digest as it from token_secrets union all select digest from exchanged_tokens'),
    await all(`select login as it from accounts where type = 'User'`),
    await all('select id as it from tokens'),
    await all(`select a.login || '/' || r.name as it from repositories r join accounts a on a.id = r.owner_id`),
    await all('select id as it from clients'),
  ];
  return Array.from({ length: QUESTIONS }, (): FactsQuestion => {
    const [owner = '', name = ''] = one(names).split('/');
    return {
      subject: one([
        ...Array.from({ length: 3 }, () => ({ type: 'token_text', digest: one(digests) }) as const),
        { type: 'login', login: one(logins) },
        { type: 'token_id', id: Number(one(ids)) },
      ]),
      resource: one([
        { type: 'granted' },
        { type: 'repository', owner, name },
        { type: 'repository', owner, name },
        { type: 'account', login: owner },
        { type: 'enterprise', slug: 'corp' },
      ]),
      bounded_client_id: random() < 0.3 ? Number(one(clients)) : null,
    };
  });
}

const QUESTIONS = cases({ short: 75, long: 400 });
const DIRECTORIES = cases({ short: 1, long: 6 });
const PARENTS = cases({ short: 1, long: 5 });

/** Some rows of every table that is named by another. */
async function goneOf(client: Queries, references: readonly Reference[], of: number): Promise<readonly Gone[]> {
  const gone: Gone[] = [];
  for (const { child, parent, columns } of references) {
    const named = columns.map(([own, other]) => `c.${own} = p.${other}`).join(' and ');
    const { rows } = await client.query(
      `select p.ctid::text as at, to_json(p)::text as row from ${parent} p where exists (select 1 from ${child} c where ${named})
       order by md5(p.ctid::text || $1) limit ${PARENTS}`,
      [String(of)],
    );
    gone.push(...rows.map(({ at, row }) => ({ child, parent, at, row })));
  }
  return gone;
}

/** What each of these rows' absence allows beyond what there was before, or what its deletion leaves; and how much was lost. */
async function excessOf(client: Queries, of: number) {
  const questions = await someQuestions(client, of);
  const before = new Set(await allowedBy(client, questions));

  /** What is allowed without each of these rows, after the statement that comes first; nothing of it stays. */
  async function withoutEach(first: string, gone: readonly Gone[]): Promise<readonly (readonly string[])[]> {
    await client.query(`begin; ${first}`);
    const allowed: (readonly string[])[] = [];
    for (const { parent, at } of gone) {
      await client.query(`savepoint whole; delete from ${parent} where ctid = '${at}'`);
      allowed.push(await allowedBy(client, questions));
      await client.query('rollback to savepoint whole; release savepoint whole');
    }
    await client.query('rollback');
    return allowed;
  }

  const references = await referencesOf(client);
  const gone = await goneOf(client, references, of);
  const deleted = await withoutEach('select 1', gone);
  const free = references.map(({ child, name }) => `alter table ${child} drop constraint ${name}`).join('; ');
  const missing = await withoutEach(free, gone);
  return gone.map(({ child, parent, row }, index) => {
    const then = new Set(deleted[index]);
    const now = missing[index] ?? [];
    const more = now.filter((each) => !before.has(each) || !then.has(each));
    return {
      what: `${child} names ${parent} ${row.slice(0, 200)}`,
      more: more.map((each) => `${each}: ${JSON.stringify(questions[Number.parseInt(each, 10)])}`),
      lost: before.size - now.length,
    };
  });
}

/** A directory of this number, on one connection. */
async function connectDirectory(t: Test, of: number): Promise<Queries> {
  const { pool } = await createDatabase(t);
  const log = pino({ level: 'silent' });
  const deps = composeDeps({ pool, config: loadConfig({ CACHE_MIB: '4' }), clock: () => new Date(), log });
  t.teardown(() => deps.freshness.stop());
  const { organizations } = await randomDirectory(deps, of);
  await worldOf(deps).client(['introspect'], organizations.slice(0, 2));
  await pool.query(
    `insert into exchanged_tokens (digest, secret_digest, parent_id, depth, client_id, issued_at, expires_at, scopes, permissions,
       narrows_repositories, actor_ids)
     select 'again-' || digest, secret_digest, id, 2, client_id, issued_at, expires_at, scopes, permissions, false, '{}'
     from exchanged_tokens`,
  );
  const client = await pool.connect();
  t.teardown(() => client.release());
  return client;
}

t.test('F3: a row that others name and that is not there allows nothing that its deletion would not', async (t) => {
  const first = seed();
  t.comment(`SEED=${first}`);
  for (let of = first; of < first + DIRECTORIES; of += 1) {
    const all = await excessOf(await connectDirectory(t, of), of);
    for (const { what, more } of all) t.same(more, [], what);
    const lost = all.reduce((sum, each) => sum + each.lost, 0);
    t.ok(lost > 0, `of ${all.length} rows, ${lost} times something was allowed no more`);
  }
});

/** The number of a directory whose enterprise says something, if the right rows are drawn; else those after it are tried. */
const BITTEN = 5;
const TRIED_MAX = 12;

/** As it was once: whoever belongs to an enterprise that is not there belongs to none. A session may know the other by its name. */
function forgetful<Asked extends { readonly text: string }>(asked: Asked): Omit<Asked, 'name'> {
  const text = asked.text.replace('org.id, org.enterprise_id,', 'org.id, enterprise.id,');
  return { ...asked, name: undefined, text };
}

t.test('the comparison sees a statement that takes whatever is missing for nothing', async (t) => {
  const isSeenIn = async (of: number): Promise<boolean> => {
    const client = await connectDirectory(t, of);
    const query = (asked: string | { readonly text: string }, values?: unknown[]) =>
      typeof asked === 'string' ? client.query(asked, values) : client.query(forgetful(asked));
    const all = await excessOf({ query } as unknown as Queries, of);
    return all.some(({ more }) => more.length > 0);
  };
  let of = BITTEN;
  while (of < BITTEN + TRIED_MAX && !(await isSeenIn(of))) of += 1;
  t.ok(of < BITTEN + TRIED_MAX, `it is seen in directory ${of}`);
});
