// What must stay true of those who administer: of this service, of an organization. And what changes when a person is edited.

import { invalid, type Refusal } from './refusal.ts';

/** Whether taking this person away, or his right, would leave nobody who administers the service. */
export function isLastSiteAdministrator(
  person: { readonly id: number; readonly site_admin: boolean; readonly suspended_at: Date | null },
  /** Everybody who administers the service and can sign in. */
  administrator_ids: readonly number[],
): boolean {
  const administers = person.site_admin && person.suspended_at === null;
  return administers && administrator_ids.every((id) => id === person.id);
}

/** The last site administrator cannot be demoted, suspended or deleted: 422, as for the last owner of an organization. */
export function lastSiteAdministrator(field: string): Refusal {
  return invalid('User', field, 'unprocessable', 'is the last site administrator');
}

/** The last owner of an organization cannot go (contract 5). */
export function lastOwner(organizations: readonly string[]): Refusal {
  const names = organizations.map((login) => `\`${login}\``).join(', ');
  return invalid('User', 'username', 'unprocessable', `is the last owner of ${names}`);
}

export type PersonWish = {
  readonly login?: string | undefined;
  readonly profile_name?: string | null | undefined;
  readonly email?: string | undefined;
  readonly email_verified?: boolean | undefined;
  readonly site_admin?: boolean | undefined;
};
type EditedPerson = {
  readonly login: string;
  readonly profile_name: string | null;
  readonly email: string;
  readonly email_verified: boolean;
  readonly site_admin: boolean;
};

/** The members that become different. A new e-mail is unverified unless it is said to be. */
export function changedMembers(person: EditedPerson, wish: PersonWish): Partial<EditedPerson> {
  const is_new_email = wish.email !== undefined && wish.email !== person.email;
  const wished = { ...(is_new_email && { email_verified: false }), ...definedMembers(wish) };
  const entries = Object.entries(wished) as [keyof EditedPerson, never][]; // the members of PersonWish are EditedPerson's
  return Object.fromEntries(entries.filter(([name, value]) => value !== person[name]));
}

function definedMembers(wish: PersonWish): PersonWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
}
