// The roles of the database that are no owner: made once by who may make roles, and given their rights after every migration.

import type pg from 'pg';
import { startRefusal } from '../start-refusal.ts';
import { connectDirectly, whileLocked } from './direct.ts';
import { OWN_SCHEMA } from './own-schema.ts';
import { rightsStatements, roleNamesOf } from './role-rights.ts';
import { sqlstate, toFault } from './sqlstate.ts';

const INSUFFICIENT_PRIVILEGE = '42501';
const ALREADY_THERE = new Set(['42710', '23505']);

/** Gives the roles that there are their rights, whatever they had. Answers their names. Only the owner may. Faults: StorageUnavailable. */
export function giveRights(url: string): Promise<readonly string[]> {
  return whileLocked(url, 'role_rights', async (client) => {
    const roles = await existingRoles(client);
    if (roles.length === 0) return roles;
    try {
      const statements = await rightsStatements(client, roles);
      await client.query(['begin', ...statements, 'commit'].join(';\n'));
      return roles;
    } catch (error) {
      throw toFault(error);
    }
  });
}

/** Makes the roles, which nobody signs in as, where they are missing. Refused: who may not make roles. Faults: StorageUnavailable. */
export async function makeRoles(url: string): Promise<void> {
  const client = await connectDirectly(url);
  try {
    const { application, reader } = await namesHere(client);
    const there = await existingRoles(client);
    for (const name of [application, reader].filter((each) => !there.includes(each))) await makeRole(client, name);
  } finally {
    await client.end();
  }
}

async function makeRole(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`create role "${name}" nologin`);
  } catch (error) {
    const state = error instanceof Error ? sqlstate(error) : undefined;
    if (state !== undefined && ALREADY_THERE.has(state)) return;
    if (state !== INSUFFICIENT_PRIVILEGE) throw toFault(error);
    throw startRefusal(
      `Have an administrator of the server do \`create role "${name}" nologin\`: this role may not.`,
      error,
    );
  }
}

type Standing = {
  readonly role: string;
  readonly finds_tables: boolean;
  readonly can_work: boolean;
  readonly is_member: boolean | null;
  readonly is_too_mighty: boolean | null;
};

/** What is wrong with the role that the service signs in as; null: nothing. Only where another one owns the tables. */
export async function applicationRoleFault(url: string): Promise<string | null> {
  const client = await connectDirectly(url);
  try {
    const { application } = await namesHere(client);
    const { rows } = await client.query<Standing>(
      `select current_user::text as role, to_regclass('tokens') is not null as finds_tables,
        coalesce(has_table_privilege(to_regclass('tokens'), 'select, insert'), false) as can_work,
        (select bool_or(pg_has_role(oid, 'usage')) from pg_roles where rolname = $1) as is_member,
        (select rolsuper from pg_roles where rolname = current_user)
          or has_table_privilege(to_regclass('audit_entries'), 'update, delete, truncate')
          or has_schema_privilege(${OWN_SCHEMA}, 'create') as is_too_mighty`,
      [application],
    );
    const [found] = rows;
    // A schema that it may not use is not on its path.
    if (found?.is_member === true && !found.finds_tables)
      return `let the \`search_path\` of "${found.role}" begin with the schema of the tables, where they are not found`;
    if (found?.can_work !== true) return `grant "${application}" to "${found?.role}"`;
    if (found.is_too_mighty === true)
      return `use a role that is only a member of "${application}": "${found.role}" may change tables or the record`;
    return null;
  } finally {
    await client.end();
  }
}

async function namesHere(client: pg.ClientBase) {
  const { rows } = await client.query<{ database: string }>('select current_database() as database');
  return roleNamesOf(rows[0]?.database ?? '');
}

async function existingRoles(client: pg.ClientBase): Promise<readonly string[]> {
  const names = Object.values(await namesHere(client));
  const { rows } = await client.query<{ name: string }>(
    'select rolname::text as name from pg_roles where rolname = any($1)',
    [names],
  );
  return rows.map(({ name }) => name);
}
