// The presented credential as the wire has it. What is shown to whoever holds the text is less than its holder sees: what
// holds now, not what was asked or how it was reviewed.

import type { DescribedCredential } from '../../use-cases/describe-credential.ts';
import { printTime, printTimeOrNull } from './time.ts';

export function presentCredential(described: DescribedCredential) {
  const { user } = described;
  if (described.kind === 'session') {
    return { kind: described.kind, user, expires_at: printTime(described.expires_at) };
  }
  const { record, hashed_token } = described;
  const { id, name, description, state } = record;
  const common = {
    ...{ user, id, name, description, state, hashed_token },
    created_at: printTime(record.created_at),
    secret_issued_at: printTime(record.secret_issued_at),
    expires_at: printTimeOrNull(described.expires_at),
    last_used_at: printTimeOrNull(record.last_used_at),
  };
  if (record.kind === 'classic') return { kind: record.kind, ...common, scopes: [...record.scopes] };
  return {
    kind: record.kind,
    ...common,
    resource_owner: record.resource_owner?.login ?? null,
    resource_owner_id: record.resource_owner_id,
    permissions: record.granted?.permissions ?? {},
    repository_selection: record.granted?.repository_selection ?? ('none' as const),
  };
}
