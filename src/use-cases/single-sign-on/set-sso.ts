// PUT /orgs/{org}/sso: whose ID tokens the organization believes, and whether it requires them. It counts from the next request
// on: requiring closes everything without an authorisation at once, not requiring opens it again.

import { isDeepStrictEqual } from 'node:util';
import { writeAudit } from '../../db/audit.ts';
import { deleteSsoSessionsAt } from '../../db/sso-sessions.ts';
import { findSsoSettings, putSsoSettings } from '../../db/sso-settings.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { invalid, type Refusal } from '../../domain/refusal.ts';
import { isOtherIssuer, type SsoKeys, type SsoSettings } from '../../domain/single-sign-on.ts';
import { KEY_DOCUMENT_BYTES_MAX } from '../../key-sets.ts';
import { holdsSecrets, readVerificationKeys } from '../../verification-keys.ts';
import { lockAsOwner } from '../directory/lock-as-owner.ts';
import { toSsoSettings } from './sso-settings.ts';

export type SsoAsk = {
  readonly issuer: string;
  readonly audience: string;
  readonly required: boolean;
  readonly jwks_uri?: string;
  readonly jwks?: unknown;
};

function wrong(field: string, message: string): Refusal {
  return invalid('SingleSignOn', field, 'invalid', message);
}

/** Where the keys are, if they can be used. Whether the URL leads to any is found when somebody signs on. */
async function readKeySource(deps: Deps, { jwks_uri, jwks }: SsoAsk): Promise<SsoKeys> {
  if (jwks_uri !== undefined && jwks !== undefined) throw wrong('jwks', 'should not stand beside `jwks_uri`');
  if (jwks_uri !== undefined) {
    const fault = deps.outbound.urlFault(jwks_uri, { plain_http: false });
    if (fault !== null) throw wrong('jwks_uri', fault);
    return { jwks_uri };
  }
  if (jwks === undefined) throw invalid('SingleSignOn', 'jwks_uri', 'missing_field', 'or `jwks` should be there');
  if (JSON.stringify(jwks).length > KEY_DOCUMENT_BYTES_MAX) throw wrong('jwks', 'is longer than 64 KiB');
  if (holdsSecrets(jwks)) throw wrong('jwks', 'holds a private or secret key, which must stay with the issuer');
  const keys = await readVerificationKeys(jwks);
  if (keys === null || keys.length === 0) throw wrong('jwks', 'holds no key for RS256, ES256 or EdDSA');
  return { jwks };
}

/**
 * Sets the whole. A proof of identity by another issuer, or for another audience, ends; links and authorisations stay.
 * Refuses: 404 where the organization is gone, 403 for who owns it no more, 422. @rule O1, O3, L1
 */
export async function setSso(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: { readonly id: number; readonly login: string }; readonly ask: SsoAsk },
): Promise<void> {
  const { organization, ask } = input;
  const { issuer, audience, required } = ask;
  const keys = await readKeySource(deps, ask);
  const after: SsoSettings = { issuer, audience, required, keys };
  await inTransaction(deps.db, async (db) => {
    await lockAsOwner(db, caller, organization.id);
    const before = toSsoSettings(await findSsoSettings(db, organization.id));
    if (isDeepStrictEqual(before, after)) return;
    const jwks_uri = 'jwks_uri' in keys ? keys.jwks_uri : null;
    const jwks = 'jwks' in keys ? keys.jwks : null;
    await putSsoSettings(db, organization.id, { issuer, audience, required, jwks_uri, jwks });
    if (before === null || isOtherIssuer(before, after)) {
      await deleteSsoSessionsAt(db, { organization_id: organization.id });
    }
    await writeAudit(db, caller, {
      action: 'org.sso_set',
      operation_type: before === null ? 'create' : 'modify',
      org: { id: organization.id, name: organization.login },
      data: { issuer, audience, required, ...(jwks_uri !== null && { jwks_uri }) },
    });
  });
}
