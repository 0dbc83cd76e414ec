// A world as large as a real one, inserted set-based: for the plans of the hot statements and for the bench. Everything
// follows from the size, so that two runs see the same.

import type pg from 'pg';
import { digestOf, newText } from '../../src/secrets.ts';

export interface LargeWorldSize {
  readonly people: number;
  readonly organizations: number;
  readonly repositories: number;
  /** Half of them classic, half fine-grained. */
  readonly tokens: number;
}

/** A text whose token is there, is live, and may read the contents of this repository. */
export interface WorkingToken {
  readonly id: number;
  readonly text: string;
  readonly repository: string;
}

/** The same, and whose it is. */
export interface HeldToken extends WorkingToken {
  readonly login: string;
}

const TEAMS_PER_ORGANIZATION = 5;

/** Person i, with the id i; organization i, with the id `people` + i: member of it is every person who is i modulo their number. */
async function insertAccounts(pool: pg.Pool, { people, organizations }: LargeWorldSize): Promise<void> {
  const statements = [
    `insert into accounts (id, type, login) overriding system value
       select i, 'User', 'person-' || i from generate_series(1, ${people}) i`,
    `insert into accounts (id, type, login) overriding system value
       select ${people} + i, 'Organization', 'organization-' || i from generate_series(1, ${organizations}) i`,
    `insert into users (id, email, email_verified) select i, 'person-' || i || '@example.test', true
       from generate_series(1, ${people}) i`,
    `insert into organizations (id, default_repository_permission) select ${people} + i, 'none'
       from generate_series(1, ${organizations}) i`,
    `insert into organization_token_policies (organization_id, fine_grained_tokens, approval)
       select ${people} + i, 'allowed', 'not_required' from generate_series(1, ${organizations}) i`,
    `insert into memberships (organization_id, user_id, role)
       select ${people} + 1 + i % ${organizations}, i, 'member' from generate_series(1, ${people}) i`,
  ];
  for (const statement of statements) await pool.query(statement);
}

/** Repository i belongs to organization i modulo their number; each organization's teams have all its members and repositories. */
async function insertDirectory(pool: pg.Pool, size: LargeWorldSize): Promise<void> {
  const { people, organizations, repositories } = size;
  const statements = [
    `insert into repositories (id, owner_id, name, visibility) overriding system value
       select i, ${people} + 1 + i % ${organizations}, 'repository-' || i, 'private'
       from generate_series(1, ${repositories}) i`,
    `insert into teams (id, organization_id, name, slug) overriding system value
       select i, ${people} + 1 + i % ${organizations}, 'team-' || i, 'team-' || i
       from generate_series(1, ${organizations * TEAMS_PER_ORGANIZATION}) i`,
    `insert into team_members (team_id, user_id)
       select t.id, m.user_id from teams t join memberships m on m.organization_id = t.organization_id`,
    `insert into team_repositories (team_id, repository_id, role)
       select t.id, r.id, 'read' from repositories r join teams t on t.organization_id = r.owner_id`,
    `insert into collaborators (repository_id, user_id, role)
       select i, 1 + i % ${people}, 'triage' from generate_series(1, ${repositories}) i`,
  ];
  for (const statement of statements) await pool.query(statement);
}

/** The first two repositories of the person's organization. */
const SELECTED = (size: LargeWorldSize) => `(values (first), (first + ${size.organizations})) as selected (id)`;

/** Token i belongs to person 1 + i modulo their number; a fine-grained one is for his organization. */
async function insertTokens(pool: pg.Pool, size: LargeWorldSize): Promise<readonly string[]> {
  const { people, organizations, tokens } = size;
  const texts = Array.from({ length: tokens }, (_, index) =>
    newText(index % 2 === 0 ? 'classic' : 'fine_grained', 'gth'),
  );
  await pool.query(
    `insert into tokens (id, kind, user_id, name, created_at, secret_issued_at, expires_at, token_last_eight, scopes,
       resource_owner_id, resource_owner_id_asked, permissions, repository_selection) overriding system value
     select i, kind, person, 'token-' || i, now(), now(), now() + interval '90 days', right(text, 8),
       case kind when 'classic' then array['repo'] end, owner, owner,
       case kind when 'fine_grained' then '{"contents": "read", "metadata": "read"}'::jsonb end,
       case kind when 'fine_grained' then 'subset' end
     from unnest($1::text[]) with ordinality as t (text, i),
       lateral (select 1 + i % ${people} as person, case i % 2 when 1 then 'classic' else 'fine_grained' end as kind) p,
       lateral (select case kind when 'fine_grained' then ${people} + 1 + person % ${organizations} end as owner) o`,
    [texts],
  );
  await pool.query(
    `insert into token_secrets (digest, token_id, is_current)
     select digest, i, true from unnest($1::text[]) with ordinality as t (digest, i)`,
    [texts.map(digestOf)],
  );
  await pool.query(
    `insert into grants (id, token_id, resource_owner_id, permissions, repository_selection, granted_at)
       overriding system value
     select id, id, resource_owner_id, permissions, 'subset', now() from tokens where kind = 'fine_grained'`,
  );
  await pool.query(
    `insert into grant_repositories (grant_id, repository_id)
     select t.id, selected.id from tokens t,
       lateral (select coalesce(nullif(t.user_id % ${organizations}, 0), ${organizations}) as first) f,
       lateral ${SELECTED(size)}
     where t.kind = 'fine_grained'`,
  );
  return texts;
}

/** Fills an empty database and analyses it; answers working tokens in the order of their ids. */
export async function insertLargeWorld(pool: pg.Pool, size: LargeWorldSize): Promise<readonly HeldToken[]> {
  await insertAccounts(pool, size);
  await insertDirectory(pool, size);
  const texts = await insertTokens(pool, size);
  await pool.query('analyze');
  const { people, organizations } = size;
  return texts.map((text, index) => {
    const person = 1 + ((index + 1) % people);
    const repository = person % organizations || organizations;
    const full_name = `organization-${1 + (person % organizations)}/repository-${repository}`;
    return { id: index + 1, text, login: `person-${person}`, repository: full_name };
  });
}
