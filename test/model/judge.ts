// From the state of a history to what the reference decision judges. Nothing of the engine is asked; of src only types.

import type {
  EnterpriseFacts,
  Facts,
  OrganizationFacts,
  PersonFacts,
  Resource,
  TokenFacts,
} from '../../src/domain/facts.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import { type Answer, reference } from './reference.ts';
import { referenceChild } from './reference-child.ts';
import {
  type Child,
  endOf,
  isAlive,
  type Organization,
  type Person,
  type Repository,
  roleOn,
  type State,
  type Text,
  type Token,
} from './state.ts';

export type Named = {
  readonly type: 'repository' | 'organization' | 'user' | 'enterprise' | 'none';
  readonly id: string;
};

/** Who asks: nobody, a person himself, a token by its id, or by a text. */
export type Asker =
  | { readonly type: 'anonymous' }
  | { readonly type: 'person'; readonly login: string }
  | { readonly type: 'token'; readonly id: number }
  | { readonly type: 'text'; readonly text: Text };

const BAD: Answer = { effect: 'deny', reason: 'bad_credential', status: 401, fine_reason: 'bad_credential' };

export function personNamed(state: State, login: string): Person | undefined {
  return [...state.people.values()].find((each) => each.login.toLowerCase() === login.toLowerCase());
}

export function organizationNamed(state: State, login: string): Organization | undefined {
  return [...state.organizations.values()].find((each) => each.login.toLowerCase() === login.toLowerCase());
}

export function repositoryNamed(state: State, full_name: string): Repository | undefined {
  const [login = '', name = ''] = full_name.toLowerCase().split('/');
  const owner = personNamed(state, login) ?? organizationNamed(state, login);
  return [...state.repositories.values()].find(
    (each) => each.owner_id === owner?.id && each.name.toLowerCase() === name,
  );
}

function personFacts({ id, login, suspended }: Person): PersonFacts {
  return { id, login, suspended, site_admin: false };
}

function enterpriseFacts(state: State, person_id: number | null): EnterpriseFacts {
  const { id, slug, policy, admins } = state.enterprise;
  return { id, slug, name: slug, policy, holder_administers: person_id !== null && admins.has(person_id) };
}

function organizationFacts(
  state: State,
  of: Organization,
  person_id: number | null,
  token: Token | null,
): OrganizationFacts {
  return {
    type: 'Organization',
    id: of.id,
    login: of.login,
    profile_name: null,
    membership: (person_id !== null && of.members.get(person_id)) || null,
    reviews: false,
    policy: of.policy,
    enterprise: of.in_enterprise ? enterpriseFacts(state, person_id) : null,
    sso: { required: of.sso_required, authorized: token?.sso.has(of.id) ?? false },
  };
}

function resourceFacts(state: State, { type, id }: Named, person_id: number | null, token: Token | null): Resource {
  if (type === 'none') return { type };
  if (type === 'enterprise') {
    return id === state.enterprise.slug ? { type, enterprise: enterpriseFacts(state, person_id) } : { type: 'absent' };
  }
  if (type === 'user') {
    const person = personNamed(state, id);
    return person === undefined ? { type: 'absent' } : { type, id: person.id, login: person.login };
  }
  if (type === 'organization') {
    const found = organizationNamed(state, id);
    return found === undefined
      ? { type: 'absent' }
      : { type, organization: organizationFacts(state, found, person_id, token) };
  }
  const repository = repositoryNamed(state, id);
  if (repository === undefined) return { type: 'absent' };
  const organization = state.organizations.get(repository.owner_id);
  const person = state.people.get(repository.owner_id);
  return {
    type,
    id: repository.id,
    name: repository.name,
    owner:
      organization === undefined
        ? { type: 'User', id: repository.owner_id, login: person?.login ?? '' }
        : organizationFacts(state, organization, person_id, token),
    visibility: repository.visibility,
    archived: repository.archived,
    role: person_id === null ? null : roleOn(state, person_id, repository),
    selected: token?.grant?.repositories.has(repository.id) ?? false,
  };
}

const at = (moment: number | null): Date | null => (moment === null ? null : new Date(moment));

function tokenFacts(state: State, token: Token, text_ends_at: number | null): TokenFacts {
  const common = {
    id: token.id,
    name: 'token',
    hashed_token: '',
    exchanged: null,
    secret_issued_at: new Date(token.issued_at),
    expires_at: at(token.expires_at),
    revoked_at: token.revoked ? new Date(state.now) : null,
    secret_expires_at: at(text_ends_at),
  };
  if (token.kind === 'classic') return { ...common, kind: 'classic', scopes: token.scopes };
  const person = token.owner_id === null ? undefined : state.people.get(token.owner_id);
  const organization = token.owner_id === null ? undefined : state.organizations.get(token.owner_id);
  const type = person === undefined ? 'Organization' : 'User';
  const owner = person ?? organization;
  return {
    ...common,
    kind: 'fine_grained',
    resource_owner: owner === undefined ? null : { id: owner.id, type, login: owner.login },
    grant: token.grant && {
      id: 1,
      permissions: token.grant.permissions as never, // the levels are those of the vocabulary
      repository_selection: token.grant.selection,
    },
    request_pending: token.pending !== null,
  };
}

/** T3: what a child holds is what all that it was made from held then. */
function childFacts(state: State, text: Text, child: Child) {
  const end = endOf(state, text) ?? Number.MAX_SAFE_INTEGER;
  return {
    id: 1,
    issued_at: new Date(0),
    expires_at: new Date(Math.min(end, 8.64e15)),
    ended_at: null,
    depth: child.depth,
    secret_digest: '',
    narrows_repositories: child.repositories !== null,
    audience: null,
    actor_ids: [],
    client_id: '',
    hashed_token: '',
    scopes: child.scopes,
    permissions: child.permissions as never, // as above
  };
}

/** T6: what a client that is bound to organizations may know of; null: it is bound to none. */
export function isKnown(state: State, asker: Asker, bound: ReadonlySet<number> | null): boolean {
  if (bound === null || asker.type === 'anonymous') return true;
  const belongs = (id: number | undefined): boolean =>
    id !== undefined && [...bound].some((each) => state.organizations.get(each)?.members.has(id));
  if (asker.type === 'person') return belongs(personNamed(state, asker.login)?.id);
  const token = state.tokens.get(asker.type === 'text' ? asker.text.token_id : asker.id);
  if (token?.kind === 'fine_grained') return token.owner_id !== null && bound.has(token.owner_id);
  return belongs(token?.holder_id);
}

/** The same as it is told to such a client: what it may not know of is no credential. */
export function judgeFor(
  state: State,
  bound: ReadonlySet<number> | null,
  ...[asker, request, named]: [Asker, DecisionRequest, Named]
): Answer {
  return isKnown(state, asker, bound) ? judge(state, asker, request, named) : BAD;
}

/** What the rules say about this question in this state. */
export function judge(state: State, asker: Asker, request: DecisionRequest, named: Named): Answer {
  const now = new Date(state.now);
  if (asker.type === 'anonymous') {
    return reference(
      { subject: { type: 'anonymous' }, resource: resourceFacts(state, named, null, null) },
      request,
      now,
    );
  }
  if (asker.type === 'person') {
    const person = personNamed(state, asker.login);
    if (person === undefined) return BAD;
    const subject = { type: 'person', person: personFacts(person) } as const;
    return reference({ subject, resource: resourceFacts(state, named, person.id, null) }, request, now);
  }
  const text = asker.type === 'text' ? asker.text : null;
  const token = state.tokens.get(asker.type === 'text' ? asker.text.token_id : asker.id);
  const person = token && state.people.get(token.holder_id);
  if (token === undefined || person === undefined) return BAD;
  if (text !== null && !isAlive(state, text)) return BAD;
  const root = tokenFacts(state, token, text?.child === null ? text.ends_at : null);
  const facts: Facts = {
    subject: { type: 'token', token: root, person: personFacts(person) },
    resource: resourceFacts(state, named, person.id, token),
  };
  if (text?.child == null) return reference(facts, request, now);
  const found = named.type === 'repository' ? repositoryNamed(state, named.id) : undefined;
  const listed = found !== undefined && (text.child.repositories?.has(found.id) ?? false);
  return referenceChild(facts, { child: childFacts(state, text, text.child), listed }, request, now);
}
