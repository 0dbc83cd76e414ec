// A refused attempt of an authenticated caller is an entry of its own, written before the answer (L1).

import { writeAudit } from '../../db/audit.ts';
import type { Deps } from '../../deps.ts';
import type { AlsoConcerned, AuditAction, AuditEvent } from '../../domain/audit.ts';
import { type Caller, personBehind } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import type { Resource } from '../../domain/facts.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { actionForKind } from '../../domain/token-audit.ts';

/** The service's own log. It is shown to nobody. */
const SERVICE: AlsoConcerned = { type: 'service', id: 0, name: 'service' };

type Refused = { readonly action: AuditAction; readonly resource: Resource; readonly refusal: Refusal };

/** What was tried at is not there, nor whose it would be. */
function isNobodys({ resource, refusal }: Refused): boolean {
  if ('tried_token' in refusal.details) return refusal.details.tried_token === undefined;
  return resource.type === 'absent' && resource.owner === undefined;
}

/** What the resource names, and what was asked for beside it: another organization, another person's token. */
function concernedAll(refused: Refused): Omit<AuditEvent, 'action' | 'operation_type'> {
  const { resource, refusal } = refused;
  const { organization, tried_token: token } = refusal.details;
  const org = organization && { id: organization.id, name: organization.login };
  const others: AlsoConcerned[] = [];
  if (org !== undefined) others.push({ type: 'organization', ...org });
  if (token !== undefined) others.push({ type: 'user', id: token.holder_id, name: token.holder });
  const managed_token = token && { id: token.id, hashed_token: token.hashed_token ?? '' };
  // An attempt at what is hidden stands in the log of whose it is; one at nobody's is to take as long (promises P18).
  if (isNobodys(refused)) others.push(SERVICE);
  return { org, ...concernedBy(resource), others, managed_token };
}

/** Writes that this caller tried this and was refused. @rule L1 */
export async function recordRefusal(deps: Deps, caller: Caller, input: Refused): Promise<void> {
  const { tried_token } = input.refusal.details;
  const person = personBehind(caller.principal);
  await writeAudit(deps.db, caller, {
    action: tried_token === undefined ? input.action : actionForKind(input.action, tried_token.kind),
    operation_type: 'access',
    ...(person !== null && { user: { id: person.id, name: person.login } }),
    ...concernedAll(input),
    refused: input.refusal.code,
  });
}
