// The principal of a request as the rules and the facts know him: for what a use-case has to ask beyond what the hooks did.

import { type Principal, personBehind } from '../../domain/caller.ts';
import type { Subject, TokenFacts } from '../../domain/facts.ts';
import type { SubjectKey } from '../../facts/source.ts';

/** As decide() takes him. A client and the service itself are nobody here. */
export function principalSubject(principal: Principal): Subject {
  switch (principal.type) {
    case 'session':
      return { type: 'person', person: principal.person };
    case 'token':
      return { type: 'token', token: principal.token, person: principal.person };
    case 'anonymous':
    case 'client':
    case 'system':
      return { type: 'anonymous' };
  }
}

/** An exchanged text is narrower than its token: it is found by itself only. @rule T3 */
function tokenKey({ id, hashed_token, exchanged }: TokenFacts): SubjectKey {
  return exchanged === null ? { type: 'token_id', id } : { type: 'token_text', digest: hashed_token };
}

/** As facts find him. */
export function principalKey(principal: Principal): SubjectKey {
  switch (principal.type) {
    case 'session':
      return { type: 'login', login: principal.person.login };
    case 'token':
      return tokenKey(principal.token);
    case 'anonymous':
    case 'client':
    case 'system':
      return { type: 'anonymous' };
  }
}

/** The id of the person who calls; null: nobody. */
export function personIdOf(principal: Principal): number | null {
  return personBehind(principal)?.id ?? null;
}
