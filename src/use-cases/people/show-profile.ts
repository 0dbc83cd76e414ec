// GET /users/{username}: what everybody may know of a person or an organization.

import { findProfile, type ProfileRow } from '../../db/accounts.ts';
import type { Deps } from '../../deps.ts';
import type { Resource } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';

/** The profile of the account that was authorised. */
export async function showProfile(deps: Deps, resource: Resource): Promise<ProfileRow> {
  if (resource.type !== 'user' && resource.type !== 'organization') throw new Refusal('not_found');
  const id = resource.type === 'user' ? resource.id : resource.organization.id;
  const profile = await findProfile(deps.db, id);
  if (profile === undefined) throw new Refusal('not_found');
  return profile;
}
