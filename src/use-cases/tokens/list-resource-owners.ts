// Whom the holder may name as resource owner of a token, and what would hold there (contract 6, M4).

import { listResourceOwners as listRows } from '../../db/resource-owners.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { ApprovalValue } from '../../domain/policy.ts';
import { Refusal } from '../../domain/refusal.ts';
import {
  type Ineligibility,
  ineligibility,
  lifetimeCap,
  needsApproval,
  type ResourceOwner,
  type SsoStanding,
} from '../../domain/resource-owner.ts';
import { toOrganizationAsOwner } from './resolve-resource-owner.ts';

export type ListedOwner = {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization';
  readonly eligible: boolean;
  /** Why not. */
  readonly reason: Ineligibility;
  /** Of this holder: an owner's own tokens need none. */
  readonly approval: ApprovalValue;
  readonly max_lifetime_days: number | null;
  readonly sso: SsoStanding;
};

function listed(owner: ResourceOwner): ListedOwner {
  const { id, login, type } = owner;
  const reason = ineligibility(owner);
  return {
    ...{ id, login, type, eligible: reason === null, reason },
    approval: needsApproval(owner) ? 'required' : 'not_required',
    max_lifetime_days: lifetimeCap(owner)?.days ?? null,
    sso: owner.type === 'User' ? 'none' : owner.sso,
  };
}

/** A page of oneself and, by login, of the organizations of which one is a member. @rule M4, P2, P3, P4, P5 */
export async function listResourceOwners(
  deps: Deps,
  caller: Caller,
  input: { readonly page: { readonly limit: number; readonly offset: number }; readonly now: Date },
): Promise<{ readonly rows: ListedOwner[]; readonly has_more: boolean }> {
  const { principal } = caller;
  if (principal.type !== 'session') throw new Refusal('session_required');
  const { limit, offset } = input.page;
  const { id, login } = principal.person;
  const self: readonly ResourceOwner[] = offset === 0 ? [{ type: 'User', id, login }] : [];
  // Oneself is the first row of the whole: the organizations of a later page begin one earlier.
  const rows = await listRows(
    deps.db,
    { user_id: id, session_id: principal.session_id, now: input.now },
    { limit: limit + 1 - self.length, offset: Math.max(0, offset - 1) },
  );
  const organizations = rows.flatMap((row) => toOrganizationAsOwner(row) ?? []);
  const owners = [...self, ...organizations].map(listed);
  return { rows: owners.slice(0, limit), has_more: owners.length > limit };
}
