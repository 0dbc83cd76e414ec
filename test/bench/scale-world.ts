// A world of the size of a large platform, made set-based and without triggers and foreign keys while it is made (rows that break
// none of them): for the bench of scale. Everything follows from the number of tokens; one organization is a hundred times larger
// than the others, because listings are slow where one owner has much.

import type pg from 'pg';
import { digestOf, newText } from '../../src/secrets.ts';
import type { WorkingToken } from '../support/large-world.ts';

export interface ScaleSize {
  readonly tokens: number;
  readonly people: number;
  readonly organizations: number;
  readonly repositories: number;
  /** Tokens whose texts are known, spread over all. */
  readonly known: number;
}

const TOKENS_PER_PERSON = 10;
const KNOWN_MAX = 200_000;
/** Of the repositories, the giant's; and every fifth token is for it. */
const GIANT_PART = 10;
const REPOSITORIES_EACH = 100;
const FIRST_OF_OTHERS = REPOSITORIES_EACH / GIANT_PART;
const ENTRIES_PART = 5;
const SAMPLE_BATCH = 50_000;

export function scaleSizeOf(tokens: number): ScaleSize {
  const repositories = tokens / 2;
  return {
    tokens,
    people: tokens / TOKENS_PER_PERSON,
    organizations: repositories / REPOSITORIES_EACH,
    repositories,
    known: Math.min(KNOWN_MAX, tokens / 10),
  };
}

/** Organization 1, with the id `people` + 1. */
export const GIANT = 'organization-1';

type Step = readonly [what: string, statement: string];

/** Person i belongs to organization 1 + i modulo their number, every fifth to the giant too. */
function directory({ people, organizations, repositories }: ScaleSize): Step[] {
  const organization_of_person = `1 + i % ${organizations}`;
  return [
    [
      'accounts',
      `insert into accounts (id, type, login, created_at) overriding system value
       select i, case when i <= ${people} then 'User' else 'Organization' end,
         case when i <= ${people} then 'person-' || i else 'organization-' || i - ${people} end, now() - interval '2 years'
       from generate_series(1, ${people + organizations}) i`,
    ],
    [
      'users',
      `insert into users (id, email, email_verified) select i, 'person-' || i || '@example.test', true
       from generate_series(1, ${people}) i`,
    ],
    [
      'enterprises',
      `insert into enterprises (slug, name) select 'enterprise-' || i, 'E' || i from generate_series(1, 100) i`,
    ],
    ['policies of enterprises', 'insert into enterprise_token_policies (enterprise_id) select id from enterprises'],
    [
      'organizations',
      `insert into organizations (id, default_repository_permission, enterprise_id)
       select ${people} + i, 'none', case when i % 10 = 0 then 1 + i % 100 end from generate_series(1, ${organizations}) i`,
    ],
    [
      'policies',
      `insert into organization_token_policies (organization_id, fine_grained_tokens, approval)
       select ${people} + i, 'allowed', case when i % 2 = 0 then 'not_required' else 'required' end
       from generate_series(1, ${organizations}) i`,
    ],
    [
      'memberships',
      `insert into memberships (organization_id, user_id, role)
       select ${people} + ${organization_of_person}, i, case when i <= ${organizations} then 'admin' else 'member' end
       from generate_series(1, ${people}) i
       union all
       select ${people} + case when i % 5 = 1 then 1 else 1 + (i + ${organizations} / 2) % ${organizations} end, i, 'member'
       from generate_series(1, ${people}) i where 1 + i % ${organizations} > 1`,
    ],
    [
      'teams',
      `insert into teams (id, organization_id, name, slug) overriding system value
       select i, ${people} + 1 + (i - 1) / 4, 'team-' || i, 'team-' || i from generate_series(1, ${4 * organizations}) i`,
    ],
    [
      'members of teams',
      `insert into team_members (team_id, user_id)
       select 4 * (${organization_of_person}) - k, i from generate_series(1, ${people}) i, generate_series(0, 3) k
       union all
       select 4 - k, i from generate_series(1, ${people}) i, generate_series(0, 3) k
       where i % 5 = 1 and 1 + i % ${organizations} > 1`,
    ],
    [
      'repositories',
      `insert into repositories (id, owner_id, name, visibility, created_at) overriding system value
       select i, ${people} + case when i <= ${repositories / GIANT_PART} then 1 else 1 + i % ${organizations} end,
         'repository-' || i, case when i % 20 = 7 then 'public' else 'private' end,
         now() - interval '1 second' * (${repositories} - i)
       from generate_series(1, ${repositories}) i`,
    ],
    [
      'repositories of teams',
      `insert into team_repositories (team_id, repository_id, role)
       select 4 * (r.owner_id - ${people}) - r.id % 4, r.id, 'write' from repositories r`,
    ],
    [
      'collaborators',
      `insert into collaborators (repository_id, user_id, role)
       select i, 1 + (i::bigint * 13) % ${people}, 'triage' from generate_series(1, ${repositories}) i
       union all
       select i, 1 + (i::bigint * 17 + 1) % ${people}, 'admin' from generate_series(1, ${repositories}) i
       where i % 5 < 3 and (i::bigint * 13) % ${people} <> (i::bigint * 17 + 1) % ${people}`,
    ],
  ];
}

/** The repository with the number `k` of those of a fine-grained token's owner. */
const repositoryOf = ({ organizations, repositories }: ScaleSize, k: string) => `case
  when t.id % 10 = 0 then 1 + (t.id / 5 + ${k}) % ${repositories / GIANT_PART}
  else t.user_id % ${organizations} + ${organizations}
    * (${FIRST_OF_OTHERS} + (t.id / 2 + ${k}) % ${REPOSITORIES_EACH - FIRST_OF_OTHERS - 1}) end`;

/**
 * Token i belongs to person 1 + i modulo their number; even ones are fine-grained, every tenth for the giant, half of them for all
 * repositories.
 */
function tokens(size: ScaleSize): Step[] {
  const { people, organizations } = size;
  return [
    [
      'tokens',
      `insert into tokens (id, kind, user_id, name, created_at, secret_issued_at, expires_at, token_last_eight, last_used_at,
         scopes, resource_owner_id, resource_owner_id_asked, permissions, repository_selection) overriding system value
       select i, kind, person, 'token-' || i, made, made,
         case when i % 100 = 1 then now() + interval '1 hour' * (i / 100 % 960) else made + interval '366 days' end,
         'abcdefgh', case when i % 1000 = 3 then null else now() - interval '1 minute' * (i % 100000) end,
         case kind when 'classic' then array['repo'] end, owner, owner,
         case kind when 'fine_grained' then '{"contents": "read", "metadata": "read"}'::jsonb end,
         case when kind = 'fine_grained' then case i % 4 when 0 then 'subset' else 'all' end end
       from generate_series(1, ${size.tokens}) i,
         lateral (select 1 + i % ${people} as person, case i % 2 when 1 then 'classic' else 'fine_grained' end as kind,
           now() - interval '1 day' * (case when i % 1000 = 3 then 400 else i % 300 end) as made) p,
         lateral (select case when kind = 'classic' then null when i % 10 = 0 then ${people} + 1
           else ${people} + 1 + person % ${organizations} end as owner) o`,
    ],
    [
      'digests',
      `insert into token_secrets (digest, token_id, is_current)
       select coalesce(k.digest, encode(sha256(('text of token ' || i)::bytea), 'base64')), i, true
       from generate_series(1, ${size.tokens}) i left join known_digests k on k.token_id = i`,
    ],
    [
      'grants',
      `insert into grants (id, token_id, resource_owner_id, permissions, repository_selection, granted_at) overriding system value
       select t.id, t.id, t.resource_owner_id, t.permissions, t.repository_selection, t.created_at from tokens t
       where t.kind = 'fine_grained' order by t.id`,
    ],
    [
      'repositories of grants',
      `insert into grant_repositories (grant_id, repository_id)
       select t.id, ${repositoryOf(size, 'k')} from tokens t, generate_series(0, 1) k where t.repository_selection = 'subset'`,
    ],
    [
      'repositories of tokens',
      'insert into token_repositories (token_id, repository_id) select grant_id, repository_id from grant_repositories',
    ],
    [
      'requests',
      `insert into grant_requests (token_id, resource_owner_id, state, permissions, repository_selection, created_at)
       select t.id, t.resource_owner_id, case when t.id % 40 = 0 then 'pending' else 'approved' end, t.permissions,
         t.repository_selection, t.created_at
       from tokens t where t.kind = 'fine_grained' and t.id % 20 = 0`,
    ],
  ];
}

/** A session of everybody, and exchanged ones of every twentieth token, of both kinds, once more exchanged every second. */
function exchanged(): Step[] {
  const columns =
    'secret_digest, parent_id, depth, client_id, issued_at, expires_at, scopes, permissions, narrows_repositories, actor_ids';
  return [
    [
      'sessions',
      `insert into sessions (digest, user_id, created_at, expires_at)
       select 'session-' || id, id, now(), now() + interval '1 day' from users`,
    ],
    [
      'clients',
      `insert into clients (client_id, name, capabilities, audiences, organizations, created_at)
       values ('exchanging', 'exchanging', '{exchange}', '{}', 'all', now())`,
    ],
    [
      'exchanged tokens',
      `insert into exchanged_tokens (digest, ${columns})
       select 'exchanged-' || t.id, s.digest, null, 1, c.id, now(), now() + interval '1 hour', t.scopes, t.permissions, true, '{}'
       from tokens t join token_secrets s on s.token_id = t.id and s.is_current, clients c where t.id % 20 in (3, 16)`,
    ],
    [
      'exchanged again',
      `insert into exchanged_tokens (digest, ${columns})
       select 'again-' || digest, secret_digest, id, 2, client_id, issued_at, expires_at, scopes, permissions, true, '{}'
       from exchanged_tokens where id % 2 = 0`,
    ],
    [
      'their repositories',
      `insert into exchanged_token_repositories (exchanged_token_id, repository_id)
       select e.id, g.repository_id from exchanged_tokens e join token_secrets s on s.digest = e.secret_digest
       join grant_repositories g on g.grant_id = s.token_id`,
    ],
  ];
}

/** The giant's log; of its chain nothing is claimed. */
function record({ tokens: count, people }: ScaleSize): Step[] {
  const entries = count / ENTRIES_PART;
  return [
    [
      'audit entries',
      `insert into audit_entries (id, created_at, action, actor_id, actor, user_id, "user", org_id, org, managed_token_id,
         managed_hashed_token, actor_ip, operation_type, outcome, data) overriding system value
       select i, now() - interval '1 second' * (${entries} - i),
         (array['personal_access_token.create', 'personal_access_token.access_granted', 'repo.add_member', 'org.add_member'])[1 + i % 4],
         1 + i % ${people}, 'person-' || 1 + i % ${people}, 1 + i % ${people}, 'person-' || 1 + i % ${people}, ${people} + 1,
         '${GIANT}', i, 'digest-' || i, '192.0.2.1', 'create', 'done', '{}'
       from generate_series(1, ${entries}) i`,
    ],
    [
      'positions',
      `insert into audit_positions (log_kind, log_id, position, entry_id, hash)
       select 'organization', ${people} + 1, i, i, sha256(i::text::bytea) from generate_series(1, ${entries}) i`,
    ],
    [
      'the log',
      `insert into audit_logs (log_kind, log_id, entries, hash) values ('organization', ${people} + 1, ${entries}, sha256('')) `,
    ],
  ];
}

export interface Timed {
  readonly what: string;
  readonly rows: number;
  readonly seconds: number;
}

async function timed(client: pg.ClientBase, [what, statement]: Step): Promise<Timed> {
  const from = performance.now();
  const { rowCount } = await client.query(statement);
  return { what, rows: rowCount ?? 0, seconds: (performance.now() - from) / 1000 };
}

const TABLES =
  `accounts users organizations memberships teams team_members repositories team_repositories collaborators tokens
  token_secrets token_repositories grants grant_repositories grant_requests sessions exchanged_tokens exchanged_token_repositories
  audit_entries`.split(/\s+/);

/** The statements that make the indexes of no constraint, which are made anew when all rows are there. */
async function dropIndexes(client: pg.ClientBase): Promise<Step[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
     where i.indrelid = any ($1::regclass[]) and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)`,
    [TABLES],
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ name, definition }) => [`index ${name}`, definition]);
}

/** Fills an empty database, over a connection that may switch triggers off. Answers tokens whose texts are known. */
export async function fillScaleWorld(
  client: pg.ClientBase,
  size: ScaleSize,
  tell: (timed: Timed) => void,
): Promise<readonly WorkingToken[]> {
  await client.query(
    `set session_replication_role = replica; set work_mem = '256MB'; set maintenance_work_mem = '1GB'`,
  );
  const known = await knownTokens(client, size);
  const indexes = await dropIndexes(client);
  for (const step of [...directory(size), ...tokens(size), ...exchanged(), ...record(size), ...indexes])
    tell(await timed(client, step));
  const sequences = `select setval(pg_get_serial_sequence(t, 'id'), n) from (values ('accounts', ${size.people + size.organizations}),
    ('teams', ${4 * size.organizations}), ('repositories', ${size.repositories}), ('tokens', ${size.tokens}),
    ('grants', ${size.tokens}), ('audit_entries', ${size.tokens / ENTRIES_PART})) as s (t, n)`;
  await client.query(sequences);
  await client.query('set session_replication_role = origin');
  tell(await timed(client, ['vacuum and statistics', 'vacuum analyze']));
  return withRepositories(client, size, known);
}

/** Known texts of tokens of even places: classic and fine-grained ones, the giant's among them. */
async function knownTokens(client: pg.ClientBase, size: ScaleSize): Promise<readonly { id: number; text: string }[]> {
  const every = size.tokens / size.known;
  const known = Array.from({ length: size.known }, (_, index) => {
    const id = 1 + index * every + (index % every);
    return { id, text: newText(id % 2 === 1 ? 'classic' : 'fine_grained', 'gth') };
  });
  await client.query('create temporary table known_digests (token_id bigint primary key, digest text not null)');
  for (let from = 0; from < known.length; from += SAMPLE_BATCH) {
    const some = known.slice(from, from + SAMPLE_BATCH);
    await client.query('insert into known_digests select * from unnest($1::bigint[], $2::text[])', [
      some.map(({ id }) => id),
      some.map(({ text }) => digestOf(text)),
    ]);
  }
  return known;
}

/** Those that expire one after the other from now on, and those that nobody has used for a year. */
function isNearItsEnd(id: number): boolean {
  return id % 100 === 1 || id % 1000 === 3;
}

/** A repository that each of them reaches. */
async function withRepositories(
  client: pg.ClientBase,
  size: ScaleSize,
  known: readonly { id: number; text: string }[],
): Promise<readonly WorkingToken[]> {
  const { rows } = await client.query<{ id: string; repository: string }>(
    `select t.id, a.login || '/' || r.name as repository from known_digests k join tokens t on t.id = k.token_id
     join repositories r on r.id = case when t.kind = 'fine_grained' then ${repositoryOf(size, '0')}
       else t.user_id % ${size.organizations} + ${size.organizations} * ${FIRST_OF_OTHERS + 1} end
     join accounts a on a.id = r.owner_id`,
  );
  const at = new Map(rows.map(({ id, repository }) => [Number(id), repository]));
  return known.flatMap(({ id, text }) => {
    const repository = at.get(id);
    return repository === undefined || isNearItsEnd(id) ? [] : [{ id, text, repository }];
  });
}
