// At the start: the secrets of webhooks are kept as the settings say, and this node can open them.

import { listHookSecretsKeptOtherwise, replaceHookSecrets } from '../../db/hooks.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import { startRefusal } from '../../start-refusal.ts';
import { keepHookSecret, openHookSecret } from './hook-secret.ts';

const BATCH_SIZE = 200;

type Parts = Pick<Deps, 'db' | 'config' | 'kept_secrets' | 'log'>;

/** Encrypts anew what is not kept under DATA_SECRET. Refuses the start: a secret that no setting opens. Any number of nodes may do this. */
export async function prepareHookSecrets({ db, config, kept_secrets, log }: Parts): Promise<void> {
  const beginning = await kept_secrets.beginning();
  let after_id = 0;
  let changed = 0;
  for (;;) {
    const batch = await inTransaction(db, async (transaction) => {
      const rows = await listHookSecretsKeptOtherwise(transaction, { beginning, after_id, limit: BATCH_SIZE });
      for (const { id, organization_id, secret, previous_secret } of rows) {
        const keepAnew = async (kept: string | null): Promise<string | null> =>
          keepHookSecret(kept_secrets, organization_id, await openHookSecret(kept_secrets, organization_id, kept));
        const kept = await Promise.all([keepAnew(secret), keepAnew(previous_secret)]).catch((error) => {
          throw refused(config, error);
        });
        await replaceHookSecrets(transaction, id, { secret: kept[0], previous_secret: kept[1] });
      }
      return rows;
    });
    changed += batch.length;
    after_id = batch.at(-1)?.id ?? after_id;
    if (batch.length < BATCH_SIZE) break;
  }
  if (changed > 0 && config.data_secret !== null)
    log.info({ hooks: changed }, 'secrets of webhooks were encrypted under DATA_SECRET');
}

function refused({ data_secret }: Parts['config'], cause: unknown): Error {
  const lost = 'If it is lost: docs/runbooks/keys.md.';
  return data_secret === null
    ? startRefusal(`Set \`DATA_SECRET\`: secrets of webhooks in the database are encrypted. ${lost}`, cause)
    : startRefusal(`Change \`DATA_SECRET\`: it does not open the secrets of webhooks in the database. ${lost}`, cause);
}
