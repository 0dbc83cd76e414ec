// The secret of a hook as it is kept in the database.

import type { HookConfig } from '../../domain/hook.ts';
import type { KeptSecrets } from '../../kept-secrets.ts';

/** A kept secret belongs to its organization: put into the row of another one it opens nothing. */
function contextOf(organization_id: number): string {
  return `webhook of organization ${organization_id}`;
}

export async function keepHookSecret<Secret extends HookConfig['secret']>(
  kept_secrets: KeptSecrets,
  organization_id: number,
  secret: Secret,
): Promise<Secret | string> {
  return secret === null ? secret : kept_secrets.keep(secret, contextOf(organization_id));
}

/** Throws where no setting opens it: what is sent must not go unsigned, or signed by something else. */
export async function openHookSecret(
  kept_secrets: KeptSecrets,
  organization_id: number,
  kept: string | null,
): Promise<string | null> {
  if (kept === null) return null;
  const secret = await kept_secrets.open(kept, contextOf(organization_id));
  if (secret === null)
    throw new Error('the secret of a webhook cannot be opened: DATA_SECRET is not that by which it was kept');
  return secret;
}
