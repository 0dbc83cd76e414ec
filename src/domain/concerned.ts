// Whom an entry of the record concerns, from the resource that it is about (L2).

import type { AlsoConcerned, AuditEvent } from './audit.ts';
import type { OwnerFacts, RepositoryFacts, Resource } from './facts.ts';

export type Concerned = Pick<AuditEvent, 'org' | 'repo' | 'business' | 'user'>;

type Owner = Pick<OwnerFacts, 'type' | 'id' | 'login'>;

function concernedAsOwner({ type, id, login }: Owner): Concerned {
  return type === 'Organization' ? { org: { id, name: login } } : { user: { id, name: login } };
}

/**
 * The members of an entry that name the resource and its owner. What is not there concerns whose it would be: an attempt at it is
 * written where one at what is hidden is (promises P18).
 */
export function concernedBy(resource: Resource): Concerned {
  switch (resource.type) {
    case 'organization':
      return { org: { id: resource.organization.id, name: resource.organization.login } };
    case 'repository': {
      const repo = { id: resource.id, name: `${resource.owner.login}/${resource.name}` };
      return { repo, ...concernedAsOwner(resource.owner) };
    }
    case 'enterprise':
      return { business: { id: resource.enterprise.id, name: resource.enterprise.slug } };
    case 'user':
      return { user: { id: resource.id, name: resource.login } };
    case 'absent':
      return resource.owner === undefined ? {} : concernedAsOwner(resource.owner);
    case 'none':
      return {};
  }
}

/** The owner of the repository, where an entry names another person or organization in his place. */
export function ownerConcerned({ owner }: RepositoryFacts): readonly AlsoConcerned[] {
  return [{ type: owner.type === 'Organization' ? 'organization' : 'user', id: owner.id, name: owner.login }];
}
