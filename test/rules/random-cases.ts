// Random facts and questions, read from a tape of bytes: fast-check makes and shrinks the tape, zeros being the simplest
// case. Weighted so that a good part is allowed, with every kind of subject, resource, policy and question among them.

import type { Exchange } from '../../src/domain/exchanged.ts';
import type {
  EnterpriseFacts,
  Facts,
  GrantFacts,
  OrganizationFacts,
  OwnerFacts,
  PersonFacts,
  Resource,
  Subject,
  TokenFacts,
} from '../../src/domain/facts.ts';
import type { TokenTimes } from '../../src/domain/lifetime.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import type { EnterpriseCap } from '../../src/domain/policy.ts';
import type { Ask, DecisionRequest } from '../../src/domain/requirement.ts';
import { LEVELS, type Level, PERMISSIONS, ROLES, SCOPES, VISIBILITIES } from '../../src/domain/vocabulary.ts';
import { NOW, operation } from './matrix.ts';

export const TAPE_LENGTH = 128;
const DAY = 86_400_000;
const SCOPE_NAMES = SCOPES.map((scope) => scope.name);
export type Case = { readonly facts: Facts; readonly request: DecisionRequest };

class Tape {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  /** Below `limit`; 0 once the tape has ended. */
  below(limit: number): number {
    const value = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return value % limit;
  }
  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }
  /** True once in `odds` times. */
  rarely(odds: number): boolean {
    return this.below(odds) === odds - 1;
  }
}

export function caseOf(bytes: Uint8Array): Case {
  const tape = new Tape(bytes);
  const request = marked(requestOf(tape), bytes.at(-1) ?? 0);
  const resource = resourceOf(tape, request.ask);
  return { facts: { subject: subjectOf(tape, request.ask, resource), resource }, request };
}

/** Now and then an operation for sessions only (K7), for scopes only (contract 7), or `GET /user` itself (F5.4). */
function marked(request: DecisionRequest, mark: number): DecisionRequest {
  if (request.ask.type !== 'operation') return request;
  const { operation } = request.ask;
  const of = (change: Partial<typeof operation>): DecisionRequest => ({
    ...request,
    ask: { type: 'operation', operation: { ...operation, ...change } },
  });
  if (mark < 10) return of({ session_only: true, public_read: false });
  if (mark < 20) return of({ no_fine_grained: true });
  if (mark >= 30) return request;
  return of({ id: 'GET /user', method: 'GET', permission_sets: [], permissionless: true, classic_scopes: null });
}

/** A random exchanged token of such a case's token, and whether it was made for the repository that is asked about (T3). */
export type RandomChild = { readonly exchange: Exchange; readonly listed: boolean };

export function childOf(bytes: Uint8Array, { facts, request }: Case): RandomChild {
  const tape = new Tape(bytes);
  const { subject } = facts;
  const root = subject.type === 'token' ? subject.token : null;
  const issued = NOW.getTime() - 60_000;
  const form = tape.rarely(40) ? 'none' : (root?.kind ?? 'classic');
  const exchange: Exchange = {
    id: 950,
    hashed_token: 'child',
    secret_digest: '',
    issued_at: new Date(issued),
    expires_at: tape.rarely(16) ? tape.pick([NOW, new Date(NOW.getTime() + 1)]) : new Date(issued + 3_600_000),
    ended_at: tape.rarely(32) ? new Date(issued + 1) : null,
    depth: 1 + tape.below(3),
    narrows_repositories: tape.rarely(2),
    audience: null,
    actor_ids: [],
    client_id: 'client_x',
    scopes: form === 'classic' ? childScopes(tape, root, request.ask) : null,
    permissions: form === 'fine_grained' ? childPermissions(tape, root, request.ask) : null,
  };
  return { exchange, listed: !tape.rarely(3) };
}

function childScopes(tape: Tape, root: TokenFacts | null, ask: Ask): readonly string[] {
  const own = tape.rarely(3) && root?.kind === 'classic' ? root.scopes : scopesOf(tape);
  return tape.rarely(4) ? own : [...own, ...wanted(tape, ask)];
}

function childPermissions(tape: Tape, root: TokenFacts | null, ask: Ask): PermissionMap {
  const own =
    tape.rarely(2) && root?.kind === 'fine_grained' ? root.grant?.permissions : grantOf(tape, ask).permissions;
  return own ?? {};
}

function requestOf(tape: Tape): DecisionRequest {
  const ask = askOf(tape);
  const request: { ask: Ask; path?: string; becomes?: 'public' | 'internal' | 'private' } = { ask };
  if (tape.rarely(6)) request.path = tape.pick(PATHS);
  if (tape.rarely(6)) request.becomes = tape.pick(VISIBILITIES);
  return request;
}
const PATHS = [
  '.github/workflows/ci.yml',
  'README.md',
  '.github/workflows',
  '.github/CODEOWNERS',
  '/.github/workflows/ci.yml',
  '.GitHub/Workflows/ci.yml',
  './.github//workflows/ci.yml',
  'docs/../.github/workflows/ci.yml',
  '.github/workflows/../CODEOWNERS',
  'docs/.github/workflows/ci.yml',
  '.github/workflows-old/ci.yml',
];

function askOf(tape: Tape): Ask {
  const type = tape.below(32);
  if (type < 15) return { type: 'permission', ...permissionOf(tape) };
  if (type > 27 && type < 31) return { type: 'scope', scope: tape.pick(tape.rarely(2) ? COMMON_SCOPES : SCOPE_NAMES) };
  if (type === 31) return { type: 'unknown' };
  return { type: 'operation', operation: operationOf(tape) };
}
const COMMON_SCOPES = ['repo', 'public_repo', 'read:org', 'admin:org', 'user', 'workflow', 'security_events'];
const COMMON = ['contents', 'issues', 'administration', 'metadata', 'workflows', 'pages', 'members', 'emails'];

function permissionOf(tape: Tape): { permission: string; level: Level } {
  const definition = tape.rarely(2) ? PERMISSIONS.find(({ name }) => name === tape.pick(COMMON)) : undefined;
  const { name, levels } = definition ?? tape.pick(PERMISSIONS);
  return { permission: name, level: tape.pick(levels) };
}

const OPERATIONS = [
  'GET /repos/{owner}/{repo}/things',
  'POST /repos/{owner}/{repo}/things',
  'PATCH /repos/{owner}/{repo}/things/{id}',
  'DELETE /repos/{owner}/{repo}',
  'HEAD /repos/{owner}/{repo}',
  'GET /user/things',
  'PUT /orgs/{org}/things',
];

function operationOf(tape: Tape): Extract<Ask, { type: 'operation' }>['operation'] {
  const sets = Array.from({ length: tape.pick([1, 1, 1, 1, 2, 2, 2, 2, 3, 0]) }, () => setOf(tape));
  return operation(tape.pick(OPERATIONS), {
    permission_sets: sets,
    permissionless: sets.length === 0 && tape.rarely(2),
    classic_scopes: tape.pick([
      null,
      null,
      null,
      [],
      ['repo'],
      ['public_repo', 'repo'],
      ['public_repo'],
      scopesOf(tape),
    ]),
    public_read: tape.rarely(4),
    open_list: tape.rarely(20),
  });
}

function setOf(tape: Tape): PermissionMap {
  const entries = Array.from({ length: tape.pick([1, 1, 1, 2, 2, 3]) }, () => {
    const { permission, level } = permissionOf(tape);
    return [permission, level] as const;
  });
  return Object.fromEntries(entries);
}

function scopesOf(tape: Tape): string[] {
  return Array.from({ length: tape.pick([1, 0, 2, 3, 4]) }, () =>
    tape.pick(tape.rarely(2) ? COMMON_SCOPES : SCOPE_NAMES),
  );
}

function subjectOf(tape: Tape, ask: Ask, resource: Resource): Subject {
  const type = tape.below(24);
  if (type === 23) return { type: 'anonymous' };
  const person: PersonFacts = { id: 1, login: 'mona', suspended: tape.rarely(40), site_admin: tape.rarely(8) };
  if (type > 19) return { type: 'person', person };
  const times = timesOf(tape);
  return {
    type: 'token',
    person,
    token: type < 12 ? fineGrained(tape, ask, resource, times) : classic(tape, ask, times),
  };
}

function timesOf(tape: Tape): TokenTimes {
  const issued = NOW.getTime() - tape.pick([1, 10, 0, 25]) * DAY;
  const ends = [30 * DAY, 30 * DAY, 90 * DAY, 90 * DAY, 90 * DAY + 1, 366 * DAY, 400 * DAY];
  const at = (moment: number): Date => new Date(moment);
  const near = [at(NOW.getTime() + 1), at(NOW.getTime()), at(NOW.getTime() - 1), null];
  const expires_at = tape.rarely(8) ? tape.pick(near) : at(issued + tape.pick(ends));
  return {
    secret_issued_at: at(issued),
    expires_at,
    revoked_at: tape.rarely(40) ? at(NOW.getTime() - DAY) : null,
    secret_expires_at: tape.rarely(24) ? tape.pick([at(NOW.getTime() + DAY), at(NOW.getTime()), null]) : null,
  };
}

function classic(tape: Tape, ask: Ask, times: TokenTimes): TokenFacts {
  const scopes = scopesOf(tape);
  if (!tape.rarely(4)) scopes.push(...wanted(tape, ask));
  return { kind: 'classic', id: 900, name: 'ci', hashed_token: '', exchanged: null, ...times, scopes };
}

function wanted(tape: Tape, ask: Ask): string[] {
  if (ask.type === 'scope') return [ask.scope];
  if (ask.type === 'operation' && ask.operation.classic_scopes?.length)
    return [tape.pick(ask.operation.classic_scopes)];
  const set = ask.type === 'operation' ? ask.operation.permission_sets[0] : undefined;
  const names = ask.type === 'permission' ? [ask.permission] : Object.keys(set ?? {});
  const enough = { repository: 'repo', organization: 'admin:org', account: 'user' } as const;
  const scopes: string[] = names.map((name) => enough[CATEGORIES.get(name) ?? 'repository']);
  return tape.rarely(3) ? [...scopes, 'workflow'] : scopes;
}

function fineGrained(tape: Tape, ask: Ask, resource: Resource, times: TokenTimes): TokenFacts {
  const owner = tape.below(24);
  const fitting = resource.type === 'user' || (resource.type === 'repository' && resource.owner.type === 'User');
  const oneself = { id: 1, type: 'User', login: 'mona' } as const;
  const organization = { id: 10, type: 'Organization', login: 'acme' } as const;
  const existing = fitting === owner < 21 ? oneself : organization;
  const resource_owner = owner === 23 ? null : existing;
  const grant = tape.rarely(8) ? null : grantOf(tape, ask);
  const request_pending = tape.rarely(3);
  return {
    kind: 'fine_grained',
    id: 900,
    name: 'ci',
    hashed_token: '',
    exchanged: null,
    ...times,
    resource_owner,
    grant,
    request_pending,
  };
}

function grantOf(tape: Tape, ask: Ask): GrantFacts {
  const permissions: Record<string, Level> = {};
  for (let count = tape.pick([0, 1, 2, 3]); count > 0; count -= 1) {
    const { permission, level } = permissionOf(tape);
    permissions[permission] = level;
  }
  if (!tape.rarely(5)) Object.assign(permissions, askedOf(tape, ask));
  // As it is saved (K4): any repository permission brings metadata:read.
  const any = Object.keys(permissions).some((name) => CATEGORIES.get(name) === 'repository');
  if (any) permissions.metadata ??= 'read';
  return { id: 700, permissions, repository_selection: tape.pick(['all', 'subset', 'all', 'subset', 'none']) };
}

/** What would be enough, sometimes a level off. */
function askedOf(tape: Tape, ask: Ask): PermissionMap {
  const level = (asked: Level): Level => (tape.rarely(4) ? tape.pick(LEVELS) : asked);
  const workflows = tape.rarely(4) ? ({ workflows: 'write' } as const) : {};
  if (ask.type === 'permission') return { ...workflows, [ask.permission]: level(ask.level as Level) };
  if (ask.type !== 'operation') return workflows;
  const set = ask.operation.permission_sets[tape.below(Math.max(1, ask.operation.permission_sets.length))] ?? {};
  return { ...workflows, ...Object.fromEntries(Object.entries(set).map(([name, asked]) => [name, level(asked)])) };
}

/** Mostly of the type that the question is about, for else nearly everything is denied. */
function resourceOf(tape: Tape, ask: Ask): Resource {
  const kind = tape.rarely(9) ? tape.below(8) : natural(ask);
  if (kind === 1) {
    return { type: 'organization', organization: organizationOf(tape), ...(tape.rarely(4) && { by_team: true }) };
  }
  if (kind === 2) return { type: 'user', id: 1, login: 'mona' };
  if (kind === 3) return { type: 'user', id: 2, login: 'hubot' };
  if (kind === 4) return { type: 'enterprise', enterprise: enterpriseOf(tape) };
  if (kind === 5) return { type: 'none' };
  if (kind === 6) return { type: 'absent' };
  return {
    type: 'repository',
    id: 500,
    name: 'engine',
    owner: ownerOf(tape),
    visibility: tape.rarely(24) ? null : tape.pick(VISIBILITIES),
    archived: tape.rarely(8),
    role: tape.rarely(2) ? 'admin' : tape.pick([...ROLES, ...ROLES, null]),
    selected: !tape.rarely(4),
  };
}

const CATEGORIES = new Map(PERMISSIONS.map(({ name, category }) => [name, category]));
function natural(ask: Ask): number {
  const set = ask.type === 'operation' ? ask.operation.permission_sets[0] : undefined;
  const name = ask.type === 'permission' ? ask.permission : Object.keys(set ?? {})[0];
  const category = CATEGORIES.get(name ?? '');
  if (category === 'account') return 2;
  return category === 'organization' ? 1 : 0;
}

function ownerOf(tape: Tape): OwnerFacts {
  const which = tape.below(16);
  if (which === 15) return { type: 'User', id: 2, login: 'hubot' };
  if (which > 10) return { type: 'User', id: 1, login: 'mona' };
  return organizationOf(tape);
}

function organizationOf(tape: Tape): OrganizationFacts {
  const own = !tape.rarely(8);
  const required = tape.rarely(4);
  return {
    type: 'Organization',
    id: own ? 10 : 20,
    login: own ? 'acme' : 'initech',
    profile_name: null,
    membership: tape.rarely(10) ? null : tape.pick(['admin', 'admin', 'member']),
    reviews: tape.rarely(3),
    policy: tape.rarely(32)
      ? null
      : {
          fine_grained_tokens: tape.rarely(10) ? 'restricted' : 'allowed',
          classic_tokens: tape.rarely(10) ? 'restricted' : 'allowed',
          approval: tape.pick(['required', 'not_required']),
          max_lifetime_days: {
            fine_grained: tape.pick([null, null, null, 366, 366, 90, 90, 30, 1]),
            classic: tape.pick([null, null, null, 366, 90, 30]),
          },
          lifetime_applies_to_public_reads: tape.rarely(3),
        },
    enterprise: tape.rarely(2) ? enterpriseOf(tape) : null,
    sso: { required, authorized: required && tape.rarely(2) },
  };
}

function enterpriseOf(tape: Tape): EnterpriseFacts {
  const access = () =>
    tape.pick(['no_policy', 'no_policy', 'no_policy', 'allowed', 'allowed', 'allowed', 'restricted'] as const);
  const cap = (): EnterpriseCap => tape.pick(['no_policy', null, 'no_policy', 'no_policy', 366, 90, 30]);
  const policy = {
    fine_grained_tokens: access(),
    classic_tokens: access(),
    approval: tape.pick(['no_policy', 'required', 'not_required'] as const),
    max_lifetime_days: { fine_grained: cap(), classic: cap() },
    lifetime_applies_to_public_reads: tape.pick(['no_policy', false, true] as const),
    exempt_administrators: tape.rarely(2),
  };
  return {
    id: 30,
    slug: 'globex',
    name: 'Globex',
    policy: tape.rarely(24) ? null : policy,
    holder_administers: tape.rarely(2),
  };
}
