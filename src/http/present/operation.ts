// An operation as the list of operations shows it, in the members in which a catalogue is loaded (C2).

import type { Operation } from '../../domain/operation.ts';
import { acceptedScopes, requirementOf } from '../../domain/requirement.ts';
import type { OperationShape } from '../schemas/vocabulary.ts';

export function presentOperation(operation: Operation): OperationShape {
  const { method, template, permission_sets, permissionless, public_read, classic_scopes, resource } = operation;
  const requirement = requirementOf({ ask: { type: 'operation', operation } });
  return {
    method,
    path: template,
    permission_sets: permission_sets.map((set) => ({ ...set })),
    permissionless,
    public_read,
    classic_scopes: classic_scopes === null ? null : [...classic_scopes],
    accepted_scopes: requirement === null ? [] : [...acceptedScopes(requirement)],
    resource,
  };
}
