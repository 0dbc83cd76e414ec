// From a login to the resource owner of a token, for the session that names it.

import type { Kysely } from 'kysely';
import {
  type AskingHolder,
  findResourceOwner,
  holdMembership,
  type ResourceOwnerRow,
} from '../../db/resource-owners.ts';
import type { Database } from '../../db/schema.ts';
import { foldedName } from '../../domain/folded-name.ts';
import type { OrganizationAsOwner, ResourceOwner, SsoStanding } from '../../domain/resource-owner.ts';
import { ineligibility } from '../../domain/resource-owner.ts';
import { ownerNotFound } from '../../domain/token-refusal.ts';
import { MEMBERSHIP_ROLES } from '../../domain/vocabulary.ts';
import { decodeEnterpriseOf, decodeOrganizationPolicy } from '../../facts/decode.ts';

function ssoOf(row: ResourceOwnerRow): SsoStanding {
  if (row.sso_required === null || row.sso_required === false) return 'none';
  return row.sso_live === true ? 'live' : 'required';
}

/** The organization of a row; null where the membership is of a kind that is not understood (F3). */
export function toOrganizationAsOwner(row: ResourceOwnerRow): OrganizationAsOwner | null {
  const membership = MEMBERSHIP_ROLES.find((each) => each === row.membership_role);
  if (membership === undefined) return null;
  return {
    type: 'Organization',
    id: row.id,
    login: row.login,
    membership,
    policy: decodeOrganizationPolicy(row),
    enterprise: decodeEnterpriseOf(row),
    sso: ssoOf(row),
  };
}

/** The organization as the holder stands to it, held until the end of the transaction; null where he is no member. */
export async function holdOrganizationAsOwner(
  db: Kysely<Database>,
  holder: AskingHolder,
  organization: { readonly login: string } | { readonly id: number },
): Promise<OrganizationAsOwner | null> {
  const id = await holdMembership(db, holder.user_id, organization);
  const row = id === undefined ? undefined : await findResourceOwner(db, holder, id);
  return row === undefined ? null : toOrganizationAsOwner(row);
}

/** The owner of this login who may be asked; refuses in the same words whatever stands against it. @rule M4, F6 */
export async function resolveResourceOwner(
  db: Kysely<Database>,
  holder: AskingHolder & { readonly login: string },
  login: string | undefined,
): Promise<ResourceOwner> {
  if (login === undefined || foldedName(login) === foldedName(holder.login)) {
    return { type: 'User', id: holder.user_id, login: holder.login };
  }
  const owner = await holdOrganizationAsOwner(db, holder, { login });
  if (owner === null || ineligibility(owner) !== null) throw ownerNotFound(login);
  return owner;
}
