// What an edit of permissions or repositories does (M7): narrowing applies at once, widening asks where approval is needed,
// and a review always means what the reviewer saw.

import { isAccessWithin, isSameAccess, meetAccess, type TokenAccess } from './token-access.ts';

export type EditedToken = {
  /** What was last asked. */
  readonly asked: TokenAccess;
  /** What holds; null while pending or denied. */
  readonly grant: TokenAccess | null;
  readonly request_pending: boolean;
};

export type AccessEdit = {
  readonly asked: TokenAccess;
  readonly grant: TokenAccess | null;
  /** What happens to the grant: nothing, less of it stands, or the owner gives what it had not given before. */
  readonly grant_change: 'none' | 'narrowed' | 'given';
  /** The pending request ends: it is no longer what is asked. */
  readonly cancels_request: boolean;
  /** A new request is made, for all that is asked now. */
  readonly makes_request: boolean;
};

/** The edit that changes nothing of what is asked: no request ends, none is made. */
function unchanged({ asked, grant }: EditedToken): AccessEdit {
  return { asked, grant, grant_change: 'none', cancels_request: false, makes_request: false };
}

function changeOf(before: TokenAccess | null, after: TokenAccess | null): AccessEdit['grant_change'] {
  if (before === null || after === null) return after === null ? 'none' : 'given';
  if (isSameAccess(before, after)) return 'none';
  return isAccessWithin(after, before) ? 'narrowed' : 'given';
}

/**
 * The token after an edit that asks for `wanted`. Of a grant there stays what is still wanted of it, at once; what goes
 * beyond it waits for a review of all that is wanted, and the old grant stands as far as it is wanted. A token without a
 * grant asks again.
 * INVARIANT: where approval is needed, the grant after the edit is within the grant before it.
 * @rule M7, A2
 */
export function editAccess(token: EditedToken, wanted: TokenAccess, approval_needed: boolean): AccessEdit {
  const { asked, grant, request_pending } = token;
  if (isSameAccess(wanted, asked)) return unchanged(token);
  const approved = grant === null ? null : meetAccess(grant, wanted);
  const after = approval_needed ? approved : wanted;
  return {
    asked: wanted,
    grant: after,
    grant_change: changeOf(grant, after),
    cancels_request: request_pending,
    makes_request: approval_needed && (grant === null || !isAccessWithin(wanted, grant)),
  };
}
