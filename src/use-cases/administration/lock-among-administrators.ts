// A person who may be one of those who administer this service: locked with them, so that one of them stays.

import type { Kysely } from 'kysely';
import { lockPersonByLogin, lockSiteAdministratorsWith, type PersonRow } from '../../db/people.ts';
import type { Database } from '../../db/schema.ts';
import { isLastSiteAdministrator, lastSiteAdministrator } from '../../domain/administration.ts';
import { Refusal } from '../../domain/refusal.ts';

/** The person, locked; 422 at `field` where nobody administers the service without him. */
export async function lockAmongAdministrators(
  transaction: Kysely<Database>,
  username: string,
  field: 'username' | 'site_admin',
): Promise<PersonRow> {
  const before = await lockSiteAdministratorsWith(transaction, username);
  const person = await lockPersonByLogin(transaction, username);
  if (person === undefined) throw new Refusal('not_found');
  // Who was made one meanwhile is none of those who were locked.
  const is_new = person.site_admin && !before.includes(person.id);
  const administrator_ids = is_new ? await lockSiteAdministratorsWith(transaction, username) : before;
  if (isLastSiteAdministrator(person, administrator_ids)) throw lastSiteAdministrator(field);
  return person;
}
