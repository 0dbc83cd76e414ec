// From a row to an organization's settings of single sign-on.

import type { SsoSettingsRow } from '../../db/sso-settings.ts';
import type { SsoSettings } from '../../domain/single-sign-on.ts';

/** The settings; null where they do not say whom to believe: nobody can sign on then (F3). */
export function toSsoSettings(row: SsoSettingsRow | undefined): SsoSettings | null {
  if (row === undefined || row.issuer === null || row.audience === null) return null;
  const { issuer, audience, required } = row;
  const keys = row.jwks_uri === null ? { jwks: row.jwks } : { jwks_uri: row.jwks_uri };
  return { issuer, audience, required, keys };
}
