// Issues an exchanged token as an opaque text (contract 8): a row beside the text of the token that made it, with which it goes.

import { writeAudit } from '../../db/audit.ts';
import { isFull } from '../../db/count-caps.ts';
import {
  copyExchangedRepositories,
  insertExchangedRepositories,
  insertExchangedToken,
} from '../../db/exchanged-tokens.ts';
import { isForeignKeyViolation } from '../../db/sqlstate.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller, ClientFacts } from '../../domain/caller.ts';
import { EXCHANGED_TOKENS_MAX } from '../../domain/count-caps.ts';
import { notExchangeable, outsideReach } from '../../domain/exchange.ts';
import { exchangeEvent } from '../../domain/exchange-audit.ts';
import { Refusal } from '../../domain/refusal.ts';
import { countLimitHit } from '../../metrics.ts';
import { digestOf, newText } from '../../secrets.ts';
import type { Narrowed } from './narrow-subject.ts';

const RETRY_AFTER_SECONDS = '60';

/** The row of the new token. What it was exchanged from comes with the subject's text. */
function rowOf(client: ClientFacts, narrowed: Narrowed, digest: string) {
  const { token, access, repositories, audience, actor_ids, depth, issued_at, expires_at } = narrowed;
  const { exchanged } = token;
  return {
    ...{ digest, depth, issued_at, expires_at, audience, actor_ids, client_id: client.id, ...access },
    secret_digest: exchanged?.secret_digest ?? token.hashed_token,
    parent_id: exchanged?.id ?? null,
    narrows_repositories: repositories !== null || exchanged?.narrows_repositories === true,
  };
}

/** They end by themselves: then there is room again. */
function tooManyLive(): Refusal {
  countLimitHit('exchanged_token');
  const message = `at most ${EXCHANGED_TOKENS_MAX} texts that were made from one token live at once`;
  return new Refusal('rate_limited', { message, headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}

/** Answers the text, which is nowhere else. Refuses `invalid_request` where the subject went meanwhile, `invalid_target`. @rule T3, L1 */
export async function issueExchangedToken(
  deps: Deps,
  caller: Caller,
  { client, narrowed }: { readonly client: ClientFacts; readonly narrowed: Narrowed },
): Promise<string> {
  const text = newText('exchanged', deps.config.token_prefix);
  const row = rowOf(client, narrowed, digestOf(text));
  const { repositories } = narrowed;
  const { parent_id } = row;
  try {
    await inTransaction(deps.db, async (transaction) => {
      if (await isFull(transaction, 'exchanged_tokens', row.secret_digest, EXCHANGED_TOKENS_MAX)) throw tooManyLive();
      const id = await insertExchangedToken(transaction, row);
      if (repositories !== null) {
        const count = await insertExchangedRepositories(transaction, { id, parent_id }, repositories);
        if (count < repositories.length) throw outsideReach();
      } else if (row.narrows_repositories && parent_id !== null) {
        await copyExchangedRepositories(transaction, id, parent_id);
      }
      await writeAudit(transaction, caller, exchangeEvent(narrowed, { id: String(id), hashed_token: row.digest }));
    });
  } catch (error) {
    if (isForeignKeyViolation(error)) throw notExchangeable('subject_token');
    throw error;
  }
  return text;
}
