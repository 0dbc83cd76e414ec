// A refused attempt of an authenticated caller is an entry of its own, written before the answer (L1).

import { writeAudit } from '../db/audit.ts';
import type { Deps } from '../deps.ts';
import type { AuditAction } from '../domain/audit.ts';
import type { Caller } from '../domain/caller.ts';
import { concernedBy } from '../domain/concerned.ts';
import type { Resource } from '../domain/facts.ts';
import type { Reason } from '../domain/reason.ts';

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
