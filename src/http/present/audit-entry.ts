// Entries of the record as GitHub's audit log has them (reference.md section 15): moments in milliseconds, and what only this
// action has to say beside what all have.

import type { AuditEntry } from '../../domain/audit-entry.ts';

export function presentAuditEntry(entry: AuditEntry) {
  const { id, created_at, data, ...said } = entry;
  const at = created_at.getTime();
  return {
    ...data,
    '@timestamp': at,
    _document_id: String(id),
    action: said.action,
    ...{ actor: said.actor, actor_id: said.actor_id, actor_ip: said.actor_ip, actor_is_bot: isBot(entry) },
    ...{ business: said.business, business_id: said.business_id, org: said.org, org_id: said.org_id },
    ...{ repo: said.repo, repo_id: said.repo_id, repository: said.repo, repository_id: said.repo_id },
    ...{ user: said.user, user_id: said.user_id, user_agent: said.user_agent },
    ...{ hashed_token: said.hashed_token, token_id: said.token_id, token_scopes: said.token_scopes },
    programmatic_access_type: said.programmatic_access_type,
    ...{ managed_token_id: said.managed_token_id, managed_hashed_token: said.managed_hashed_token },
    ...{ request_id: said.request_id, request_access_security_header: null },
    ...{ operation_type: said.operation_type, outcome: said.outcome, reason: said.reason },
    created_at: at,
  };
}

/** A backend service, or this service itself: no person. */
function isBot({ actor_id }: AuditEntry): boolean {
  return actor_id === null;
}
