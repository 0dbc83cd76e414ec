// The record: which actions there are and what an entry says (L1, L2). Names: reference.md section 15 and contract 10.
// Classic tokens appear as `oauth_access.*`, fine-grained ones as `personal_access_token.*`.

import type { Caller } from './caller.ts';

export const AUDIT_ACTIONS = [
  'personal_access_token.create',
  'personal_access_token.update',
  'personal_access_token.credential_regenerated',
  'personal_access_token.credential_revoked',
  'personal_access_token.destroy',
  'personal_access_token.exchange',
  'personal_access_token.access_granted',
  'personal_access_token.access_revoked',
  'personal_access_token.request_created',
  'personal_access_token.request_denied',
  'personal_access_token.request_cancelled',
  'personal_access_token.access_restriction_enabled',
  'personal_access_token.access_restriction_disabled',
  'personal_access_token.approval_required',
  'personal_access_token.approval_not_required',
  'personal_access_token.expiration_limit_set',
  'personal_access_token.expiration_limit_unset',
  'oauth_access.create',
  'oauth_access.update',
  'oauth_access.regenerate',
  'oauth_access.revoke',
  'oauth_access.destroy',
  'oauth_authorization.destroy',
  'org.create',
  'org.update',
  'org.delete',
  'org.add_member',
  'org.update_member',
  'org.remove_member',
  'org.add_token_reviewer',
  'org.remove_token_reviewer',
  'org.sso_set',
  'org.sso_unset',
  'org.sso_response',
  'org.revoke_external_identity',
  'org_credential_authorization.grant',
  'org_credential_authorization.revoke',
  'org_credential_authorization.deauthorized',
  'repo.create',
  'repo.update',
  'repo.access',
  'repo.rename',
  'repo.archived',
  'repo.unarchived',
  'repo.transfer',
  'repo.destroy',
  'repo.add_member',
  'repo.update_member',
  'repo.remove_member',
  'team.create',
  'team.update',
  'team.destroy',
  'team.add_member',
  'team.remove_member',
  'team.add_repository',
  'team.remove_repository',
  'public_key.create',
  'public_key.delete',
  'user.create',
  'user.update',
  'user.suspend',
  'user.unsuspend',
  'user.delete',
  'user.login',
  'user.session_revoked',
  'business.create',
  'business.update',
  'business.delete',
  'business.add_organization',
  'business.remove_organization',
  'business.add_admin',
  'business.remove_admin',
  'client.create',
  'client.delete',
  'client.secret_regenerated',
  'client.certificates_set',
  'signing_key.create',
  'signing_key.delete',
  'catalogue.update',
  'database.restore_accepted',
  'hook.create',
  'hook.update',
  'hook.destroy',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export type OperationType = 'create' | 'modify' | 'remove' | 'access';

type Named = { readonly id: number; readonly name: string };

/** Another one in whose log the entry stands; `service`: the log of what concerns nobody. */
export type AlsoConcerned = Named & { readonly type: 'organization' | 'user' | 'service' };

/** What happened to what. Who did it, with what and from where comes from the caller. */
export type AuditEvent = {
  readonly action: AuditAction;
  readonly operation_type: OperationType;
  /** The person whom it concerns: the holder of a token, the member who was added. */
  readonly user?: Named | undefined;
  readonly org?: Named | undefined;
  readonly business?: Named | undefined;
  readonly repo?: Named | undefined;
  /** Whom it concerns beside these: one entry, seen in every log that it concerns (contract 10). */
  readonly others?: readonly AlsoConcerned[] | undefined;
  /** The token whose text a client presented beside its own credential, and acted by. */
  readonly credential?:
    | { readonly token_id: number; readonly hashed_token: string; readonly token_scopes: string }
    | undefined;
  /** The token acted on, with the digest that it had then. */
  readonly managed_token?: { readonly id: number; readonly hashed_token: string } | undefined;
  /** Further members of the entry; never a secret. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** A refused attempt of an authenticated caller, with its code. */
  readonly refused?: string | undefined;
};

/** The words of `programmatic_access_type`; null for a session. */
export function accessTypeOf(caller: Caller): string | null {
  if (caller.principal.type === 'client') return 'Client';
  if (caller.principal.type !== 'token') return null;
  return caller.principal.token.kind === 'classic'
    ? 'Personal access token (classic)'
    : 'Fine-grained personal access token';
}
