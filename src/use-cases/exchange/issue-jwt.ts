// Issues an exchanged token as a JWT (RFC 9068, contract 8). There is no row of it: it ends by its life, and by nothing else.

import { writeAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { accessJwt, jwtEnd } from '../../domain/access-jwt.ts';
import type { Caller, ClientFacts } from '../../domain/caller.ts';
import { exchangeEvent } from '../../domain/exchange-audit.ts';
import { digestOf, newJwtId } from '../../secrets.ts';
import type { Narrowed } from './narrow-subject.ts';

/** Answers the text, which is nowhere else. Refuses: 503 `unavailable`, where nothing can be signed. @rule T3, L1 */
export async function issueJwt(
  deps: Deps,
  caller: Caller,
  { client, narrowed }: { readonly client: ClientFacts; readonly narrowed: Narrowed },
): Promise<{ readonly text: string; readonly expires_at: Date }> {
  const jti = newJwtId();
  const named = narrowed.repositories?.map(({ id, full_name }) => ({ id, full_name })).sort((a, b) => a.id - b.id);
  const grant = { ...narrowed, repositories: named ?? narrowed.granted_repositories };
  const { client_id } = client;
  const claims = accessJwt(grant, { issuer: deps.config.public_url, client_id, jti });
  const text = await deps.signer.sign(claims, { typ: 'at+jwt' });
  const expires_at = new Date(jwtEnd(narrowed) * 1000);
  await inTransaction(deps.db, (transaction) => {
    const issued = { id: jti, hashed_token: digestOf(text), is_jwt: true } as const;
    return writeAudit(transaction, caller, exchangeEvent({ ...narrowed, expires_at }, issued));
  });
  return { text, expires_at };
}
