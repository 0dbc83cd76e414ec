// The record of an import (L1): an entry for each act of a batch, in its transaction, with one statement. The names of what
// is concerned are looked up here, by their ids, so that an entry says what they are called at that moment.

import { type Kysely, sql } from 'kysely';
import { type AuditAction, accessTypeOf, type OperationType } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import type { Database } from '../schema.ts';

/** What happened to what. A repository brings its owner with it, also where another is named; a team its organization. */
export type ImportEntry = {
  readonly action: AuditAction;
  readonly operation_type: OperationType;
  readonly user_id?: number | null;
  readonly org_id?: number | null;
  readonly business_id?: number | null;
  readonly repo_id?: number | null;
  readonly team_id?: number | null;
  readonly managed_token_id?: number | null;
  readonly managed_hashed_token?: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

type Id = 'user_id' | 'org_id' | 'business_id' | 'repo_id' | 'team_id' | 'managed_token_id';

/** Writes the entries. What they speak of has to be there: entries of deletions are written before them. @rule L1, L2 */
export async function writeImportEntries(
  db: Kysely<Database>,
  caller: Caller,
  entries: readonly ImportEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const ids = (name: Id) => sql`${entries.map((each) => each[name] ?? null)}::bigint[]`;
  const actor = caller.principal.type === 'client' ? caller.principal.client.client_id : null;
  await sql`
    insert into audit_entries (action, actor, user_id, "user", org_id, org, business_id, business, repo_id, repo,
      programmatic_access_type, managed_token_id, managed_hashed_token, request_id, actor_ip, user_agent,
      operation_type, outcome, data)
    select entry.action, ${actor}, person.id, person.login, org.id, org.login, business.id, business.slug,
      repository.id, owner.login || '/' || repository.name, ${accessTypeOf(caller)}, entry.managed_token_id,
      entry.managed_hashed_token, ${caller.request_id}, ${caller.ip}, ${caller.user_agent}, entry.operation_type, 'done',
      entry.data::jsonb
        || case when team.id is null then '{}' else jsonb_build_object('team', team.slug, 'team_id', team.id) end
        || case when owner.id is null or owner.id in (org.id, person.id) then '{}'
          else jsonb_build_object('also_concerns', jsonb_build_array(
            jsonb_build_object('type', lower(owner.type), 'id', owner.id, 'name', owner.login))) end
    from unnest(
      ${entries.map((each) => each.action)}::text[], ${entries.map((each) => each.operation_type)}::text[],
      ${ids('user_id')}, ${ids('org_id')}, ${ids('business_id')}, ${ids('repo_id')}, ${ids('team_id')},
      ${ids('managed_token_id')}, ${entries.map((each) => each.managed_hashed_token ?? null)}::text[],
      ${entries.map((each) => JSON.stringify(each.data))}::text[])
      with ordinality as entry (action, operation_type, user_id, org_id, business_id, repo_id, team_id,
        managed_token_id, managed_hashed_token, data, n)
    left join teams team on team.id = entry.team_id
    left join repositories repository on repository.id = entry.repo_id
    left join accounts owner on owner.id = repository.owner_id
    left join accounts org on org.id = coalesce(
      entry.org_id, team.organization_id, case when owner.type = 'Organization' then owner.id end)
    left join enterprises business on business.id = entry.business_id
    left join accounts person on person.id = coalesce(
      entry.user_id, case when owner.type = 'User' then owner.id end)
    order by entry.n`.execute(db);
}
