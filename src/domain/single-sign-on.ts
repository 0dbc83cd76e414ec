// Single sign-on of an organization (O1 to O3): what its owners have set, how long a proof of it lasts, and what is written
// about it.

import type { AuditAction, AuditEvent, OperationType } from './audit.ts';
import type { TrustedIssuer } from './id-token.ts';
import { Refusal } from './refusal.ts';
import type { TokenKind } from './vocabulary.ts';

const SESSION_MS_MAX = 24 * 60 * 60 * 1000;

/** Where the keys are: at a URL, or in the settings themselves. */
export type SsoKeys = { readonly jwks_uri: string } | { readonly jwks: unknown };

export type SsoSettings = TrustedIssuer & { readonly required: boolean; readonly keys: SsoKeys };

/** When a proof made now ends: after a day, and never after the session of the person that it belongs to. @rule O3 */
export function ssoSessionEnd(now: Date, session_expires_at: Date): Date {
  return new Date(Math.min(now.getTime() + SESSION_MS_MAX, session_expires_at.getTime()));
}

/** Whether what was proven under the settings before is worth nothing under these. @rule O3 */
export function isOtherIssuer(before: TrustedIssuer, after: TrustedIssuer): boolean {
  return before.issuer !== after.issuer || before.audience !== after.audience;
}

type Organization = { readonly id: number; readonly login: string };

/** 403 for who has to sign on at the organization first, with where. @rule O1, O2 */
export function ssoRequired(public_url: string, { login }: Organization): Refusal {
  return new Refusal('sso_required', {
    message: `Sign on at \`${login}\` first: this needs a live single sign-on session there`,
    headers: { 'x-github-sso': `required; url=${public_url}/orgs/${login}/sso` },
  });
}

export type AuthorizedToken = {
  readonly id: number;
  readonly kind: TokenKind;
  readonly name: string;
  /** Null where it has no text any more. */
  readonly hashed_token: string | null;
  readonly scopes: readonly string[];
  readonly holder: { readonly id: number; readonly login: string };
};

type AuthorizationAct = 'grant' | 'revoke' | 'deauthorized';
const OPERATION_TYPES: Readonly<Record<AuthorizationAct, OperationType>> = {
  grant: 'create',
  revoke: 'remove',
  deauthorized: 'remove',
};

/** The action under which this act on an authorisation is written. */
export function authorizationAction(act: AuthorizationAct): AuditAction {
  return `org_credential_authorization.${act}`;
}

/** What became of the authorisation of a token at an organization. @rule L1, O2 */
export function authorizationEvent(
  act: AuthorizationAct,
  token: AuthorizedToken,
  org: Organization,
  more: Readonly<Record<string, unknown>> = {},
): AuditEvent {
  const { id, hashed_token, holder } = token;
  return {
    action: authorizationAction(act),
    operation_type: OPERATION_TYPES[act],
    user: { id: holder.id, name: holder.login },
    org: { id: org.id, name: org.login },
    ...(hashed_token !== null && { managed_token: { id, hashed_token } }),
    data: { ...authorizationData(token), ...more },
  };
}

/** What an entry says of the token beside its id and digest (reference.md section 15). */
function authorizationData({ kind, name, scopes }: AuthorizedToken): Readonly<Record<string, unknown>> {
  return {
    oauth_credential_type: 'Personal Access Token',
    user_programmatic_access_name: name,
    ...(kind === 'classic' && { managed_token_scopes: scopes.join(' ') }),
  };
}
