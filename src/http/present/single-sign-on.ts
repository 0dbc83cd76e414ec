// Single sign-on as it is shown.

import type { Static } from 'typebox';
import type { SsoSettings } from '../../domain/single-sign-on.ts';
import type { listCredentialAuthorizations } from '../../use-cases/single-sign-on/list-credential-authorizations.ts';
import type { listSsoIdentities } from '../../use-cases/single-sign-on/list-sso-identities.ts';
import type {
  CredentialAuthorization,
  LinkedIdentity,
  SsoSettings as ShownSettings,
} from '../schemas/single-sign-on.ts';
import { printTime, printTimeOrNull } from './time.ts';

type RowOf<List extends (...args: never[]) => Promise<{ readonly rows: readonly unknown[] }>> = Awaited<
  ReturnType<List>
>['rows'][number];

export function presentSso({ issuer, audience, required, keys }: SsoSettings): Static<typeof ShownSettings> {
  // What is stored was checked against the same schema.
  return { issuer, audience, ...(keys as Pick<Static<typeof ShownSettings>, 'jwks' | 'jwks_uri'>), required };
}

export function presentIdentity(row: RowOf<typeof listSsoIdentities>): Static<typeof LinkedIdentity> {
  const { id, login, issuer, subject, linked_at } = row;
  return { user: { login, id }, issuer, subject, linked_at: printTime(linked_at) };
}

export function presentAuthorization(
  row: RowOf<typeof listCredentialAuthorizations>,
): Static<typeof CredentialAuthorization> {
  return {
    login: row.login,
    credential_id: row.id,
    credential_type: 'personal access token',
    token_kind: row.kind === 'classic' ? 'classic' : 'fine_grained',
    token_last_eight: row.token_last_eight,
    credential_authorized_at: printTime(row.authorized_at),
    scopes: [...(row.scopes ?? [])],
    credential_accessed_at: printTimeOrNull(row.last_used_at),
    authorized_credential_id: row.token_id,
    authorized_credential_note: row.name,
    authorized_credential_expires_at: printTimeOrNull(row.expires_at),
  };
}
