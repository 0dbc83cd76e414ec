// Organizations of an import. A new one has the policies that every organization starts with (P1 to P4), and may be without an
// owner until its memberships arrive; `admin` names one for its beginning.

import {
  insertOrganizations,
  lockOrganizations,
  makeInternalPrivate,
  type OrganizationBefore,
  type OrganizationColumns,
  updateOrganizations,
} from '../../db/import/organizations.ts';
import { insertAccounts, updateAccounts } from '../../db/import/people.ts';
import { changedMembers, GONE, resolve, type Step, sorted, type Wish } from './step.ts';

type Placed = Wish<'organization'> & { readonly enterprise_id: number | null; readonly admin_id: number | null };
type Change = Placed & { readonly id: number };

const LOGIN_TAKEN = '`login` is taken by another account';

export async function takeOrganizations(step: Step, wishes: readonly Wish<'organization'>[]): Promise<void> {
  const placed = wishes.flatMap((wish) => place(step, wish));
  const { made, changed } = sorted(placed);
  if (changed.length > 0) await change(step, changed);
  if (made.length > 0) await make(step, made);
}

function place(step: Step, wish: Wish<'organization'>): Placed[] {
  const { enterprise, admin } = wish.content;
  const enterprise_id =
    enterprise === null
      ? null
      : resolve(step, wish.line, { type: 'enterprise', external_id: enterprise, member: 'enterprise' });
  const names_admin = admin !== null && wish.act === 'create';
  const admin_id = names_admin ? resolve(step, wish.line, { type: 'user', external_id: admin, member: 'admin' }) : null;
  const is_complete = (enterprise_id !== null || enterprise === null) && (admin_id !== null || !names_admin);
  return is_complete ? [{ ...wish, enterprise_id, admin_id }] : [];
}

async function make(step: Step, wishes: readonly Placed[]): Promise<void> {
  const contents = wishes.map(({ content }) => content);
  const ids = await insertAccounts(step.db, 'Organization', contents, step.now);
  const organizations: OrganizationColumns[] = [];
  for (const { line, content, enterprise_id, admin_id } of wishes) {
    const id = ids.get(content.login.toLowerCase());
    if (id === undefined) {
      step.refuse(line, LOGIN_TAKEN);
      continue;
    }
    const { default_repository_permission } = content;
    organizations.push({ id, enterprise_id, default_repository_permission, admin_id });
    step.accept(line, { result: 'created', object_id: id, second_id: admin_id, parent_id: enterprise_id });
    const entry = { action: 'org.create', operation_type: 'create' } as const;
    step.record(line, { ...entry, org_id: id, business_id: enterprise_id, user_id: admin_id });
  }
  if (organizations.length > 0) await insertOrganizations(step.db, organizations);
}

async function change(step: Step, wishes: readonly Change[]): Promise<void> {
  const organizations = await lockOrganizations(
    step.db,
    wishes.map(({ id, content }) => ({ id, login: content.login })),
  );
  const accounts: { id: number; login: string; profile_name: string | null }[] = [];
  const differing: Omit<OrganizationColumns, 'admin_id'>[] = [];
  const left: number[] = [];
  for (const wish of wishes) {
    const { line, content, id, enterprise_id } = wish;
    const before = organizations.get(id);
    if (before === undefined || before.login_taken) {
      step.refuse(line, before === undefined ? GONE : LOGIN_TAKEN);
      continue;
    }
    const { login, profile_name, default_repository_permission } = content;
    const changed = changedMembers(before, { login, profile_name, default_repository_permission, enterprise_id });
    if (changed.includes('login') || changed.includes('profile_name')) accounts.push({ id, login, profile_name });
    if (changed.includes('enterprise_id') || changed.includes('default_repository_permission')) {
      differing.push({ id, enterprise_id, default_repository_permission });
    }
    if (changed.includes('enterprise_id') && before.enterprise_id !== null) left.push(id);
    recordChange(step, wish, { before, changed });
    const second_id = wish.known?.second_id ?? null;
    step.accept(line, { result: 'updated', object_id: id, second_id, parent_id: enterprise_id });
  }
  if (accounts.length > 0) await updateAccounts(step.db, accounts);
  if (differing.length > 0) await updateOrganizations(step.db, differing);
  if (left.length > 0) await makeInternalPrivate(step.db, left);
}

function recordChange(
  step: Step,
  { line, id, enterprise_id }: Change,
  { before, changed }: { before: OrganizationBefore; changed: readonly string[] },
): void {
  const others = changed.filter((name) => name !== 'enterprise_id');
  if (others.length > 0) {
    const old_login = others.includes('login') ? { old_login: before.login } : {};
    const data = { changed: others, ...old_login };
    step.record(line, { action: 'org.update', operation_type: 'modify', org_id: id, data });
  }
  if (!changed.includes('enterprise_id')) return;
  const moved = { operation_type: 'modify', org_id: id } as const;
  const left = { action: 'business.remove_organization', ...moved } as const;
  if (before.enterprise_id !== null) step.record(line, { ...left, business_id: before.enterprise_id });
  const entered = { action: 'business.add_organization', ...moved } as const;
  if (enterprise_id !== null) step.record(line, { ...entered, business_id: enterprise_id });
}
