// What a token loses when its holder leaves the organization (A4), as a change of its access: the same whoever ends the
// membership, its owners one by one or an import many at once.

import type { EndedToken } from '../../db/import/leaving.ts';
import type { AccessChange } from '../../domain/token-audit.ts';

export const LEFT = 'the holder left the organization';

/** A grant that was revoked, or a request that was cancelled, with the membership. @rule A4, L1 */
export function leftAccess(
  act: 'access_revoked' | 'request_cancelled',
  left: EndedToken & { readonly request_id?: number },
): AccessChange {
  const { token_id: id, name, hashed_token, organization_id, organization, user_id, holder, request_id = null } = left;
  return {
    act,
    token: {
      ...{ id, kind: 'fine_grained', name, hashed_token: hashed_token ?? '', repository_selection: null },
      holder: { id: user_id, login: holder },
    },
    organization: { id: organization_id, login: organization },
    request_id,
    explanation: LEFT,
  };
}
