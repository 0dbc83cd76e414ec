// Users of an import. Passwords and the site administrator's right cannot be imported; who has that right is neither
// suspended nor deleted by an import.

import {
  insertAccounts,
  insertPeople,
  lockPeople,
  type PersonBefore,
  type PersonColumns,
  updateAccounts,
  updatePeople,
} from '../../db/import/people.ts';
import { changedMembers, GONE, type Step, sorted, type Wish } from './step.ts';

type Change = Wish<'user'> & { readonly id: number };
type Changed = PersonColumns & { readonly id: number };

const LOGIN_TAKEN = '`login` is taken by another account';
const EMAIL_TAKEN = '`email` belongs to another user';

export async function takeUsers(step: Step, wishes: readonly Wish<'user'>[]): Promise<void> {
  const { made, changed } = sorted(wishes);
  if (changed.length > 0) await change(step, changed);
  if (made.length > 0) await make(step, made);
}

async function make(step: Step, wishes: readonly Wish<'user'>[]): Promise<void> {
  const contents = wishes.map(({ content }) => content);
  const ids = await insertAccounts(step.db, 'User', contents, step.now);
  const people = wishes.flatMap(({ line, content }) => {
    const id = ids.get(content.login.toLowerCase());
    return id === undefined ? [] : [{ ...content, line, id, email_verified: content.email_verified ?? false }];
  });
  const made = await insertPeople(step.db, people, step.now);
  for (const { line, content } of wishes) {
    const id = ids.get(content.login.toLowerCase());
    if (id === undefined) step.refuse(line, LOGIN_TAKEN);
    else if (!made.has(id)) step.refuse(line, EMAIL_TAKEN);
    else {
      step.accept(line, { result: 'created', object_id: id, suspended: content.suspended });
      const data = { suspended: content.suspended };
      step.record(line, { action: 'user.create', operation_type: 'create', user_id: id, data });
    }
  }
}

async function change(step: Step, wishes: readonly Change[]): Promise<void> {
  const people = await lockPeople(
    step.db,
    wishes.map(({ id, content }) => ({ id, login: content.login, email: content.email })),
  );
  const accounts: Changed[] = [];
  const persons: Changed[] = [];
  for (const wish of wishes) {
    const before = people.get(wish.id);
    const problem = problemOf(wish, before);
    if (before === undefined || problem !== null) {
      step.refuse(wish.line, problem ?? GONE);
      continue;
    }
    const after = afterOf(wish, before);
    const changed = changedMembers<PersonColumns>(before, after);
    if (changed.includes('login') || changed.includes('profile_name')) accounts.push({ ...after, id: wish.id });
    if (['email', 'email_verified', 'suspended'].some((name) => changed.includes(name))) {
      persons.push({ ...after, id: wish.id });
    }
    recordChange(step, wish, { before, after, changed });
    step.accept(wish.line, { result: 'updated', object_id: wish.id, suspended: isOurs(wish, before) });
  }
  if (accounts.length > 0) await updateAccounts(step.db, accounts);
  if (persons.length > 0) await updatePeople(step.db, persons, step.now);
}

function problemOf({ content }: Change, before: PersonBefore | undefined): string | null {
  if (before === undefined) return GONE;
  if (before.login_taken) return LOGIN_TAKEN;
  if (before.email_taken) return EMAIL_TAKEN;
  return before.site_admin && content.suspended && !before.suspended
    ? '`suspended`: an import suspends no site administrator'
    : null;
}

/** Suspended by an administrator he stays suspended, whatever the import says; only what it did is undone by it. */
function afterOf({ content, known }: Change, before: PersonBefore): PersonColumns {
  const { login, profile_name, email } = content;
  const lifts = known?.suspended === true && !content.suspended;
  const stays_verified = email === before.email && before.email_verified;
  return {
    login,
    profile_name,
    email,
    email_verified: content.email_verified ?? stays_verified,
    suspended: content.suspended || (before.suspended && !lifts),
  };
}

/** Whether the suspension that is in force now is the import's. */
function isOurs({ content, known }: Change, before: PersonBefore): boolean {
  return content.suspended && (!before.suspended || known?.suspended === true);
}

function recordChange(
  step: Step,
  { line, id }: Change,
  { before, after, changed }: { before: PersonBefore; after: PersonColumns; changed: readonly string[] },
): void {
  const others = changed.filter((name) => name !== 'suspended');
  if (others.length > 0) {
    const old_login = others.includes('login') ? { old_login: before.login } : {};
    const data = { changed: others, ...old_login };
    step.record(line, { action: 'user.update', operation_type: 'modify', user_id: id, data });
  }
  if (!changed.includes('suspended')) return;
  const action = after.suspended ? 'user.suspend' : 'user.unsuspend';
  step.record(line, { action, operation_type: 'modify', user_id: id });
}
