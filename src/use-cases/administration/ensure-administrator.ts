// The first start makes one site administrator (contract 3); later starts change nothing.

import { takeLock } from '../../db/advisory-locks.ts';
import { writeAudit } from '../../db/audit.ts';
import { hasSiteAdministrator, insertPerson } from '../../db/people.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { SYSTEM_CALLER } from '../../domain/caller.ts';
import { hashPassword, newPassword } from '../../secrets.ts';

/** Makes the administrator where there is none; without a password one is generated, and shown by the caller, once. */
export async function ensureAdministrator(
  deps: Deps,
  input: { readonly login: string; readonly password: string | null },
): Promise<{ created: false } | { created: true; generated_password: string | null }> {
  if (await hasSiteAdministrator(deps.db)) return { created: false };
  const password = input.password ?? newPassword();
  const password_hash = await hashPassword(password);
  const created = await inTransaction(deps.db, async (db) => {
    await takeLock(db, 'first_administrator'); // any number of nodes may start at the same moment
    if (await hasSiteAdministrator(db)) return false;
    const id = await insertPerson(db, {
      login: input.login,
      email: `${input.login}@localhost`,
      email_verified: true,
      password_hash,
      site_admin: true,
      created_at: deps.clock(),
    });
    const user = { id, name: input.login };
    await writeAudit(db, SYSTEM_CALLER, { action: 'user.create', operation_type: 'create', user });
    return true;
  });
  if (!created) return { created: false };
  return { created: true, generated_password: input.password === null ? password : null };
}
