// Introspection (RFC 7662): what a presented text is worth now. Policy, SSO and the holder's role are not applied here; that
// is what evaluation is for (T1).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { judgeCredential } from '../../domain/decide.ts';
import type { PersonFacts, TokenFacts } from '../../domain/facts.ts';
import type { FactsQuestion, GrantedRepository, LoadedFacts, SubjectKey } from '../../facts/source.ts';
import { digestOf } from '../../secrets.ts';
import { isNamedExchanged } from '../../text-form.ts';
import { boundedClientId, subjectForClient } from './authenticate.ts';
import { tokenTextKey } from './token-text.ts';

export type Introspected = {
  readonly token: TokenFacts;
  readonly person: PersonFacts;
  /** Null unless the token holds a selection of single repositories now. */
  readonly repositories: readonly GrantedRepository[] | null;
  readonly now: Date;
  /** How long ago this was known, where the database could not be reached since. */
  readonly stale_ms?: number;
};

type Question = FactsQuestion & { readonly subject: SubjectKey & { readonly type: 'token_text' } };

function questionOf(subject: Question['subject'], client: ClientFacts): Question {
  return { subject, resource: { type: 'granted' }, bounded_client_id: boundedClientId(client, subject) };
}

/** What the facts say of the token; null where the client may not know of it, or it is not live. */
function judge(deps: Deps, client: ClientFacts, loaded: LoadedFacts): Introspected | null {
  const { now, granted_repositories } = loaded;
  const subject = subjectForClient(loaded, client);
  if (subject?.type !== 'token' || judgeCredential(subject, now) !== null) return null;
  const { token, person } = subject;
  deps.last_use.record(token.id, now);
  return { token, person, repositories: granted_repositories, now };
}

/**
 * The live token with this text, as far as the client may know of it; null for everything else, without a word why. A text
 * that is not of a token's form or has a wrong checksum never reaches the database. @rule T1, T3, T5, T6, M9
 */
export async function introspect(deps: Deps, client: ClientFacts, text: string): Promise<Introspected | null> {
  const key = tokenTextKey(text, deps.config.token_prefix);
  if (key === null) return null;
  const question = questionOf(key, client);
  const [loaded] = await deps.facts.loadOrLastKnown([question]);
  if (loaded === undefined) throw new Error('a question has no facts');
  const introspected = judge(deps, client, loaded);
  if (introspected === null) return null;
  const stale_ms = Math.max(loaded.stale_ms ?? 0, client.stale_ms ?? 0);
  if (stale_ms > 0) return { ...introspected, stale_ms };
  deps.facts.remember(question, loaded);
  return introspected;
}

/**
 * The same where it is known without asking; undefined: it has to be asked for. What is known of a text, its form was right; of an
 * exchanged one, only what this client was told.
 */
export function introspectKnown(deps: Deps, client: ClientFacts, text: string): Introspected | null | undefined {
  if (client.stale_ms !== undefined) return undefined;
  const is_exchanged = isNamedExchanged(text, deps.config.token_prefix);
  const known = deps.facts.known(questionOf({ type: 'token_text', digest: digestOf(text), is_exchanged }, client));
  return known === null ? undefined : judge(deps, client, known);
}
