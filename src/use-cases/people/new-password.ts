// A password that somebody chose, on its way into the database.

import { passwordFault } from '../../domain/password.ts';
import { invalid } from '../../domain/refusal.ts';
import { hashPassword } from '../../secrets.ts';

/** Its stored form; 422 where it cannot be a password. Slow, so never inside a transaction. */
export async function hashNewPassword(password: string): Promise<string> {
  const fault = passwordFault(password);
  if (fault !== null) throw invalid('User', 'password', 'invalid', fault);
  return hashPassword(password);
}
