// People, organizations and enterprises as the wire has them.

import type { Static } from 'typebox';
import type { Deps } from '../../deps.ts';
import type {
  AdministeredOrganization,
  Enterprise,
  OwnAccount,
  Person,
  PersonWithSetup,
  Profile,
} from '../schemas/people.ts';
import { printTime, printTimeOrNull } from './time.ts';

type Base = Pick<Deps, 'config'>;
type AccountType = 'User' | 'Organization';
type ShownAccount = {
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly created_at: Date;
};
type ShownPerson = ShownAccount & {
  readonly email: string;
  readonly email_verified: boolean;
  readonly site_admin: boolean;
  readonly suspended_at: Date | null;
};

/** What everybody may know. */
export function presentProfile({ config }: Base, account: ShownAccount, type: AccountType): Static<typeof Profile> {
  const { id, login, profile_name } = account;
  const url = `${config.public_url}/${type === 'User' ? 'users' : 'orgs'}/${login}`;
  const html_url = `${config.public_url}/${login}`;
  const created_at = printTime(account.created_at);
  return { id, login, type, profile_name, name: profile_name, url, html_url, created_at };
}

/** Whose credential it is; the e-mail only where the credential may read it. */
export function presentOwnAccount(base: Base, person: ShownPerson, shows_email: boolean): Static<typeof OwnAccount> {
  return {
    ...presentProfile(base, person, 'User'),
    email: shows_email ? person.email : null,
    email_verified: shows_email ? person.email_verified : null,
    site_admin: person.site_admin,
  };
}

/** For site administrators. */
export function presentPerson(base: Base, person: ShownPerson): Static<typeof Person> {
  const { email, email_verified, site_admin } = person;
  const suspended_at = printTimeOrNull(person.suspended_at);
  return { ...presentProfile(base, person, 'User'), email, email_verified, site_admin, suspended_at };
}

/** The same with the text by which the person chooses a password, where there is one. */
export function presentPersonWithSetup(
  base: Base,
  { person, password_setup_token }: { readonly person: ShownPerson; readonly password_setup_token: string | null },
): Static<typeof PersonWithSetup> {
  return { ...presentPerson(base, person), ...(password_setup_token !== null && { password_setup_token }) };
}

export function presentAdministeredOrganization(
  base: Base,
  organization: ShownAccount & { readonly enterprise: string | null },
): Static<typeof AdministeredOrganization> {
  return { ...presentProfile(base, organization, 'Organization'), enterprise: organization.enterprise };
}

export function presentEnterprise(enterprise: {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly created_at: Date;
  readonly administrators: readonly string[];
}): Static<typeof Enterprise> {
  const { id, slug, name, administrators } = enterprise;
  const created_at = printTime(enterprise.created_at);
  return { id, slug, name, created_at, administrators: [...administrators] };
}
