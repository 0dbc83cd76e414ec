// PATCH /orgs/{org}: login, name, and what every member may do on its repositories.

import { writeAudit } from '../../db/audit.ts';
import { lockOrganization } from '../../db/memberships.ts';
import {
  findOrganizationProfile,
  type OrganizationChange,
  type OrganizationProfileRow,
  updateOrganization,
} from '../../db/organization-profile.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import type { OrganizationFacts } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { refuseTakenLogin } from '../administration/refuse-taken-person.ts';

export type OrganizationEdit = {
  readonly login?: string;
  readonly profile_name?: string | null;
  /** GitHub's word for `profile_name`. */
  readonly name?: string | null;
  readonly default_repository_permission?: 'none' | 'read' | 'write' | 'admin';
};

/** The name that is asked for, undefined where none is; 422 where its two words differ. */
function nameOf({ name, profile_name }: OrganizationEdit): string | null | undefined {
  if (name !== undefined && profile_name !== undefined && name !== profile_name) {
    throw invalid('Organization', 'name', 'invalid', 'differs from `profile_name`');
  }
  return name === undefined ? profile_name : name;
}

/** Member by member: a body may carry others of GitHub's, which mean nothing here. */
function changeOf(edit: OrganizationEdit): OrganizationChange {
  const { login, default_repository_permission } = edit;
  const profile_name = nameOf(edit);
  return {
    ...(login !== undefined && { login }),
    ...(profile_name !== undefined && { profile_name }),
    ...(default_repository_permission !== undefined && { default_repository_permission }),
  };
}

/** The members that become another value, each with both. */
function differences(before: OrganizationProfileRow, after: OrganizationProfileRow): Record<string, unknown> {
  const members = ['login', 'profile_name', 'default_repository_permission'] as const;
  const changed = members.filter((member) => before[member] !== after[member]);
  return Object.fromEntries(changed.map((member) => [member, { from: before[member], to: after[member] }]));
}

/** Edits the organization. It is reachable under its new login only; 422 for one that is taken. @rule F4 */
export async function editOrganization(
  deps: Deps,
  caller: Caller,
  input: { readonly organization: OrganizationFacts; readonly edit: OrganizationEdit },
): Promise<OrganizationProfileRow> {
  const { id } = input.organization;
  const change = changeOf(input.edit);
  return refuseTakenLogin('Organization', () =>
    inTransaction(deps.db, async (transaction) => {
      await lockOrganization(transaction, id);
      const before = await findOrganizationProfile(transaction, id);
      if (before === undefined) throw new Refusal('not_found');
      await updateOrganization(transaction, id, change);
      const after = { ...before, ...change };
      await writeAudit(transaction, caller, {
        action: 'org.update',
        operation_type: 'modify',
        org: { id, name: after.login },
        data: differences(before, after),
      });
      return after;
    }),
  );
}
