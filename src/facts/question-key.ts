// A question as bytes, by which its answer is remembered; and the things that the answer rests on, of which any that is touched
// ends it.

import type { OwnerFacts, Resource } from '../domain/facts.ts';
import { type Sink, spoil, writeByte, writeDigest, writeNumber } from './bytes.ts';
import type { FactsQuestion, LoadedFacts, LoadedSubject, ResourceKey, SubjectKey } from './source.ts';
import { type Thing, thingOf } from './things.ts';

/** Beyond so many listed repositories an answer rests on too much to be worth remembering. */
const LISTED_MAX = 100;
const SUBJECT_TYPES: readonly SubjectKey['type'][] = ['anonymous', 'token_text', 'token_id', 'login'];
const RESOURCE_TYPES: readonly ResourceKey['type'][] = [
  'none',
  'granted',
  'holder',
  'repository',
  'repository_id',
  'organization',
  'user',
  'account',
  'enterprise',
  'end',
];
/** The first byte: the type of the resource in the low half, of the subject above it, and whether a client bounds the question. */
const SUBJECT_SHIFT = 4;
const BOUNDED = 0x80;

/** Names are ASCII; lower case of anything else may be another's name (`K` of Kelvin becomes `k`), so it names nothing. */
const ASCII = /^[\x21-\x7e]+$/;
const NAME_BYTES_MAX = 255;

/** The name as the database compares it; null: it can be nobody's. */
export function nameKey(name: string): string | null {
  return ASCII.test(name) ? name.toLowerCase() : null;
}

/** The same as bytes, after their number; what can be nobody's spoils. */
function writeName(sink: Sink, name: string): void {
  const { length } = name;
  if (length === 0 || length > NAME_BYTES_MAX) {
    spoil(sink);
    return;
  }
  writeByte(sink, length);
  for (let index = 0; index < length; index += 1) {
    const code = name.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) {
      spoil(sink);
      return;
    }
    const is_upper = code >= 0x41 && code <= 0x5a;
    writeByte(sink, is_upper ? code + 0x20 : code);
  }
}

function writeSubject(sink: Sink, subject: SubjectKey): void {
  switch (subject.type) {
    case 'token_text':
      if (!writeDigest(sink, subject.digest)) spoil(sink);
      break;
    case 'token_id':
      writeNumber(sink, subject.id);
      break;
    case 'login':
      writeName(sink, subject.login);
      break;
    case 'anonymous':
      break;
    // A session ends with a click, and is never asked about a thousand times a second.
    case 'session':
      spoil(sink);
      break;
  }
}

function writeResource(sink: Sink, resource: ResourceKey): void {
  switch (resource.type) {
    case 'repository':
      writeName(sink, resource.owner);
      writeName(sink, resource.name);
      break;
    case 'repository_id':
      writeNumber(sink, resource.id);
      break;
    case 'organization':
    case 'user':
    case 'account':
      writeName(sink, resource.login);
      break;
    case 'enterprise':
      writeName(sink, resource.slug);
      break;
    case 'holder':
    case 'none':
    case 'granted':
    case 'end':
      break;
    // What a team belongs to is not among the things of which changes tell.
    case 'organization_of_team':
      spoil(sink);
      break;
  }
}

/**
 * The question as bytes of which each part says where it ends, so that no two questions are the same bytes. What is not remembered
 * spoils.
 */
export function writeKey(sink: Sink, { subject, resource, bounded_client_id }: FactsQuestion): void {
  const types = (SUBJECT_TYPES.indexOf(subject.type) << SUBJECT_SHIFT) + RESOURCE_TYPES.indexOf(resource.type);
  writeByte(sink, bounded_client_id === null ? types : types + BOUNDED);
  writeSubject(sink, subject);
  writeResource(sink, resource);
  if (bounded_client_id !== null) writeNumber(sink, bounded_client_id);
}

function thingsOfSubject(subject: LoadedSubject): Thing[] | null {
  switch (subject.type) {
    case 'anonymous':
      return [];
    case 'login':
      return [thingOf('account', subject.person.id)];
    case 'token': {
      const { token, person } = subject;
      const things: Thing[] = [thingOf('token', token.id), thingOf('account', person.id)];
      if (token.kind === 'fine_grained' && token.resource_owner !== null) {
        things.push(thingOf('account', token.resource_owner.id));
      }
      return things;
    }
    case 'unknown':
    case 'session':
      return null;
  }
}

function thingsOfOwner(owner: OwnerFacts): Thing[] {
  const things: Thing[] = [thingOf('account', owner.id)];
  if (owner.type === 'Organization' && owner.enterprise !== null)
    things.push(thingOf('enterprise', owner.enterprise.id));
  return things;
}

function thingsOfResource(resource: Resource): Thing[] | null {
  switch (resource.type) {
    case 'repository':
      return [thingOf('repository', resource.id), ...thingsOfOwner(resource.owner)];
    case 'organization':
      return thingsOfOwner(resource.organization);
    case 'user':
      return [thingOf('account', resource.id)];
    case 'enterprise':
      return [thingOf('enterprise', resource.enterprise.id)];
    case 'none':
      return [];
    case 'absent':
      return null;
  }
}

/**
 * The repositories by name: each with its owner, who has to be the token's. Of another one, and of a classic token's, only the name is
 * known.
 */
function thingsOfList({ subject, granted_repositories }: LoadedFacts): Thing[] | null {
  if (granted_repositories === null) return [];
  if (subject.type !== 'token' || subject.token.kind === 'classic') return null;
  if (granted_repositories.length > LISTED_MAX) return null;
  const beginning = `${subject.token.resource_owner?.login ?? ''}/`;
  if (!granted_repositories.every(({ full_name }) => full_name.startsWith(beginning))) return null;
  return granted_repositories.map(({ id }) => thingOf('repository', id));
}

/** Everything that the answer rests on; null where that cannot be said, or something is not there: nothing could end it. */
export function thingsOf({ bounded_client_id }: FactsQuestion, loaded: LoadedFacts): readonly Thing[] | null {
  const of_subject = thingsOfSubject(loaded.subject);
  const of_resource = thingsOfResource(loaded.resource);
  const of_list = thingsOfList(loaded);
  if (of_subject === null || of_resource === null || of_list === null) return null;
  const of_client = bounded_client_id === null ? [] : [thingOf('client', bounded_client_id)];
  return of_subject.concat(of_resource, of_list, of_client);
}
