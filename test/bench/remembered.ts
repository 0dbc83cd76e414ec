// Answers as a node remembers them, as many as one likes: each follows from its number. Introspection of tokens that all differ, in a
// realistic mixture: half of them fine-grained with 3 to 10 permissions, half of those chosen by hand, half of a few usual ones.

import { hash } from 'node:crypto';
import type { TokenFacts } from '../../src/domain/facts.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';
import type { FactsQuestion, GrantedRepository, LoadedFacts } from '../../src/facts/source.ts';

const DAY_MS = 86_400_000;
const BEGINNING_MS = Date.UTC(2026, 0, 1);
const PEOPLE = 200_000;
const ORGANIZATIONS = 5000;
const USUAL_PERMISSIONS = 300;
const NAMES = [
  'ci',
  'deploy to production',
  'laptop',
  'release automation',
  'nightly backup',
  'Schlüssel für Ümit',
  '発行用',
];
/** Commits until now. */
export const EPOCH = 5_000_000;
export const DIGEST_LETTERS = 44;

/** Even numbers from a number (mulberry32). */
export function drawing(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function digestAt(index: number): string {
  return hash('sha256', `token ${index}`, 'base64');
}

export function questionOf(digest: string): FactsQuestion {
  return { subject: { type: 'token_text', digest }, resource: { type: 'granted' }, bounded_client_id: null };
}

function permissionsBy(draw: (below: number) => number): PermissionMap {
  const chosen = Array.from({ length: 3 + draw(8) }, () => PERMISSIONS[draw(PERMISSIONS.length)]);
  const entries = chosen.flatMap((each) => (each === undefined ? [] : [[each.name, each.levels[0]] as const]));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) as PermissionMap;
}

function repositoriesBy(draw: (below: number) => number, owner: string): readonly GrantedRepository[] {
  return Array.from({ length: 1 + draw(5) }, () => {
    const id = draw(5_000_000);
    return { id, full_name: `${owner}/repository-${id}` };
  });
}

/** The answer about the token with this number. */
export function answerAt(index: number, hashed_token: string): LoadedFacts {
  const draw = drawing(index);
  const holder = 1 + draw(PEOPLE);
  const login = `person-${holder}`;
  const issued_ms = BEGINNING_MS + draw(300 * DAY_MS);
  const common = {
    id: index + 1,
    name: `${NAMES[draw(NAMES.length)]} ${draw(100)}`,
    hashed_token,
    exchanged: null,
    secret_issued_at: new Date(issued_ms),
    secret_expires_at: null,
    expires_at: draw(10) === 0 ? null : new Date(issued_ms + (1 + draw(366)) * DAY_MS),
    revoked_at: null,
  };
  const is_classic = draw(2) === 0;
  const organization = 1 + draw(ORGANIZATIONS);
  const own = draw(5) < 2;
  const owner = own ? login : `organization-${organization}`;
  const selection = (['all', 'all', 'subset', 'none'] as const)[draw(4)] ?? 'all';
  const usual = drawing(USUAL_PERMISSIONS + draw(USUAL_PERMISSIONS));
  const token: TokenFacts = is_classic
    ? {
        ...common,
        kind: 'classic',
        scopes: Array.from({ length: 1 + draw(4) }, () => SCOPES[draw(SCOPES.length)]?.name ?? ''),
      }
    : {
        ...common,
        kind: 'fine_grained',
        resource_owner: own
          ? { id: holder, type: 'User', login: owner }
          : { id: PEOPLE + organization, type: 'Organization', login: owner },
        grant: {
          id: index + 1,
          permissions: permissionsBy(draw(2) === 0 ? usual : draw),
          repository_selection: selection,
        },
        request_pending: false,
      };
  return {
    subject: { type: 'token', token, person: { id: holder, login, suspended: false, site_admin: false } },
    resource: { type: 'none' },
    now: new Date(BEGINNING_MS),
    granted_repositories: !is_classic && selection === 'subset' ? repositoriesBy(draw, owner) : null,
    epoch: EPOCH - draw(100_000),
  };
}
