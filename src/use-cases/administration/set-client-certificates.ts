// PUT /admin/clients/{client_id}/certificates: by which certificates a backend service may present itself (RFC 8705).

import { writeAudit } from '../../db/audit.ts';
import { replaceCertificates } from '../../db/client-certificates.ts';
import { lockClient } from '../../db/clients.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { refuseTaken } from './refuse-taken.ts';

/** These and no others from now on; 422 for one that is another client's: a certificate is one client. */
export async function setClientCertificates(
  deps: Deps,
  caller: Caller,
  { client_id, certificates }: { readonly client_id: string; readonly certificates: readonly string[] },
): Promise<void> {
  const thumbprints = [...new Set(certificates)].sort();
  const taken = invalid('Client', 'certificates', 'already_exists', 'has one that belongs to another client');
  await refuseTaken('client_secrets_pkey', taken, () =>
    inTransaction(deps.db, async (transaction) => {
      const client = await lockClient(transaction, client_id);
      if (client === undefined) throw new Refusal('not_found');
      await replaceCertificates(transaction, { client_id: client.id, thumbprints, created_at: deps.clock() });
      await writeAudit(transaction, caller, {
        action: 'client.certificates_set',
        operation_type: 'modify',
        data: { client_id, name: client.name, certificates: thumbprints },
      });
    }),
  );
}
