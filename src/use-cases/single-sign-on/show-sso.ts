// GET /orgs/{org}/sso: whose ID tokens the organization believes.

import { findSsoSettings } from '../../db/sso-settings.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { SsoSettings } from '../../domain/single-sign-on.ts';
import { toSsoSettings } from './sso-settings.ts';

/** The settings. Refuses: 404 where nothing is set. @rule O1, O3 */
export async function showSso(deps: Deps, organization: { readonly id: number }): Promise<SsoSettings> {
  const settings = toSsoSettings(await findSsoSettings(deps.db, organization.id));
  if (settings === null) throw new Refusal('not_found');
  return settings;
}
