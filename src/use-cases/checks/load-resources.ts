// Facts about several resources for the caller of one request, all of one state of the database.

import type { Deps } from '../../deps.ts';
import type { Principal } from '../../domain/caller.ts';
import type { Resource } from '../../domain/facts.ts';
import type { ResourceKey } from '../../facts/source.ts';
import { personIdOf, principalKey } from './principal-subject.ts';

/** What the caller's relation to each resource is now, in the order of the keys. Absent where it is not there. */
export async function loadResources(
  deps: Deps,
  principal: Principal,
  keys: readonly ResourceKey[],
): Promise<readonly Resource[]> {
  const subject = principalKey(principal);
  const person_id = personIdOf(principal);
  const questions = keys.map((resource) => ({ subject, resource, bounded_client_id: null }));
  const loaded = await deps.facts.loadAll(questions);
  return loaded.map(({ subject: found, resource }) => {
    // A login may have passed to somebody else since the request was admitted: his roles are not the caller's.
    const is_same = 'person' in found ? found.person.id === person_id : person_id === null;
    return is_same ? resource : { type: 'absent' };
  });
}
