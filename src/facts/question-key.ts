// A question as one text, by which its answer is remembered; and the things that the answer rests on, of which any that is touched
// ends it.

import type { OwnerFacts, Resource } from '../domain/facts.ts';
import type { Thing } from './memory.ts';
import type { FactsQuestion, LoadedFacts, LoadedSubject, ResourceKey, SubjectKey } from './source.ts';

/** Beyond so many listed repositories an answer rests on too much to be worth remembering. */
const LISTED_MAX = 100;

/** Names are ASCII; lower case of anything else may be another's name (`K` of Kelvin becomes `k`), so it names nothing. */
const ASCII = /^[\x21-\x7e]+$/;

/** The name as the database compares it; null: it can be nobody's. */
export function nameKey(name: string): string | null {
  return ASCII.test(name) ? name.toLowerCase() : null;
}

function ofSubject(subject: SubjectKey): string | null {
  switch (subject.type) {
    case 'token_text':
      return subject.digest;
    case 'token_id':
      return `#${subject.id}`;
    case 'login': {
      const key = nameKey(subject.login);
      return key === null ? null : `@${key}`;
    }
    case 'anonymous':
      return '-';
    // A session ends with a click, and is never asked about a thousand times a second.
    case 'session':
      return null;
  }
}

/** A blank stands in no name. */
function ofResource(resource: ResourceKey): string | null {
  switch (resource.type) {
    case 'repository': {
      const [owner, name] = [nameKey(resource.owner), nameKey(resource.name)];
      return owner === null || name === null ? null : `r ${owner} ${name}`;
    }
    case 'repository_id':
      return `i ${resource.id}`;
    case 'organization':
    case 'user':
    case 'account': {
      const login = nameKey(resource.login);
      return login === null ? null : `${resource.type} ${login}`;
    }
    case 'enterprise': {
      const slug = nameKey(resource.slug);
      return slug === null ? null : `e ${slug}`;
    }
    case 'holder':
    case 'none':
    case 'granted':
      return resource.type;
    // What a team belongs to is not among the things of which changes tell.
    case 'organization_of_team':
      return null;
  }
}

/** The question as one text; null for what is not remembered. */
export function questionKey({ subject, resource, bounded_client_id }: FactsQuestion): string | null {
  const [who, what] = [ofSubject(subject), ofResource(resource)];
  if (who === null || what === null) return null;
  return bounded_client_id === null ? `${who} ${what}` : `${who} ${what} ${bounded_client_id}`;
}

function thingsOfSubject(subject: LoadedSubject): Thing[] | null {
  switch (subject.type) {
    case 'anonymous':
      return [];
    case 'login':
      return [`account:${subject.person.id}`];
    case 'token': {
      const { token, person } = subject;
      const things: Thing[] = [`token:${token.id}`, `account:${person.id}`];
      if (token.kind === 'fine_grained' && token.resource_owner !== null) {
        things.push(`account:${token.resource_owner.id}`);
      }
      return things;
    }
    case 'unknown':
    case 'session':
      return null;
  }
}

function thingsOfOwner(owner: OwnerFacts): Thing[] {
  const things: Thing[] = [`account:${owner.id}`];
  if (owner.type === 'Organization' && owner.enterprise !== null) things.push(`enterprise:${owner.enterprise.id}`);
  return things;
}

function thingsOfResource(resource: Resource): Thing[] | null {
  switch (resource.type) {
    case 'repository':
      return [`repository:${resource.id}`, ...thingsOfOwner(resource.owner)];
    case 'organization':
      return thingsOfOwner(resource.organization);
    case 'user':
      return [`account:${resource.id}`];
    case 'enterprise':
      return [`enterprise:${resource.enterprise.id}`];
    case 'none':
      return [];
    case 'absent':
      return null;
  }
}

/** The repositories by name: each with its owner, who is the token's, but of a classic token anybody. */
function thingsOfList({ subject, granted_repositories }: LoadedFacts): Thing[] | null {
  if (granted_repositories === null) return [];
  const is_classic = subject.type === 'token' && subject.token.kind === 'classic';
  if (is_classic || granted_repositories.length > LISTED_MAX) return null;
  return granted_repositories.map(({ id }): Thing => `repository:${id}`);
}

/** Everything that the answer rests on; null where that cannot be said, or something is not there: nothing could end it. */
export function thingsOf({ bounded_client_id }: FactsQuestion, loaded: LoadedFacts): readonly Thing[] | null {
  const parts = [thingsOfSubject(loaded.subject), thingsOfResource(loaded.resource), thingsOfList(loaded)];
  if (parts.includes(null)) return null;
  const client: Thing[] = bounded_client_id === null ? [] : [`client:${bounded_client_id}`];
  return [...new Set([...parts.flatMap((each) => each ?? []), ...client])];
}
