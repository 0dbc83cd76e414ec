// Which persons may do this to this resource (AuthZEN section 8.4).

import { listPersonCandidates, type PersonCandidatesQuery } from '../../db/search-people.ts';
import type { Deps } from '../../deps.ts';
import { decide } from '../../domain/decide.ts';
import type { Resource } from '../../domain/facts.ts';
import { isForClient, type PersonKinds, personKinds } from '../../domain/search.ts';
import { boundedClientId, subjectForClient } from '../checks/authenticate.ts';
import { fillPage, type Page } from './fill-page.ts';
import type { SearchQuestion } from './search-question.ts';

type Place = Pick<PersonCandidatesQuery, 'repository_id' | 'owner' | 'internal' | 'enterprise_id'>;

const NOWHERE: Place = { repository_id: null, owner: null, internal: false, enterprise_id: null };

/** From what rights on the resource come. */
function placeOf(resource: Resource): Place {
  switch (resource.type) {
    case 'repository': {
      const { type, id } = resource.owner;
      return {
        ...{ ...NOWHERE, repository_id: resource.id, owner: { type, id } },
        internal: resource.visibility === 'internal',
      };
    }
    case 'organization':
      return { ...NOWHERE, owner: { type: 'Organization', id: resource.organization.id } };
    case 'user':
      return { ...NOWHERE, owner: { type: 'User', id: resource.id } };
    case 'enterprise':
      return { ...NOWHERE, enterprise_id: resource.enterprise.id };
    case 'none':
    case 'absent':
      return NOWHERE;
  }
}

function isNobody({ roles, ...kinds }: PersonKinds): boolean {
  return roles.length === 0 && Object.values(kinds).every((each) => !each);
}

/** The logins of those whom an evaluation would allow it, as far as the client may know of them. @rule T6 */
export async function searchSubjects(
  deps: Deps,
  type: string,
  { client, asked, limit, after }: SearchQuestion,
): Promise<Page<string>> {
  const { resource: key, ask, path } = asked;
  if (key === null || type !== 'user') return { results: [], next: null };
  const bounded_client_id = boundedClientId(client);
  const { resource, now } = await deps.facts.load({ subject: { type: 'anonymous' }, resource: key, bounded_client_id });
  const kinds = personKinds(resource, { ask, path }, now);
  if (isNobody(kinds)) return { results: [], next: null };
  const query = { kinds, ...placeOf(resource), organization_ids: client.organization_ids };
  return fillPage(
    {
      list: (from, count) => listPersonCandidates(deps.db, { ...query, after_key: from ?? '', limit: count }),
      placeOf: ({ login_key }) => login_key,
      judge: async (candidates) => {
        const loaded = await deps.facts.loadAll(
          candidates.map(({ login }) => ({ subject: { type: 'login', login }, resource: key, bounded_client_id })),
        );
        return loaded.map((facts) => {
          const subject = subjectForClient(facts, client);
          if (subject?.type !== 'person') return null;
          const decision = decide({ subject, resource: facts.resource }, { ask, path }, facts.now);
          const is_told = decision.effect === 'allow' && isForClient(client, facts.resource, decision);
          return is_told ? subject.person.login : null;
        });
      },
    },
    { limit, after },
  );
}
