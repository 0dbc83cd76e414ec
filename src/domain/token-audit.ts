// What is written about a token (L1, L2): classic ones appear as `oauth_access.*`, fine-grained ones as
// `personal_access_token.*`. What only the holder does stands in his log; what an organization gives, is asked for or loses
// stands in its log too (reference.md 15).

import type { AuditAction, AuditEvent, OperationType } from './audit.ts';
import type { PermissionMap } from './permission.ts';
import type { TokenKind } from './vocabulary.ts';

type TokenAct = 'create' | 'update' | 'regenerate' | 'destroy';

const ACTIONS: Readonly<Record<TokenAct, Readonly<Record<TokenKind, AuditAction>>>> = {
  create: { classic: 'oauth_access.create', fine_grained: 'personal_access_token.create' },
  update: { classic: 'oauth_access.update', fine_grained: 'personal_access_token.update' },
  regenerate: {
    classic: 'oauth_access.regenerate',
    fine_grained: 'personal_access_token.credential_regenerated',
  },
  destroy: { classic: 'oauth_access.destroy', fine_grained: 'personal_access_token.destroy' },
};
const OPERATION_TYPES: Readonly<Record<TokenAct, OperationType>> = {
  create: 'create',
  update: 'modify',
  regenerate: 'modify',
  destroy: 'remove',
};

export type AuditedToken = {
  readonly id: number;
  readonly kind: TokenKind;
  readonly name: string;
  readonly hashed_token: string;
  /** Null for a classic token. */
  readonly repository_selection: string | null;
  readonly holder: { readonly id: number; readonly login: string };
};
type Data = Readonly<Record<string, unknown>>;

/** The action under which this act on a token of this kind is written. @rule L1 */
export function tokenAction(act: TokenAct, kind: TokenKind): AuditAction {
  return ACTIONS[act][kind];
}

/** The same act on a token of this kind: a route that is for both is declared under the name of the one. */
export function actionForKind(action: AuditAction, kind: string): AuditAction {
  const both = Object.values(ACTIONS).find(({ fine_grained }) => fine_grained === action);
  return both !== undefined && kind === 'classic' ? both.classic : action;
}

function concerning(token: AuditedToken, data: Data): Pick<AuditEvent, 'user' | 'managed_token' | 'data'> {
  const selection = token.repository_selection === null ? {} : { repository_selection: token.repository_selection };
  return {
    user: { id: token.holder.id, name: token.holder.login },
    managed_token: { id: token.id, hashed_token: token.hashed_token },
    data: { user_programmatic_access_name: token.name, ...selection, ...data },
  };
}

/** What the holder did to his token. @rule L1, L2 */
export function tokenEvent(act: TokenAct, token: AuditedToken, data: Data = {}): AuditEvent {
  return { action: tokenAction(act, token.kind), operation_type: OPERATION_TYPES[act], ...concerning(token, data) };
}

/** What can become of a token's access to an organization. */
export type AccessAct =
  | 'access_granted'
  | 'access_revoked'
  | 'request_created'
  | 'request_denied'
  | 'request_cancelled';

const ACCESS_OPERATION_TYPES: Readonly<Record<AccessAct, OperationType>> = {
  access_granted: 'create',
  access_revoked: 'remove',
  request_created: 'create',
  request_denied: 'remove',
  request_cancelled: 'remove',
};

/** One act about what a token may do, or asks to do, at an organization. */
export type AccessChange = {
  readonly act: AccessAct;
  readonly token: AuditedToken;
  readonly organization: { readonly id: number; readonly login: string };
  /** The request that was made or has ended; null where there is none: granted at once, or a grant that is revoked. */
  readonly request_id: number | null;
  /** What the token was granted before it was granted more at once; of a request that is known from itself. */
  readonly permissions_before?: PermissionMap;
  /** What the reviewer said. */
  readonly review_reason?: string | null;
  /** Why, where nobody reviewed. */
  readonly explanation?: string;
};

/** What became of a token's access to an organization. @rule L1, L2 */
export function accessEvent({ act, token, organization, request_id, ...said }: AccessChange): AuditEvent {
  const { review_reason = null, explanation } = said;
  return {
    action: `personal_access_token.${act}`,
    operation_type: ACCESS_OPERATION_TYPES[act],
    ...concerning(token, {
      user_programmatic_access_id: token.id,
      ...(request_id !== null && { user_programmatic_access_request_id: request_id }),
      ...(review_reason !== null && { review_reason }),
      ...(explanation !== undefined && { explanation }),
    }),
    org: { id: organization.id, name: organization.login },
  };
}
