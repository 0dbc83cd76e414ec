// Exchanging a token for a shorter and narrower one (RFC 8693, T3): which subject may be exchanged, and what the new one is
// narrowed to. Nothing is ever wider than the subject as it is now. How an exchanged token is judged later: exchanged.ts.

import type { ExchangedFacts } from './exchanged.ts';
import type { PersonFacts, Resource, TokenFacts } from './facts.ts';
import { endOfText } from './lifetime.ts';
import {
  covers,
  hasCategory,
  isPermissionLevel,
  isWithin,
  levelOf,
  normalisePermissions,
  type PermissionMap,
  printPermissions,
} from './permission.ts';
import { oauthRefusal } from './refusal.ts';
import { expandScopes, isScope, normaliseScopes, scopesForPermission } from './scope.ts';
import { type Level, PERMISSIONS } from './vocabulary.ts';

/** How many exchanges may follow each other. @rule T3 */
export const EXCHANGE_DEPTH_MAX = 3;
/** A longer life is cut to this, and to that of the subject (contract 8). */
export const EXCHANGED_SECONDS_MAX = 3600;

/** A scope that is refused is said again where it may be one: a text of a token that was put there by mistake is not. */
const SCOPE_WORD = /^[a-z_]{1,50}(?::[a-z_]{1,50})?$/;

/** What the new token holds, in the form of its root. */
export type NarrowedAccess =
  | { readonly scopes: readonly string[]; readonly permissions: null }
  | { readonly scopes: null; readonly permissions: PermissionMap };

/** Whether a live token may be exchanged, or act: it is neither pending nor denied. @rule T3 */
export function isGranted(token: TokenFacts): boolean {
  return token.kind === 'classic' || token.grant !== null;
}

/** The same words whatever is wrong with it, so that nothing is learnt of texts. */
export function notExchangeable(name: 'subject_token' | 'actor_token'): Error {
  return oauthRefusal(`The ${name} is not a token that is live and granted`);
}

/** The depth of what the token is exchanged for. Refuses: `invalid_request` beyond the deepest. @rule T3 */
export function nextDepth(exchanged: ExchangedFacts | null): number {
  const depth = (exchanged?.depth ?? 0) + 1;
  if (depth > EXCHANGE_DEPTH_MAX) throw oauthRefusal(`At most ${EXCHANGE_DEPTH_MAX} exchanges may follow each other`);
  return depth;
}

function words(scope: string): readonly string[] {
  return scope.split(' ').filter((word) => word !== '');
}

function wider(word: string): Error {
  const said = SCOPE_WORD.test(word) ? `the scope ${word}` : 'a scope';
  return oauthRefusal(`The subject_token does not hold ${said}`, 'invalid_scope');
}

function narrowScopes(held: readonly string[], asked: readonly string[]): readonly string[] {
  const all = expandScopes(held);
  for (const word of asked) if (!isScope(word) || !all.has(word)) throw wider(word);
  return normaliseScopes(asked);
}

const PERMISSION_LEVEL = /^([a-z_]+):([a-z]+)$/;

/** The same permission at two levels is asked at the higher one. */
function readPermissions(asked: readonly string[]): PermissionMap {
  const map: Record<string, Level> = {};
  for (const word of asked) {
    const [, name = '', level = ''] = PERMISSION_LEVEL.exec(word) ?? [];
    if (!isPermissionLevel(name, level)) throw wider(word);
    if (!covers(levelOf(map, name), level)) map[name] = level;
  }
  return normalisePermissions(map);
}

function narrowPermissions(held: PermissionMap, asked: readonly string[]): PermissionMap {
  const map = readPermissions(asked);
  if (isWithin(map, held)) return map;
  const missing = Object.entries(map).find(([name, level]) => !covers(levelOf(held, name), level)) ?? [];
  throw wider(missing.join(':'));
}

/** What of the subject's scopes or permissions the new token holds. Refuses: `invalid_scope`. @rule T3, K4, K5 */
export function narrowedAccess(token: TokenFacts, scope: string | undefined): NarrowedAccess {
  if (token.kind === 'classic') {
    const scopes = scope === undefined ? token.scopes : narrowScopes(token.scopes, words(scope));
    return { scopes, permissions: null };
  }
  const held = token.grant?.permissions ?? {};
  return { scopes: null, permissions: scope === undefined ? held : narrowPermissions(held, words(scope)) };
}

/** As introspection prints it. */
export function printAccess({ scopes, permissions }: NarrowedAccess): string {
  return scopes === null ? printPermissions(permissions) : scopes.join(' ');
}

/**
 * For whom the new token is; null: for everybody, as its subject. `own`: the audiences of the client that asks.
 * Refuses: `invalid_target`. @rule T3
 */
export function narrowedAudience(
  token: TokenFacts,
  asked: readonly string[],
  own: readonly string[],
): readonly string[] | null {
  const held = token.exchanged?.audience ?? null;
  if (asked.length === 0) return held;
  const is_allowed = (name: string) => own.includes(name) && (held === null || held.includes(name));
  if (!asked.every(is_allowed)) {
    throw oauthRefusal('An audience is none of this client, or beyond those of the subject_token', 'invalid_target');
  }
  return [...new Set(asked)];
}

/** Whatever bounds a classic token to private repositories at all: a scope of a repository permission. */
const REPOSITORY_SCOPES: ReadonlySet<string> = new Set(
  PERMISSIONS.filter(({ category }) => category === 'repository')
    .flatMap(({ name, levels }) => levels.flatMap((level) => scopesForPermission(name, level)))
    .filter((scope) => scope !== 'public_repo'),
);

function reaches(token: TokenFacts, resource: Resource): boolean {
  if (resource.type !== 'repository') return false;
  const is_public = resource.visibility === 'public';
  if (!is_public && resource.role === null) return false;
  if (token.kind === 'classic') {
    if (token.exchanged?.narrows_repositories === true && !resource.selected) return false;
    return is_public || [...expandScopes(token.scopes)].some((scope) => REPOSITORY_SCOPES.has(scope));
  }
  const { grant, resource_owner } = token;
  if (grant === null || resource_owner === null || resource.owner.id !== resource_owner.id) return false;
  const is_selected =
    grant.repository_selection === 'all' || (grant.repository_selection === 'subset' && resource.selected);
  return is_selected && hasCategory(grant.permissions, 'repository');
}

export type NarrowedRepository = { readonly id: number; readonly owner_id: number; readonly full_name: string };

/**
 * The repositories to which the new token is narrowed, each once. Refuses `invalid_target`: absent, hidden, and beyond the
 * subject in the same words. @rule T3, F6
 */
export function narrowedRepositories(token: TokenFacts, resources: readonly Resource[]): readonly NarrowedRepository[] {
  const found = new Map<number, NarrowedRepository>();
  for (const resource of resources) {
    if (resource.type !== 'repository' || !reaches(token, resource)) throw outsideReach();
    const { id, owner, name } = resource;
    found.set(id, { id, owner_id: owner.id, full_name: `${owner.login}/${name}` });
  }
  return [...found.values()];
}

/** The refusal of a resource that is not one of the subject's. */
export function outsideReach(): Error {
  return oauthRefusal('A resource is no repository that the subject_token reaches', 'invalid_target');
}

/** When the new token ends: by its own life, and never after its subject. @rule T3 */
export function narrowedEnd(token: TokenFacts, expires_in: number | undefined, now: Date): Date {
  const seconds = Math.min(expires_in ?? EXCHANGED_SECONDS_MAX, EXCHANGED_SECONDS_MAX);
  const own_end = new Date(now.getTime() + seconds * 1000);
  const end = endOfText(token);
  return end === null || own_end.getTime() <= end.getTime() ? own_end : end;
}

export type ActClaim = { readonly sub: string; readonly act?: ActClaim };

/** The chain as the claim `act` has it; null: the holder acts himself. Source: RFC 8693 section 4.1. */
export function actClaim([last, ...before]: readonly number[]): ActClaim | null {
  if (last === undefined) return null;
  const act = actClaim(before);
  return { sub: String(last), ...(act !== null && { act }) };
}

/** Who acts, the last one first: an actor is put before those of the subject, who stay (RFC 8693 section 4.1). @rule T3 */
export function actingFor(token: TokenFacts, actor: PersonFacts | null): readonly number[] {
  const before = token.exchanged?.actor_ids ?? [];
  return actor === null ? before : [actor.id, ...before];
}
