// A refused attempt of an authenticated caller is an entry of its own, written before the answer (L1).

import { writeAudit } from '../db/audit.ts';
import type { Deps } from '../deps.ts';
import type { AuditAction, AuditEvent } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import type { Resource } from '../domain/facts.ts';
import type { Reason } from '../domain/reason.ts';

type Concerned = Pick<AuditEvent, 'org' | 'repo' | 'business' | 'user'>;

function concernedBy(resource: Resource): Concerned {
  switch (resource.type) {
    case 'organization':
      return { org: { id: resource.organization.id, name: resource.organization.login } };
    case 'repository': {
      const repo = { id: resource.id, name: `${resource.owner.login}/${resource.name}` };
      const owner = { id: resource.owner.id, name: resource.owner.login };
      return resource.owner.type === 'Organization' ? { repo, org: owner } : { repo, user: owner };
    }
    case 'enterprise':
      return { business: { id: resource.enterprise.id, name: resource.enterprise.slug } };
    case 'user':
      return { user: { id: resource.id, name: resource.login } };
    case 'none':
    case 'absent':
      return {};
  }
}

/** Writes that this caller tried this and was refused. @rule L1 */
export async function recordRefusal(
  deps: Deps,
  caller: Caller,
  input: { readonly action: AuditAction; readonly resource: Resource; readonly reason: Reason },
): Promise<void> {
  const { principal } = caller;
  const self =
    principal.type === 'session' || principal.type === 'token'
      ? { user: { id: principal.person.id, name: principal.person.login } }
      : {};
  await writeAudit(deps.db, caller, {
    action: input.action,
    operation_type: 'access',
    ...self,
    ...concernedBy(input.resource),
    refused: input.reason,
  });
}
