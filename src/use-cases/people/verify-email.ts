// PUT /user/email/verification/{code}: the person has read the mail, so the address is his.

import { writeAudit } from '../../db/audit.ts';
import { useEmailVerification } from '../../db/email-verifications.ts';
import { lockPerson, updatePerson } from '../../db/people.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { digestOf } from '../../secrets.ts';
import { holderIdOf } from './holding-session.ts';
import { countingFailures } from './password-failures.ts';

/**
 * Verifies the address to which the code was sent, if it still is the person's. A code that is unknown, used, over, another
 * person's or of an address before: 404; after ten of them in a quarter of an hour 429. @rule M1, L1
 */
export async function verifyEmail(deps: Deps, caller: Caller, code: string): Promise<void> {
  const user_id = holderIdOf(caller);
  await countingFailures(deps, `e-mail of ${user_id}`, () =>
    inTransaction(deps.db, async (transaction) => {
      const person = await lockPerson(transaction, user_id);
      if (person === undefined || person.suspended_at !== null) throw new Refusal('bad_credential');
      const email = await useEmailVerification(transaction, { user_id, digest: digestOf(code), now: deps.clock() });
      if (email !== person.email) throw new Refusal('not_found');
      await updatePerson(transaction, user_id, { email_verified: true });
      const user = { id: person.id, name: person.login };
      const data = { changed: ['email_verified'] };
      await writeAudit(transaction, caller, { action: 'user.update', operation_type: 'modify', user, data });
    }),
  );
}
