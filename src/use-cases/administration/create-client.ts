// POST /admin/clients: a site administrator makes a backend service known.

import type { Kysely } from 'kysely';
import { holdOrganizations } from '../../db/accounts.ts';
import { writeAudit } from '../../db/audit.ts';
import { type ClientRow, insertClient } from '../../db/clients.ts';
import type { Database } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { foldedName } from '../../domain/folded-name.ts';
import { type FieldError, invalid, Refusal } from '../../domain/refusal.ts';
import { CAPABILITIES, type Capability } from '../../domain/vocabulary.ts';
import { digestOf, newClientId, newText } from '../../secrets.ts';

export type NewClientWish = {
  readonly name: string;
  readonly capabilities: readonly Capability[];
  readonly audiences?: readonly string[];
  /** For a gateway only. */
  readonly strip_prefixes?: readonly string[];
  /** Logins; all organizations where it is not said. */
  readonly organizations?: readonly string[] | 'all';
};

/** `client_secret`: shown once. */
export type MadeClient = { readonly client: ClientRow; readonly client_secret: string };

type Bound = { readonly ids: readonly number[] | 'all'; readonly logins: readonly string[] };

/** The organizations to which the client is bound, each once; 422 for every one that is none. @rule T6 */
async function boundOrganizations(transaction: Kysely<Database>, logins: readonly string[] | 'all'): Promise<Bound> {
  if (logins === 'all') return { ids: 'all', logins: [] };
  const keys = logins.map((login) => foldedName(login));
  const found = await holdOrganizations(transaction, keys);
  const known = new Set(found.map((organization) => organization.login_key));
  const errors = keys.flatMap((key, index): FieldError[] => {
    const message = 'is not the login of an organization';
    return known.has(key) ? [] : [{ resource: 'Client', field: `organizations.${index}`, code: 'invalid', message }];
  });
  if (errors.length > 0) throw new Refusal('validation_failed', { errors });
  return { ids: found.map(({ id }) => id), logins: found.map(({ login }) => login) };
}

/** The prefixes, each once; 422 for a client that is no gateway and asks about no paths. */
function prefixesOf({ capabilities, strip_prefixes = [] }: NewClientWish): string[] {
  if (strip_prefixes.length > 0 && !capabilities.includes('gateway')) {
    throw invalid('Client', 'strip_prefixes', 'invalid', 'needs the capability `gateway`');
  }
  return [...new Set(strip_prefixes)];
}

/** Makes a client with its first secret. */
export async function createClient(deps: Deps, caller: Caller, wish: NewClientWish): Promise<MadeClient> {
  const client_secret = newText('client', deps.config.token_prefix);
  const client_id = newClientId();
  const capabilities = CAPABILITIES.filter((each) => wish.capabilities.includes(each));
  const audiences = [...new Set(wish.audiences ?? [])];
  const strip_prefixes = prefixesOf(wish);
  const client = await inTransaction(deps.db, async (transaction) => {
    const bound = await boundOrganizations(transaction, wish.organizations ?? 'all');
    const row = { client_id, name: wish.name, capabilities, audiences, strip_prefixes, created_at: deps.clock() };
    await insertClient(transaction, { ...row, organization_ids: bound.ids, digest: digestOf(client_secret) });
    const organizations = bound.ids === 'all' ? 'all' : 'listed';
    await writeAudit(transaction, caller, {
      action: 'client.create',
      operation_type: 'create',
      data: {
        client_id,
        name: wish.name,
        capabilities,
        organizations: bound.ids === 'all' ? 'all' : bound.logins,
        ...(strip_prefixes.length > 0 && { strip_prefixes }),
      },
    });
    return { ...row, organizations, organization_logins: bound.logins, certificates: [] };
  });
  return { client, client_secret };
}
