// Who is calling, and what there is to know about what he asks for: credential in, principal and facts out.

import { certificateDigest, findClientOfCertificate } from '../../db/client-certificates.ts';
import type { Deps } from '../../deps.ts';
import type { ClientFacts, Principal } from '../../domain/caller.ts';
import { isForAudience } from '../../domain/exchanged.ts';
import type { Subject } from '../../domain/facts.ts';
import { subjectOf } from '../../facts/shown.ts';
import type { ClientKey, LoadedFacts, LoadedSubject, ResourceKey, SubjectKey } from '../../facts/source.ts';

export type Authenticated = {
  readonly facts: LoadedFacts;
  /** Null: the credential is unknown, or a session that is over. Whether a token is alive is for decide(). */
  readonly subject: Subject | null;
  readonly principal: Principal;
};

function principalOf(loaded: LoadedSubject): Principal {
  if (loaded.type === 'session') return { type: 'session', person: loaded.person, session_id: loaded.session_id };
  if (loaded.type === 'token') return { type: 'token', person: loaded.person, token: loaded.token };
  return { type: 'anonymous' };
}

/** A subject that is for somebody else is a credential for nobody here. @rule T3 */
function forAudience(subject: Subject | null, names: readonly string[]): Subject | null {
  return subject?.type === 'token' && !isForAudience(subject.token, names) ? null : subject;
}

function authenticated(deps: Deps, facts: LoadedFacts): Authenticated {
  const found = forAudience(subjectOf(facts.subject, facts.now), [deps.config.public_url]);
  return { facts, subject: found, principal: principalOf(facts.subject) };
}

/** Loads the subject and the resource of a request of this API. Faults: StorageUnavailable. */
export async function authenticate(deps: Deps, subject: SubjectKey, resource: ResourceKey): Promise<Authenticated> {
  return authenticated(deps, await deps.facts.load({ subject, resource, bounded_client_id: null }));
}

/** The same where it is known without asking; null: it has to be asked for. */
export function authenticateKnown(deps: Deps, subject: SubjectKey, resource: ResourceKey): Authenticated | null {
  const facts = deps.facts.known({ subject, resource, bounded_client_id: null });
  return facts === null ? null : authenticated(deps, facts);
}

/**
 * The client with these credentials, or null. What this node remembers as right is no try; all else counts for the client, wherever it
 * comes from (promises P17). Refuses one too many. `address`: of who presents them.
 */
export async function authenticateClient(
  deps: Deps,
  key: ClientKey,
  address: string | null,
): Promise<ClientFacts | null> {
  return deps.facts.knownClient(key) ?? (await attemptClient(deps, key, address, deps.credential_failures.fail));
}

/**
 * The same for who asks again before anybody is told that it is nobody: that it was nobody is not counted then, nor refused.
 * `asksAgain`: whether he will. Who has gone meanwhile has tried all the same.
 */
export async function rememberClient(
  deps: Deps,
  key: ClientKey,
  { address, asksAgain }: { readonly address: string | null; readonly asksAgain: () => boolean },
): Promise<ClientFacts | null> {
  const { credential_failures } = deps;
  if (credential_failures.isRefused(attemptOf(key, address))) return null;
  return attemptClient(deps, key, address, (attempt) => {
    if (asksAgain()) credential_failures.giveBack(attempt);
    else credential_failures.fail(attempt);
  });
}

type Attempt = Parameters<Deps['credential_failures']['begin']>[0];

function attemptOf({ client_id, digest }: ClientKey, address: string | null): Attempt {
  return { of: 'client', whose: client_id, address, digest };
}

async function attemptClient(
  deps: Deps,
  key: ClientKey,
  address: string | null,
  failed: (attempt: Attempt) => void,
): Promise<ClientFacts | null> {
  const attempt = attemptOf(key, address);
  deps.credential_failures.begin(attempt);
  try {
    const client = await deps.facts.client(key);
    if (client === null) failed(attempt);
    else deps.credential_failures.succeed(attempt);
    return client;
  } catch (error) {
    deps.credential_failures.giveBack(attempt); // a fault of the storage is no wrong secret
    throw error;
  }
}

/**
 * The client that the certificate is registered for, or null; where the caller names a client, none but that one. A thumbprint that
 * nobody has is no bad credential: connections inside of a mesh show certificates to everybody.
 */
export async function authenticateByCertificate(
  deps: Deps,
  { thumbprint, named }: { readonly thumbprint: string; readonly named: string | null },
): Promise<ClientFacts | null> {
  const client_id = named ?? (await findClientOfCertificate(deps.db, thumbprint));
  if (client_id === undefined) return null;
  return deps.facts.client({ client_id, digest: certificateDigest(thumbprint) });
}

/**
 * The subject as far as the client may know of it: what is for none of its audiences (T3) is as unknown as what is not there. What is
 * beyond its organizations (T6) was not even found.
 */
export function subjectForClient({ subject, now }: LoadedFacts, client: ClientFacts): Subject | null {
  return forAudience(subjectOf(subject, now), client.audiences);
}

/**
 * The id by which facts are bounded to what the client may know: of organizations, and of exchanged texts for an audience. Null for a
 * client that may know of it all. `subject`: whom the question is about. @rule T3, T6
 */
export function boundedClientId(client: ClientFacts, subject: SubjectKey | null = null): number | null {
  if (client.organization_ids !== null) return client.id;
  return subject?.type === 'token_text' && subject.is_exchanged === true ? client.id : null;
}
