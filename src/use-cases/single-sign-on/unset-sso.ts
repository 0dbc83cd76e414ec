// DELETE /orgs/{org}/sso: the organization requires nothing any more, and nobody can sign on.

import { writeAudit } from '../../db/audit.ts';
import { deleteSsoSessionsAt } from '../../db/sso-sessions.ts';
import { deleteSsoSettings } from '../../db/sso-settings.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lockAsOwner } from '../directory/lock-as-owner.ts';

/** Takes the settings and all proofs away; links and authorisations stay. Refuses: 404 where nothing is set. @rule O1, L1 */
export async function unsetSso(
  deps: Deps,
  caller: Caller,
  organization: { readonly id: number; readonly login: string },
): Promise<void> {
  await inTransaction(deps.db, async (db) => {
    await lockAsOwner(db, caller, organization.id);
    if (!(await deleteSsoSettings(db, organization.id))) throw new Refusal('not_found');
    await deleteSsoSessionsAt(db, { organization_id: organization.id });
    await writeAudit(db, caller, {
      action: 'org.sso_unset',
      operation_type: 'remove',
      org: { id: organization.id, name: organization.login },
    });
  });
}
