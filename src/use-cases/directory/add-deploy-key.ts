// POST /repos/{owner}/{repo}/keys. A key that a token makes dies with the token (M9).

import { writeAudit } from '../../db/audit.ts';
import { isFull } from '../../db/count-caps.ts';
import { DEPLOY_KEY_TAKEN, type DeployKeyRow, holdLiveToken, insertDeployKey } from '../../db/deploy-keys.ts';
import { lockRepository } from '../../db/repositories.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { concernedBy } from '../../domain/concerned.ts';
import { DEPLOY_KEYS_MAX } from '../../domain/count-caps.ts';
import type { PersonFacts, RepositoryFacts } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { readSshPublicKey } from '../../domain/ssh-key.ts';
import { refuseTaken } from '../administration/refuse-taken.ts';

const TITLE_CHARACTERS_MAX = 255;
const TITLE_DEFAULT = 'Deploy key';

export type DeployKeyWish = { readonly title?: string; readonly key: string; readonly read_only?: boolean };

/** The title that was given, else the key's comment. */
function titleOf(title: string | undefined, comment: string | null): string {
  return title ?? (comment === null ? TITLE_DEFAULT : [...comment].slice(0, TITLE_CHARACTERS_MAX).join(''));
}

/** Adds a key, one that only reads unless it is said; 422 for what is no key, or is there already. @rule M9 */
export async function addDeployKey(
  deps: Deps,
  caller: Caller,
  input: { readonly repository: RepositoryFacts; readonly person: PersonFacts; readonly wish: DeployKeyWish },
): Promise<DeployKeyRow> {
  const { repository, person, wish } = input;
  const read = readSshPublicKey(wish.key);
  if (read === null) throw invalid('PublicKey', 'key', 'invalid', 'is no SSH public key (Ed25519, ECDSA or RSA)');
  const token_id = caller.principal.type === 'token' ? caller.principal.token.id : null;
  const key = {
    repository_id: repository.id,
    title: titleOf(wish.title, read.comment),
    key: read.key,
    read_only: wish.read_only ?? true,
    token_id,
    added_by: person.login,
    created_at: deps.clock(),
  };
  const taken = invalid('PublicKey', 'key', 'already_exists', 'is a key of this repository already');
  return refuseTaken(DEPLOY_KEY_TAKEN, taken, () =>
    inTransaction(deps.db, async (transaction) => {
      if (token_id !== null && !(await holdLiveToken(transaction, token_id))) throw new Refusal('bad_credential');
      const found = await lockRepository(transaction, { id: repository.id, owner_id: repository.owner.id });
      if (found === undefined) throw new Refusal('not_found');
      if (await isFull(transaction, 'deploy_keys', repository.id, DEPLOY_KEYS_MAX)) {
        throw invalid('PublicKey', 'key', 'unprocessable', `a repository has at most ${DEPLOY_KEYS_MAX} keys`);
      }
      const made = await insertDeployKey(transaction, key);
      await writeAudit(transaction, caller, {
        action: 'public_key.create',
        operation_type: 'create',
        ...concernedBy(repository),
        data: { deploy_key_id: made.id, title: made.title, read_only: made.read_only },
      });
      return made;
    }),
  );
}
