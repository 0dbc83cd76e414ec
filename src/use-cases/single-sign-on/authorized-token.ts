// From a row to the authorised token that an entry of the record is about.

import type { AuthorizedTokenRow } from '../../db/token-authorizations.ts';
import type { AuthorizedToken } from '../../domain/single-sign-on.ts';

export function authorizedToken(row: AuthorizedTokenRow): AuthorizedToken {
  const { token_id: id, name, hashed_token, scopes, user_id, login } = row;
  const kind = row.kind === 'classic' ? 'classic' : 'fine_grained';
  return { id, kind, name, hashed_token, scopes: scopes ?? [], holder: { id: user_id, login } };
}
