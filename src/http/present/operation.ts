// An operation as the list of operations shows it, in the members in which a catalogue is loaded (C2).

import type { Operation } from '../../domain/operation.ts';
import { acceptedScopes, requirementOf } from '../../domain/requirement.ts';
import type { OperationShape } from '../schemas/vocabulary.ts';

/** Whether a fine-grained token needs no permission: where none is let in, permissions are not what is missing. @rule C1 */
export function isPermissionless({ permissionless, no_fine_grained }: Operation): boolean {
  return permissionless && no_fine_grained !== true;
}

export function presentOperation(operation: Operation): OperationShape {
  const { method, template, permission_sets, public_read, classic_scopes, resource } = operation;
  const requirement = requirementOf({ ask: { type: 'operation', operation } });
  return {
    method,
    path: template,
    permission_sets: permission_sets.map((set) => ({ ...set })),
    permissionless: isPermissionless(operation),
    public_read,
    classic_scopes: classic_scopes === null ? null : [...classic_scopes],
    accepted_scopes: requirement === null ? [] : [...acceptedScopes(requirement)],
    resource,
  };
}
