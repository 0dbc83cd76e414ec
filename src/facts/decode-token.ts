// From a row to the token whose text was presented, narrowed where that is an exchanged one (T3). A row is not trusted, as in
// decode.ts: what is not understood allows nothing, and a moment that is none is past.

import type { FactsRow } from '../db/facts-row.ts';
import { type Exchange, narrowResource, narrowToken } from '../domain/exchanged.ts';
import type { GrantFacts, RepositoryFacts, TokenFacts } from '../domain/facts.ts';
import { isScope } from '../domain/scope.ts';
import { REPOSITORY_SELECTIONS } from '../domain/vocabulary.ts';
import { decodePermissions, moment, neededMoment, oneOf } from './decode-values.ts';

function texts(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : null;
}

function ids(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((each) => Number.isSafeInteger(each)) : [];
}

/** Null: the text that was presented is none that was exchanged. */
function decodeExchange(row: FactsRow): Exchange | null {
  if (row.exchanged_id === null) return null;
  const { exchanged_audience: audience, exchanged_permissions: permissions } = row;
  return {
    id: row.exchanged_id,
    hashed_token: row.exchanged_digest ?? '',
    secret_digest: row.exchanged_secret_digest ?? '',
    issued_at: neededMoment(row.exchanged_issued_at),
    expires_at: neededMoment(row.exchanged_expires_at),
    ended_at: moment(row.exchanged_ended_at),
    depth: row.exchanged_depth ?? Number.POSITIVE_INFINITY,
    client_id: row.exchanged_client_id ?? '',
    narrows_repositories: row.exchanged_narrows_repositories !== false,
    // What is no list of names is for nobody.
    audience: audience === null ? null : (texts(audience) ?? []),
    actor_ids: ids(row.exchanged_actor_ids),
    scopes: texts(row.exchanged_scopes)?.filter(isScope) ?? null,
    permissions: permissions === null ? null : decodePermissions(permissions),
  };
}

function grant(row: FactsRow): GrantFacts | null {
  const repository_selection = oneOf(REPOSITORY_SELECTIONS, row.grant_selection);
  if (row.grant_id === null || repository_selection === null) return null;
  return { id: row.grant_id, permissions: decodePermissions(row.grant_permissions), repository_selection };
}

function rootToken(row: FactsRow): TokenFacts | null {
  if (row.token_id === null) return null;
  const id = row.token_id;
  const common = {
    id,
    name: row.token_name ?? '',
    hashed_token: row.token_digest ?? '',
    exchanged: null,
    secret_issued_at: neededMoment(row.secret_issued_at),
    secret_expires_at: moment(row.secret_expires_at),
    expires_at: moment(row.token_expires_at),
    revoked_at: moment(row.token_revoked_at),
  };
  if (row.token_kind === 'classic') {
    const scopes = Array.isArray(row.token_scopes) ? row.token_scopes : [];
    return { ...common, kind: 'classic', scopes: scopes.filter((each) => typeof each === 'string' && isScope(each)) };
  }
  if (row.token_kind !== 'fine_grained') return null;
  const type = oneOf(['User', 'Organization'], row.token_owner_type);
  const known_owner = row.token_owner_id !== null && type !== null;
  return {
    ...common,
    kind: 'fine_grained',
    resource_owner: known_owner ? { id: row.token_owner_id, type, login: row.token_owner_login ?? '' } : null,
    grant: grant(row),
    request_pending: row.request_pending === true,
  };
}

/** The token as the presented text has it. @rule T3 */
export function decodeToken(row: FactsRow): TokenFacts | null {
  const root = rootToken(row);
  const exchange = decodeExchange(row);
  return root === null || exchange === null ? root : narrowToken(root, exchange);
}

/** The repository as the presented text reaches it. @rule T3 */
export function narrowRepository(row: FactsRow, repository: RepositoryFacts): RepositoryFacts {
  const exchange = decodeExchange(row);
  const root = exchange === null ? null : rootToken(row);
  if (root === null || exchange === null) return repository;
  return narrowResource(repository, { root, exchange, listed: row.repository_exchanged === true });
}

/** Whether the presented text holds single repositories, which introspection lists. */
export function holdsSubset(token: TokenFacts): boolean {
  return token.kind === 'classic'
    ? token.exchanged?.narrows_repositories === true
    : token.grant?.repository_selection === 'subset';
}
