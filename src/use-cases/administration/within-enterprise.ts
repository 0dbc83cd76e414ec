// What every change of who belongs to an enterprise begins with: both sides are held, so that neither goes meanwhile. 404 where one is
// not there.

import type { Kysely } from 'kysely';
import { holdPerson } from '../../db/accounts.ts';
import { holdEnterprise } from '../../db/enterprises.ts';
import { type LockedOrganization, lockOrganizationByLogin } from '../../db/organizations.ts';
import type { Database } from '../../db/schema.ts';
import { inPatientTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';

type Enterprise = { readonly id: number; readonly slug: string };

type Held<Other> = {
  readonly transaction: Kysely<Database>;
  readonly enterprise: Enterprise;
  readonly other: Other;
};

/** An organization that leaves may have any number of internal repositories. */
function withBoth<Other>(
  deps: Deps,
  { slug, hold }: { readonly slug: string; readonly hold: (db: Kysely<Database>) => Promise<Other | undefined> },
  work: (held: Held<Other>) => Promise<void>,
): Promise<void> {
  return inPatientTransaction(deps.db, async (transaction) => {
    const enterprise = await holdEnterprise(transaction, slug);
    const other = await hold(transaction);
    if (enterprise === undefined || other === undefined) throw new Refusal('not_found');
    await work({ transaction, enterprise, other });
  });
}

/** Does this in one transaction with the enterprise and the person. */
export function withPersonOf(
  deps: Deps,
  { enterprise, username }: { readonly enterprise: string; readonly username: string },
  work: (held: Held<{ readonly id: number; readonly login: string }>) => Promise<void>,
): Promise<void> {
  return withBoth(deps, { slug: enterprise, hold: (db) => holdPerson(db, username) }, work);
}

/** Does this in one transaction with the enterprise and the organization, whether or not that is one of it. */
export function withOrganizationOf(
  deps: Deps,
  { enterprise, org }: { readonly enterprise: string; readonly org: string },
  work: (held: Held<LockedOrganization>) => Promise<void>,
): Promise<void> {
  return withBoth(deps, { slug: enterprise, hold: (db) => lockOrganizationByLogin(db, org) }, work);
}
