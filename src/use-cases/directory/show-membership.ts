// GET /orgs/{org}/memberships/{username}.

import { findMember } from '../../db/memberships.ts';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';

export type Membership = {
  readonly user: { readonly id: number; readonly login: string };
  readonly role: string;
};

/** The person's membership; 404 for who is no member, or nobody. */
export async function showMembership(
  deps: Deps,
  input: { readonly organization_id: number; readonly login: string },
): Promise<Membership> {
  const member = await findMember(deps.db, input);
  if (member === undefined) throw new Refusal('not_found');
  return { user: { id: member.id, login: member.login }, role: member.role };
}
