// POST /user/email/verification: a code is mailed to the address of the person who asks.

import { putEmailVerification } from '../../db/email-verifications.ts';
import { lockPerson } from '../../db/people.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { overLimit } from '../../over-limit.ts';
import { digestOf, newVerificationCode } from '../../secrets.ts';
import { holderIdOf } from './holding-session.ts';

/** So many mails an hour a person can have sent, to an address that may be somebody else's; over all nodes. */
const MAILS_PER_HOUR_MAX = 5;
const HOUR_MS = 3_600_000;
const LIFE_MS = 24 * HOUR_MS;

function countAsk(deps: Deps, user_id: number): void {
  const windows = deps.counts.windows('verification_mail', { count_max: MAILS_PER_HOUR_MAX, window_ms: HOUR_MS });
  const { is_over, ends_in_ms } = windows.take(String(user_id), deps.clock());
  if (is_over) throw overLimit('verification_mail', ends_in_ms);
}

function textOf(login: string, url: string): string {
  return [
    `Hello ${login},`,
    '',
    'to say that this e-mail address is yours, call within 24 hours, signed in:',
    '',
    `PUT ${url}`,
    '',
    'If you did not ask for this, do nothing.',
    '',
  ].join('\n');
}

export type AskedVerification = { readonly email: string; readonly expires_at: Date };

/**
 * Mails a new code, which takes the place of an older one; only its digest is kept, so the mail is sent at once and not
 * queued. Refuses: 409 where no mail can be sent, or the address is verified; 429 after five an hour. Faults: 503 where the
 * mail server does not take it. @rule M1
 */
export async function askEmailVerification(deps: Deps, caller: Caller): Promise<AskedVerification> {
  const user_id = holderIdOf(caller);
  const { mailer } = deps;
  if (mailer === null) {
    const message = 'This service sends no mail; a site administrator can verify the address';
    throw new Refusal('conflict', { message });
  }
  countAsk(deps, user_id);
  const code = newVerificationCode();
  const expires_at = new Date(deps.clock().getTime() + LIFE_MS);
  const { login, email } = await inTransaction(deps.db, async (transaction) => {
    const person = await lockPerson(transaction, user_id);
    if (person === undefined || person.suspended_at !== null) throw new Refusal('bad_credential');
    if (person.email_verified) throw new Refusal('conflict', { message: 'The address is verified already' });
    const digest = digestOf(code);
    await putEmailVerification(transaction, { user_id, digest, email: person.email, expires_at });
    return person;
  });
  const text = textOf(login, `${deps.config.public_url}/user/email/verification/${code}`);
  const outcome = await mailer
    .send({ to: email, subject: '[Gatehouse] Verify your e-mail address', text })
    .catch((error: unknown) => {
      deps.log.warn({ err: error }, 'the mail server did not take a mail');
      return 'later' as const;
    });
  if (outcome === 'later') throw new Refusal('unavailable', { message: 'The mail server does not take mails now' });
  if (outcome === 'refused') throw new Refusal('conflict', { message: 'The mail server refused the address' });
  return { email, expires_at };
}
