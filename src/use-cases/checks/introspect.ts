// Introspection (RFC 7662): what a presented text is worth now. Policy, SSO and the holder's role are not applied here; that
// is what evaluation is for (T1).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { judgeCredential } from '../../domain/decide.ts';
import type { PersonFacts, TokenFacts } from '../../domain/facts.ts';
import type { GrantedRepository } from '../../facts/source.ts';
import { boundedClientId, subjectForClient } from './authenticate.ts';
import { tokenTextKey } from './token-text.ts';

export type Introspected = {
  readonly token: TokenFacts;
  readonly person: PersonFacts;
  /** Null unless the token holds a selection of single repositories now. */
  readonly repositories: readonly GrantedRepository[] | null;
  readonly now: Date;
};

/**
 * The live token with this text, as far as the client may know of it; null for everything else, without a word why. A text
 * that is not of a token's form or has a wrong checksum never reaches the database. @rule T1, T3, T5, T6, M9
 */
export async function introspect(deps: Deps, client: ClientFacts, text: string): Promise<Introspected | null> {
  const key = tokenTextKey(text, deps.config.token_prefix);
  if (key === null) return null;
  const question = { subject: key, resource: { type: 'granted' }, bounded_client_id: boundedClientId(client) } as const;
  const loaded = await deps.facts.load(question);
  const { now, granted_repositories } = loaded;
  const subject = subjectForClient(loaded, client);
  if (subject?.type !== 'token' || judgeCredential(subject, now) !== null) return null;
  deps.facts.remember(question, loaded);
  const { token, person } = subject;
  deps.last_use.record(token.id, now);
  return { token, person, repositories: granted_repositories, now };
}
