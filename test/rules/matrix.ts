// The exhaustive matrix of decisions: every valid cell of kind x visibility x owner x selection x role x grant x needed x
// policy of the organization x policy of its enterprise x SSO x approval x life x user, as facts and a question.
// Parts that several cells share are built once, so that millions of cells cost only two small objects each.

import type {
  EnterpriseFacts,
  Facts,
  OrganizationFacts,
  PersonFacts,
  Resource,
  Subject,
} from '../../src/domain/facts.ts';
import type { TokenTimes } from '../../src/domain/lifetime.ts';
import type { Operation } from '../../src/domain/operation.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import type { EnterprisePolicy, OrganizationPolicy } from '../../src/domain/policy.ts';
import type { Ask, DecisionRequest } from '../../src/domain/requirement.ts';
import { type RepositorySelection, type Role, SCOPES, type Visibility } from '../../src/domain/vocabulary.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
const DAY = 86_400_000;

export const DIMENSIONS = {
  kind: ['anonymous', 'person', 'classic', 'fine_grained'],
  visibility: ['public', 'internal', 'private'],
  owner: ['the token’s', 'another'],
  selection: ['none', 'all', 'subset with it', 'subset without it'],
  role: ['none', 'read', 'triage', 'write', 'maintain', 'admin'],
  grant: ['none', 'read', 'write', 'admin'],
  needed: ['read', 'write', 'admin'],
  organization: ['unset', 'allowed', 'restricted'],
  enterprise: ['unset', 'allowed', 'restricted'],
  sso: ['not required', 'authorized', 'missing'],
  approval: ['not required', 'approved', 'pending', 'denied'],
  life: ['valid', 'expired', 'over the cap', 'revoked'],
  user: ['active', 'suspended', 'removed'],
} as const;
export type Dimension = keyof typeof DIMENSIONS;
export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as Dimension[];
/** The place of each dimension's value in its list. */
export type Cell = { readonly [name in Dimension]: number };

const NEVER_VARIES: Record<(typeof DIMENSIONS.kind)[number], Dimension[]> = {
  anonymous: DIMENSION_NAMES.filter((name) => !['kind', 'visibility', 'needed'].includes(name)),
  person: ['owner', 'selection', 'grant', 'approval', 'life'],
  classic: ['owner', 'selection', 'approval'],
  fine_grained: [],
};
export const CELLS = { anonymous: 9, person: 4_374, classic: 69_984, fine_grained: 2_239_488 } as const;

type GrantLevel = (typeof DIMENSIONS.grant)[number];

/** The dimensions that make a difference for this kind of caller, but for the kind itself. */
export function varyingOf(kind: (typeof DIMENSIONS.kind)[number]): Dimension[] {
  return DIMENSION_NAMES.filter((name) => name !== 'kind' && !NEVER_VARIES[kind].includes(name));
}

/** What is asked and what is granted at each level; what the matrix's role means. */
export type Family = {
  readonly name: string;
  readonly about: string;
  readonly resource: 'repository' | 'organization';
  readonly asks: Readonly<Record<(typeof DIMENSIONS.needed)[number], Ask>>;
  readonly permissions: {
    readonly none: PermissionMap;
    readonly read: PermissionMap;
    readonly write: PermissionMap;
  } & {
    readonly admin: PermissionMap;
  };
  readonly scopes: Readonly<Record<GrantLevel, readonly string[]>>;
  readonly lifetime_applies_to_public_reads: boolean;
};

const permission = (name: string, level: string): Ask => ({ type: 'permission', permission: name, level });
const EVERY_SCOPE = SCOPES.map((scope) => scope.name);

export function operation(id: string, declares: Partial<Operation>): Operation {
  const [method = '', template = ''] = id.split(' ');
  const silent = {
    permission_sets: [],
    permissionless: false,
    classic_scopes: null,
    public_read: false,
    open_list: false,
  } as const;
  return { id, method, template, ...silent, resource: 'repository', ...declares };
}
const asked = (id: string, declares: Partial<Operation>): Ask => ({
  type: 'operation',
  operation: operation(id, declares),
});

export const CONTENTS: Family = {
  name: 'contents',
  about: 'contents:read, contents:write, administration:write of a repository; scopes none, public_repo, repo, all 52',
  resource: 'repository',
  asks: {
    read: permission('contents', 'read'),
    write: permission('contents', 'write'),
    admin: permission('administration', 'write'),
  },
  permissions: {
    none: {},
    read: { contents: 'read', administration: 'read' },
    write: { contents: 'write', administration: 'read' },
    admin: { contents: 'write', administration: 'write' },
  },
  scopes: { none: [], read: ['public_repo'], write: ['repo'], admin: EVERY_SCOPE },
  lifetime_applies_to_public_reads: false,
};

export const FAMILIES: readonly Family[] = [
  CONTENTS,
  {
    ...CONTENTS,
    name: 'contents, caps bind public reads',
    about: 'the same where lifetime_applies_to_public_reads is on (P4)',
    lifetime_applies_to_public_reads: true,
  },
  {
    name: 'operations',
    about: 'GET pages (no public read), POST issue (issues or pull_requests), PUT pages (pages and administration)',
    resource: 'repository',
    asks: {
      read: asked('GET /repos/{owner}/{repo}/pages', { permission_sets: [{ pages: 'read' }] }),
      write: asked('POST /repos/{owner}/{repo}/issues', {
        permission_sets: [{ issues: 'write' }, { pull_requests: 'write' }],
        classic_scopes: ['repo', 'public_repo'],
      }),
      admin: asked('PUT /repos/{owner}/{repo}/pages', {
        permission_sets: [{ pages: 'write', administration: 'write' }],
      }),
    },
    permissions: {
      none: { administration: 'write' },
      read: { pages: 'read', issues: 'read' },
      write: { pages: 'write', pull_requests: 'write' },
      admin: { pages: 'write', administration: 'write', issues: 'write' },
    },
    scopes: { none: ['gist'], read: ['public_repo'], write: ['repo'], admin: EVERY_SCOPE },
    lifetime_applies_to_public_reads: false,
  },
  {
    name: 'projects',
    about: 'organization_projects at read, write, admin of an organization; role none: no member, admin: an owner',
    resource: 'organization',
    asks: {
      read: permission('organization_projects', 'read'),
      write: permission('organization_projects', 'write'),
      admin: permission('organization_projects', 'admin'),
    },
    permissions: {
      none: { members: 'write' },
      read: { organization_projects: 'read' },
      write: { organization_projects: 'write' },
      admin: { organization_projects: 'admin' },
    },
    scopes: { none: ['repo'], read: ['read:org'], write: ['write:org'], admin: ['admin:org'] },
    lifetime_applies_to_public_reads: false,
  },
];

/** Visits every valid cell in the order of the dimensions and their values, the last one fastest. */
export function forEachCell(family: Family, visit: (cell: Cell, facts: Facts, request: DecisionRequest) => void): void {
  const { subject, resource, request } = partsOf(family);
  const cell = Object.fromEntries(DIMENSION_NAMES.map((name) => [name, 0])) as Record<Dimension, number>;
  for (const [kind, word] of DIMENSIONS.kind.entries()) {
    for (const name of DIMENSION_NAMES) cell[name] = 0;
    cell.kind = kind;
    const parts = [subject, resource, request];
    const varying = varyingOf(word).map((name) => ({
      name,
      last: DIMENSIONS[name].length - 1,
      steps: parts.map(({ steps }) => steps[name] ?? 0),
    }));
    // The keys of the three parts go on with the cell: to compute them anew for millions of cells takes longer than to decide.
    const keys = parts.map(({ keyOf }) => keyOf(cell)) as [number, number, number];
    let place = varying.length;
    while (place >= 0) {
      visit(
        cell,
        { subject: subject.at(keys[0], cell), resource: resource.at(keys[1], cell) },
        request.at(keys[2], cell),
      );
      for (place = varying.length - 1; place >= 0; place -= 1) {
        const { name, last, steps } = varying[place] as (typeof varying)[number];
        const value = cell[name];
        const change = value < last ? 1 : -value;
        cell[name] = value + change;
        for (let part = 0; part < 3; part += 1) keys[part] = (keys[part] ?? 0) + (steps[part] ?? 0) * change;
        if (change === 1) break;
      }
    }
  }
}

export function inWords(cell: Cell): string {
  const never = NEVER_VARIES[DIMENSIONS.kind[cell.kind] ?? 'fine_grained'];
  return DIMENSION_NAMES.filter((name) => !never.includes(name))
    .map((name) => `${name} ${DIMENSIONS[name][cell[name]]}`)
    .join(', ');
}

export const word = <Name extends Dimension>(cell: Cell, name: Name): (typeof DIMENSIONS)[Name][number] =>
  DIMENSIONS[name][cell[name]] as (typeof DIMENSIONS)[Name][number];

/** One value for each combination of some dimensions, made at the first time that it is asked for. */
type Part<Value> = {
  readonly keyOf: (cell: Cell) => number;
  /** By how much the key grows with the value of a dimension. */
  readonly steps: { readonly [name in Dimension]?: number };
  readonly at: (key: number, cell: Cell) => Value;
};

function once<Value>(names: readonly Dimension[], make: (cell: Cell) => Value): Part<Value> {
  const steps: { [name in Dimension]?: number } = {};
  let combinations = 1;
  for (const name of names) {
    steps[name] = combinations;
    combinations *= DIMENSIONS[name].length;
  }
  const made = new Array<Value | undefined>(combinations).fill(undefined);
  return {
    steps,
    keyOf: (cell) => names.reduce((key, name) => key + (steps[name] ?? 0) * cell[name], 0),
    at: (key, cell) => {
      const known = made[key];
      if (known !== undefined) return known;
      const value = make(cell);
      made[key] = value;
      return value;
    },
  };
}

/** The facts and the question of single cells, for who builds a cell in another way too. */
export function factsOf(family: Family): (cell: Cell) => { facts: Facts; request: DecisionRequest } {
  const { subject, resource, request } = partsOf(family);
  return (cell) => ({
    facts: { subject: subject.at(subject.keyOf(cell), cell), resource: resource.at(resource.keyOf(cell), cell) },
    request: request.at(request.keyOf(cell), cell),
  });
}

function partsOf(family: Family): {
  subject: Part<Subject>;
  resource: Part<Resource>;
  request: Part<DecisionRequest>;
} {
  const subject = once(['kind', 'selection', 'grant', 'approval', 'life', 'user'], (cell) => subjectOf(family, cell));
  const policies: Dimension[] = ['owner', 'role', 'organization', 'enterprise', 'sso', 'approval', 'user'];
  const owners = once(policies, (cell) => organizationOf(family, cell));
  const resource = once([...policies, 'visibility', 'selection'], (cell): Resource => {
    const organization = owners.at(owners.keyOf(cell), cell);
    if (family.resource === 'organization') return { type: 'organization', organization };
    const role = word(cell, 'role');
    return {
      type: 'repository',
      id: 500,
      name: 'engine',
      owner: organization,
      visibility: word(cell, 'visibility') as Visibility,
      archived: false,
      role: role === 'none' ? null : (role as Role),
      selected: word(cell, 'selection') === 'subset with it',
    };
  });
  const request = once(['needed'], (cell) => ({ ask: family.asks[word(cell, 'needed')] }));
  return { subject, resource, request };
}

/** Removed from the organization: no member any more, while roles and grants that are stale may still be there. */
function organizationOf(family: Family, cell: Cell): OrganizationFacts {
  const role = word(cell, 'role');
  const stranger = word(cell, 'user') === 'removed' || (family.resource === 'organization' && role === 'none');
  const membership = role === 'admin' ? 'admin' : 'member';
  const [id, login] = word(cell, 'owner') === 'another' ? [20, 'initech'] : [10, 'acme'];
  return {
    type: 'Organization',
    id,
    login,
    profile_name: null,
    membership: stranger ? null : membership,
    reviews: false,
    policy: organizationPolicy(family, cell),
    enterprise: enterpriseOf(family, cell),
    sso: { required: word(cell, 'sso') !== 'not required', authorized: word(cell, 'sso') === 'authorized' },
  };
}

function organizationPolicy(family: Family, cell: Cell): OrganizationPolicy {
  const value = word(cell, 'organization');
  const common = {
    approval: word(cell, 'approval') === 'not required' ? 'not_required' : 'required',
    lifetime_applies_to_public_reads: family.lifetime_applies_to_public_reads,
  } as const;
  // P1, P2, P4: where it starts.
  const unset = { fine_grained_tokens: 'restricted', classic_tokens: 'allowed' } as const;
  if (value === 'unset') return { ...unset, ...common, max_lifetime_days: { fine_grained: 366, classic: null } };
  return {
    fine_grained_tokens: value,
    classic_tokens: value,
    ...common,
    max_lifetime_days: { fine_grained: 90, classic: 90 },
  };
}

function enterpriseOf(family: Family, cell: Cell): EnterpriseFacts {
  const value = word(cell, 'enterprise');
  const policy: EnterprisePolicy = {
    fine_grained_tokens: value === 'unset' ? 'no_policy' : value,
    classic_tokens: value === 'unset' ? 'no_policy' : value,
    approval: 'no_policy',
    max_lifetime_days:
      value === 'unset' ? { fine_grained: 'no_policy', classic: 'no_policy' } : { fine_grained: 60, classic: 60 },
    lifetime_applies_to_public_reads: family.lifetime_applies_to_public_reads ? true : 'no_policy',
    exempt_administrators: false,
  };
  return { id: 30, slug: 'globex', name: 'Globex', policy, holder_administers: false };
}

/** Over the cap: longer than every cap that the matrix sets; where there is none (classic, all unset) it is just long. */
function timesOf(cell: Cell): TokenTimes {
  const life = word(cell, 'life');
  const issued = NOW.getTime() - 10 * DAY;
  const days = { valid: 30, expired: 9, 'over the cap': 400, revoked: 30 }[life];
  return {
    secret_issued_at: new Date(issued),
    expires_at: new Date(issued + days * DAY),
    revoked_at: life === 'revoked' ? new Date(NOW.getTime() - DAY) : null,
    secret_expires_at: null,
  };
}

function subjectOf(family: Family, cell: Cell): Subject {
  const kind = word(cell, 'kind');
  if (kind === 'anonymous') return { type: 'anonymous' };
  const suspended = word(cell, 'user') === 'suspended';
  const person: PersonFacts = { id: 1, login: 'mona', suspended, site_admin: false };
  if (kind === 'person') return { type: 'person', person };
  const grant = word(cell, 'grant');
  const common = { id: 900, name: 'ci', hashed_token: '', exchanged: null, ...timesOf(cell) };
  if (kind === 'classic') {
    return { type: 'token', person, token: { ...common, kind, scopes: family.scopes[grant] } };
  }
  const approval = word(cell, 'approval');
  const selection = word(cell, 'selection');
  const repository_selection: RepositorySelection = selection === 'none' || selection === 'all' ? selection : 'subset';
  const granted = approval === 'not required' || approval === 'approved';
  const token = {
    ...common,
    kind,
    resource_owner: { id: 10, type: 'Organization', login: 'acme' },
    grant: granted ? { id: 700, permissions: family.permissions[grant], repository_selection } : null,
    request_pending: approval === 'pending',
  } as const;
  return { type: 'token', person, token };
}
