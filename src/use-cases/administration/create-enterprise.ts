// POST /admin/enterprises: a site administrator makes an enterprise for its first administrator.

import { holdPerson } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { type EnterpriseRow, insertEnterprise, insertEnterpriseAdministrator } from '../../db/enterprises.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { invalid } from '../../domain/refusal.ts';
import { refuseTaken } from './refuse-taken.ts';

export type NewEnterpriseWish = {
  readonly slug: string;
  readonly name: string;
  /** The login of its first administrator. */
  readonly admin: string;
};

/** Makes an enterprise with its policy, which says nothing yet, and its administrator. @rule P5 */
export async function createEnterprise(deps: Deps, caller: Caller, wish: NewEnterpriseWish): Promise<EnterpriseRow> {
  const taken = invalid('Enterprise', 'slug', 'already_exists', 'belongs to another enterprise');
  return refuseTaken('enterprises_slug_taken', taken, () =>
    inTransaction(deps.db, async (transaction) => {
      const administrator = await holdPerson(transaction, wish.admin);
      if (administrator === undefined) {
        throw invalid('Enterprise', 'admin', 'invalid', 'is not the login of a person');
      }
      const { slug, name } = wish;
      const enterprise = { slug, name, created_at: deps.clock() };
      const id = await insertEnterprise(transaction, enterprise);
      await insertEnterpriseAdministrator(transaction, id, administrator.id);
      await writeAudit(transaction, caller, {
        action: 'business.create',
        operation_type: 'create',
        user: { id: administrator.id, name: administrator.login },
        business: { id, name: slug },
      });
      return { id, ...enterprise, administrators: [administrator.login] };
    }),
  );
}
