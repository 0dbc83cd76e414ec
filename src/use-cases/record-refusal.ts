// A refused attempt of an authenticated caller is an entry of its own, written before the answer (L1).

import { writeAudit } from '../db/audit.ts';
import type { Deps } from '../deps.ts';
import type { AuditAction, AuditEvent } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import { type Concerned, concernedBy } from '../domain/concerned.ts';
import type { Resource } from '../domain/facts.ts';
import type { Reason } from '../domain/reason.ts';

type Refused = {
  readonly action: AuditAction;
  readonly resource: Resource;
  readonly reason: Reason;
  /** What was asked for beside the resource. */
  readonly organization?: { readonly id: number; readonly login: string } | undefined;
};

/** The organization that was asked for, and what the resource names: the two may be different ones. */
function concernedBoth({ resource, organization }: Refused): Concerned & Pick<AuditEvent, 'others'> {
  if (organization === undefined) return concernedBy(resource);
  const { id, login: name } = organization;
  return { org: { id, name }, ...concernedBy(resource), others: [{ type: 'organization', id, name }] };
}

/** Writes that this caller tried this and was refused. @rule L1 */
export async function recordRefusal(deps: Deps, caller: Caller, input: Refused): Promise<void> {
  const { principal } = caller;
  const self =
    principal.type === 'session' || principal.type === 'token'
      ? { user: { id: principal.person.id, name: principal.person.login } }
      : {};
  await writeAudit(deps.db, caller, {
    action: input.action,
    operation_type: 'access',
    ...self,
    ...concernedBoth(input),
    refused: input.reason,
  });
}
