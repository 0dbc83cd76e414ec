// The presented credential as the wire has it. What is shown to whoever holds the text is less than its holder sees: what
// holds now, not what was asked or how it was reviewed.

import type { TokenFacts } from '../../domain/facts.ts';
import { endOfText } from '../../domain/lifetime.ts';
import type { DescribedCredential } from '../../use-cases/checks/describe-credential.ts';
import { printTime, printTimeOrNull } from './time.ts';

function accessOf(token: TokenFacts) {
  if (token.kind === 'classic') return { token_kind: token.kind, scopes: [...token.scopes] };
  return {
    token_kind: token.kind,
    resource_owner: token.resource_owner?.login ?? null,
    permissions: { ...token.grant?.permissions },
  };
}

type Exchanged = Extract<DescribedCredential, { kind: 'exchanged' }>;

/** Of its token only what it holds of it: who has this text is not who has the other. */
function presentExchanged({ kind, user, token, exchanged }: Exchanged) {
  const { id, issued_at, expires_at, audience, client_id, narrows_repositories } = exchanged;
  const selection = token.kind === 'classic' ? 'all' : (token.grant?.repository_selection ?? 'none');
  return {
    ...{ kind, user, id, token_id: token.id, client_id, hashed_token: token.hashed_token },
    created_at: printTime(issued_at),
    expires_at: printTime(endOfText(token) ?? expires_at),
    audience: audience === null ? null : [...audience],
    ...accessOf(token),
    repository_selection: narrows_repositories && selection !== 'none' ? ('subset' as const) : selection,
  };
}

export function presentCredential(described: DescribedCredential) {
  const { user } = described;
  if (described.kind === 'session') {
    return { kind: described.kind, user, expires_at: printTime(described.expires_at) };
  }
  if (described.kind === 'exchanged') return presentExchanged(described);
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
