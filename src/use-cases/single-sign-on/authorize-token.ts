// PUT /user/personal-access-tokens/{token_id}/sso/{org}: the holder lets his classic token reach an organization that requires
// single sign-on. A fine-grained one is authorised when it is made, or never (O1).

import type { Kysely } from 'kysely';
import { holdOrganizations } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { holdsToken } from '../../db/held-tokens.ts';
import type { Database } from '../../db/schema.ts';
import { hasLiveSsoSession } from '../../db/sso-sessions.ts';
import { insertAuthorization, lockAuthorization } from '../../db/token-authorizations.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { foldedName } from '../../domain/folded-name.ts';
import { lifetimeJudgement } from '../../domain/owner-policy.ts';
import { Refusal } from '../../domain/refusal.ts';
import { authorizationEvent, ssoRequired } from '../../domain/single-sign-on.ts';
import { invalidToken } from '../../domain/token-refusal.ts';
import { holderIdOf, lockHoldingSession } from '../people/holding-session.ts';
import { lockLiveToken } from '../tokens/held-token.ts';

type Asked = { readonly id: number; readonly org: string; readonly now: Date };

/** What a cap of the organization or its enterprise has against the token; null: nothing, or it is not his. @rule P4, P5 */
async function capAgainst(deps: Deps, caller: Caller, { id, org }: Asked): Promise<string | null> {
  // Another's token is looked at no further than one that is not there (promises P18).
  if (!(await holdsToken(deps.db, { id, user_id: holderIdOf(caller) }))) return null;
  const { subject, resource } = await deps.facts.load({
    subject: { type: 'token_id', id },
    resource: { type: 'organization', login: org },
    bounded_client_id: null,
  });
  if (subject.type !== 'token' || resource.type !== 'organization') return null;
  return lifetimeJudgement(subject.token, resource.organization)?.message ?? null;
}

/** The organization with this login, which stays until the end of the transaction. Refuses: 404. */
export async function holdOrganization(db: Kysely<Database>, login: string) {
  const [organization] = await holdOrganizations(db, [foldedName(login)]);
  if (organization === undefined) throw new Refusal('not_found');
  return organization;
}

/** Only classic tokens are authorised by their holder afterwards. @rule O1 */
export function refuseFineGrained({ kind }: { readonly kind: string }): void {
  if (kind === 'classic') return;
  throw invalidToken('token_id', 'unprocessable', 'is a fine-grained token, which is authorised when it is made');
}

/**
 * Authorises the token; nothing is changed where it is. Refuses: 404, 409 for a token that has ended or whose authorisation
 * was revoked, 422 for a fine-grained one and for a life beyond the cap, 403 `sso_required` without a live proof.
 * @rule O1, O2, P4, L1
 */
export async function authorizeToken(deps: Deps, caller: Caller, asked: Asked): Promise<void> {
  const { id, org, now } = asked;
  const too_long = await capAgainst(deps, caller, asked);
  await inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, now);
    const organization = await holdOrganization(db, org);
    const token = await lockLiveToken(db, holder, id);
    refuseFineGrained(token);
    const proof = { session_id: holder.session_id, organization_id: organization.id };
    if (!(await hasLiveSsoSession(db, proof, now))) throw ssoRequired(deps.config.public_url, organization);
    const key = { token_id: token.id, organization_id: organization.id };
    const standing = await lockAuthorization(db, key);
    if (standing === 'revoked') {
      throw new Refusal('conflict', { message: 'An owner has revoked this token there: make a new one' });
    }
    if (too_long !== null) throw invalidToken('expires_at', 'unprocessable', too_long);
    if (standing === 'authorized') return;
    await insertAuthorization(db, key, now);
    await writeAudit(db, caller, authorizationEvent('grant', { ...token, holder }, organization));
  });
}
