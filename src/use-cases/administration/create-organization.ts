// POST /admin/organizations: a site administrator makes an organization for its first owner.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { insertOrganization, insertOwner, type OrganizationRow } from '../../db/organizations.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { invalid } from '../../domain/refusal.ts';
import { refuseTakenLogin } from './refuse-taken-person.ts';

export type NewOrganizationWish = {
  readonly login: string;
  /** The login of its first owner. */
  readonly admin: string;
  readonly profile_name?: string | null;
};

/** Makes an organization with its policy and its owner. The administrator gets no right in it (contract 4). @rule P1 to P4 */
export async function createOrganization(
  deps: Deps,
  caller: Caller,
  wish: NewOrganizationWish,
): Promise<OrganizationRow> {
  return refuseTakenLogin('Organization', () =>
    inTransaction(deps.db, async (transaction) => {
      const owner = await holdPerson(transaction, wish.admin);
      if (owner === undefined) throw invalid('Organization', 'admin', 'invalid', 'is not the login of a person');
      const { login, profile_name = null } = wish;
      const organization = { login, profile_name, created_at: deps.clock() };
      const id = await insertOrganization(transaction, organization);
      await insertOwner(transaction, id, owner.id);
      await writeAudit(transaction, caller, {
        action: 'org.create',
        operation_type: 'create',
        user: { id: owner.id, name: owner.login },
        org: { id, name: login },
      });
      return { id, ...organization, enterprise: null };
    }),
  );
}
