// A token of which an organization reviews a request or revokes a grant, as the record speaks of it.

import type { AuditedToken } from '../../domain/token-audit.ts';

type Row = {
  readonly token_id: number;
  readonly token_name: string;
  readonly hashed_token: string;
  readonly repository_selection: string | null;
  readonly holder_id: number;
  readonly holder: string;
};

export function concernedToken({
  token_id,
  token_name,
  hashed_token,
  repository_selection,
  ...row
}: Row): AuditedToken {
  const holder = { id: row.holder_id, login: row.holder };
  return { id: token_id, kind: 'fine_grained', name: token_name, hashed_token, repository_selection, holder };
}
