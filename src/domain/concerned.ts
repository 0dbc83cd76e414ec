// Whom an entry of the record concerns, from the resource that it is about (L2).

import type { AlsoConcerned, AuditEvent } from './audit.ts';
import type { RepositoryFacts, Resource } from './facts.ts';

export type Concerned = Pick<AuditEvent, 'org' | 'repo' | 'business' | 'user'>;

/** The members of an entry that name the resource and its owner. */
export function concernedBy(resource: Resource): Concerned {
  switch (resource.type) {
    case 'organization':
      return { org: { id: resource.organization.id, name: resource.organization.login } };
    case 'repository': {
      const repo = { id: resource.id, name: `${resource.owner.login}/${resource.name}` };
      const owner = { id: resource.owner.id, name: resource.owner.login };
      return resource.owner.type === 'Organization' ? { repo, org: owner } : { repo, user: owner };
    }
    case 'enterprise':
      return { business: { id: resource.enterprise.id, name: resource.enterprise.slug } };
    case 'user':
      return { user: { id: resource.id, name: resource.login } };
    case 'none':
    case 'absent':
      return {};
  }
}

/** The owner of the repository, where an entry names another person or organization in his place. */
export function ownerConcerned({ owner }: RepositoryFacts): readonly AlsoConcerned[] {
  return [{ type: owner.type === 'Organization' ? 'organization' : 'user', id: owner.id, name: owner.login }];
}
