// Logins are one namespace of people and organizations; e-mail addresses are a person's own (contract 4).

import { invalid } from '../../domain/refusal.ts';
import { refuseTaken } from './refuse-taken.ts';

/** Does the work, a whole transaction; 422 where a login or an e-mail in it is somebody else's. */
export function refuseTakenPerson<Result>(work: () => Promise<Result>): Promise<Result> {
  const email_taken = invalid('User', 'email', 'already_exists', 'belongs to another person');
  return refuseTakenLogin('User', () => refuseTaken('users_email_taken', email_taken, work));
}

/** The same for an account of which only the login is unique. */
export function refuseTakenLogin<Result>(resource: string, work: () => Promise<Result>): Promise<Result> {
  const login_taken = invalid(resource, 'login', 'already_exists', 'belongs to another person or organization');
  return refuseTaken('accounts_login_taken', login_taken, work);
}
