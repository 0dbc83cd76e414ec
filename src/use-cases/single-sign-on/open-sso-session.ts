// POST /user/sso-sessions: signing on at an organization with an ID token of its issuer (O3). The signature is verified
// before, and everything that counts is judged again in the transaction, where the ID token is used up.

import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import type { Database } from '../../db/schema.ts';
import { holdLink, type Identity, linkIdentity, useIdToken } from '../../db/sso-identities.ts';
import { holdSession, putSsoSession } from '../../db/sso-sessions.ts';
import { findSsoSettingsByLogin, holdSsoSettings } from '../../db/sso-settings.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { judgeIdToken } from '../../domain/id-token.ts';
import { isPast } from '../../domain/lifetime.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { type SsoSettings, ssoSessionEnd } from '../../domain/single-sign-on.ts';
import { digestOf } from '../../secrets.ts';
import { type Holder, lockHoldingSession } from '../people/holding-session.ts';
import { toSsoSettings } from './sso-settings.ts';

export type SsoSession = { readonly org: string; readonly expires_at: Date };

type Place = { readonly id: number; readonly login: string; readonly settings: SsoSettings };
type Proof = { readonly digest: string; readonly subject: string; readonly usable_until: Date };

function wrongIdToken(message: string): Refusal {
  return invalid('SingleSignOnSession', 'id_token', 'invalid', message);
}

/** The same for an organization that is not there and one without single sign-on. */
async function findPlace(deps: Deps, org: string): Promise<Place> {
  const row = await findSsoSettingsByLogin(deps.db, org);
  const settings = toSsoSettings(row);
  if (row !== undefined && settings !== null) return { id: row.organization_id, login: row.login, settings };
  throw invalid('SingleSignOnSession', 'org', 'unprocessable', 'has no single sign-on');
}

/** Whom the ID token proves. @rule O3 */
async function verifiedProof(deps: Deps, { settings }: Place, id_token: string, now: Date): Promise<Proof> {
  const payload = await deps.key_sets.verify(id_token, settings.keys);
  if (payload === null) throw wrongIdToken('is not signed by a key of the organization with RS256, ES256 or EdDSA');
  const judged = judgeIdToken(payload, settings, now);
  if (!judged.valid) throw wrongIdToken(judged.fault);
  // Of what is signed: of one message there can be many signatures, and one signature can be written in several ways.
  const digest = digestOf(id_token.slice(0, id_token.lastIndexOf('.')));
  return { digest, subject: judged.subject, usable_until: judged.usable_until };
}

/** What was verified must still be what the organization believes. */
async function refuseChanged(db: Kysely<Database>, { id, settings }: Place): Promise<void> {
  if (isDeepStrictEqual(toSsoSettings(await holdSsoSettings(db, id)), settings)) return;
  throw new Refusal('conflict', { message: 'The single sign-on of the organization has just been changed' });
}

type Linking = { readonly place: Place; readonly now: Date };

/** Links what is linked to nobody; whether it did. One identity is one person, and one person one identity. @rule O3 */
async function link(db: Kysely<Database>, identity: Identity, { place, now }: Linking): Promise<boolean> {
  const is_new = await linkIdentity(db, identity, now);
  // A statement of its own: it sees what was linked at the same moment.
  if (is_new || (await holdLink(db, identity))) return is_new;
  throw new Refusal('identity_linked', {
    message: 'This identity is linked to another person of the organization, or you are linked to another identity',
    organization: place,
  });
}

async function sessionEnd(db: Kysely<Database>, { session_id, now }: Holder): Promise<Date> {
  const expires_at = await holdSession(db, session_id);
  if (expires_at === undefined || isPast(expires_at, now)) throw new Refusal('bad_credential');
  return ssoSessionEnd(now, expires_at);
}

/**
 * Opens, or opens anew, the session's proof at the organization. `now` is the clock that is ahead. Refuses: 422 for an
 * organization without single sign-on and an ID token that proves nothing or was used, 403 `identity_linked`, 409 where the
 * settings change meanwhile, 503 where the keys cannot be fetched. @rule O3, L1
 */
export async function openSsoSession(
  deps: Deps,
  caller: Caller,
  input: { readonly org: string; readonly id_token: string; readonly now: Date },
): Promise<SsoSession> {
  const { org, id_token, now } = input;
  const place = await findPlace(deps, org);
  const { digest, subject, usable_until } = await verifiedProof(deps, place, id_token, now);
  return inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, now);
    await refuseChanged(db, place);
    const expires_at = await sessionEnd(db, holder);
    if (!(await useIdToken(db, digest, usable_until))) throw wrongIdToken('was used already');
    const { issuer } = place.settings;
    const linked = await link(db, { organization_id: place.id, issuer, subject, user_id: holder.id }, { place, now });
    await putSsoSession(db, { session_id: holder.session_id, organization_id: place.id }, expires_at);
    await writeAudit(db, caller, {
      action: 'org.sso_response',
      operation_type: 'create',
      user: { id: holder.id, name: holder.login },
      org: { id: place.id, name: place.login },
      data: { issuer, subject, linked },
    });
    return { org: place.login, expires_at };
  });
}
