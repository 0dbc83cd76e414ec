// Writing the record. An entry is written in the transaction of its action (L1); `db` is that transaction.

import type { Kysely } from 'kysely';
import { type AuditEvent, accessTypeOf, tokenScopesOf } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import type { Database } from './schema.ts';

function actorOf({ principal }: Caller): { actor_id: number | null; actor: string | null } {
  if (principal.type === 'session' || principal.type === 'token') {
    return { actor_id: principal.person.id, actor: principal.person.login };
  }
  return { actor_id: null, actor: principal.type === 'client' ? principal.client.client_id : null };
}

/** Writes one entry. @rule L1, L2 */
export async function writeAudit(db: Kysely<Database>, caller: Caller, event: AuditEvent): Promise<void> {
  const token = caller.principal.type === 'token' ? caller.principal.token : null;
  await db
    .insertInto('audit_entries')
    .values({
      action: event.action,
      ...actorOf(caller),
      user_id: event.user?.id ?? null,
      user: event.user?.name ?? null,
      org_id: event.org?.id ?? null,
      org: event.org?.name ?? null,
      business_id: event.business?.id ?? null,
      business: event.business?.name ?? null,
      repo_id: event.repo?.id ?? null,
      repo: event.repo?.name ?? null,
      token_id: token?.id ?? null,
      hashed_token: token?.hashed_token ?? null,
      programmatic_access_type: accessTypeOf(caller),
      token_scopes: token === null ? null : tokenScopesOf(token),
      managed_token_id: event.managed_token?.id ?? null,
      managed_hashed_token: event.managed_token?.hashed_token ?? null,
      request_id: caller.request_id,
      actor_ip: caller.ip,
      user_agent: caller.user_agent,
      operation_type: event.operation_type,
      outcome: event.refused === undefined ? 'done' : 'refused',
      reason: event.refused ?? null,
      data: JSON.stringify(event.data ?? {}),
    })
    .execute();
}
