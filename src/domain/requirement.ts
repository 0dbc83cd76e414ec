// What a question asks for: permission sets and classic scopes, whatever form it was asked in (C1, C4, C6).

import { onceFor } from './once.ts';
import { GIT_UPLOAD_PACK_ID, isWriteMethod, type Operation } from './operation.ts';
import { isPermissionLevel, levelOf, type PermissionMap } from './permission.ts';
import type { Needed } from './refusal.ts';
import { expandScopes, isScope, scopesForPermission } from './scope.ts';
import { type Level, SCOPES, type Visibility } from './vocabulary.ts';

export type Ask =
  | { readonly type: 'permission'; readonly permission: string; readonly level: string }
  | { readonly type: 'scope'; readonly scope: string }
  | { readonly type: 'operation'; readonly operation: Operation }
  | { readonly type: 'unknown' };

export type DecisionRequest = {
  readonly ask: Ask;
  /** The file that is to be written, where the question names one; a workflow file asks for more (C4). */
  readonly path?: string | undefined;
  /** What a repository that is made or edited is to be; `public_repo` counts only where that is public (K2). */
  readonly becomes?: Visibility | undefined;
};

/** A question in the one form that the rules judge. */
export type Requirement = {
  readonly sets: readonly PermissionMap[];
  readonly permissionless: boolean;
  /** Scopes of which any one is enough; null: C6 decides for each set. */
  readonly scopes: readonly string[] | null;
  /** A scope asked as an action: only a classic token can have it, and no role is looked at (C6). */
  readonly scope_only: boolean;
  readonly write: boolean;
  readonly workflow: boolean;
};

const WORKFLOW_FOLDER = '.github/workflows/';
const WORKFLOW_SCOPE = 'workflow';
const ALL_SCOPES = SCOPES.map(({ name }) => name);

/** The path as a file system reads it: no empty, `.` or `..` steps. */
function plainPath(path: string): string {
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return path.endsWith('/') ? `${steps.join('/')}/` : steps.join('/');
}

/** Whether a file path is below `.github/workflows/`; neither another spelling nor letter case hides it. @rule C4 */
export function isWorkflowFile(path: string): boolean {
  return plainPath(path).toLowerCase().startsWith(WORKFLOW_FOLDER);
}

function forPermission(permission: string, level: Level, workflow: boolean): Requirement {
  const asks_workflow = workflow && level !== 'read';
  const set: PermissionMap = asks_workflow ? { [permission]: level, workflows: 'write' } : { [permission]: level };
  return {
    sets: [set],
    permissionless: false,
    scopes: null,
    scope_only: false,
    write: level !== 'read',
    workflow: asks_workflow || permission === 'workflows',
  };
}

/** A set that says nothing is no declaration: that no permission is needed must be said. @rule C1 */
const declaredSets: (operation: Operation) => readonly PermissionMap[] = onceFor(({ permission_sets }) =>
  permission_sets.filter((set) => Object.keys(set).length > 0),
);

function forOperation(operation: Operation, workflow: boolean): Requirement {
  const write = isWriteMethod(operation.method) && operation.id !== GIT_UPLOAD_PACK_ID;
  const asks_workflow = workflow && write;
  const declared = declaredSets(operation);
  const asked = asks_workflow && declared.length === 0 ? [{}] : declared;
  return {
    sets: asks_workflow ? asked.map((set): PermissionMap => ({ ...set, workflows: 'write' })) : asked,
    permissionless: operation.permissionless && !asks_workflow,
    scopes: operation.classic_scopes,
    scope_only: false,
    write,
    workflow: asks_workflow,
  };
}

function forScope(scope: string): Requirement {
  return { sets: [], permissionless: false, scopes: [scope], scope_only: true, write: false, workflow: false };
}

/** Requirements that were made: the same question always has the same object, by which uses are counted. */
type Made<Key> = {
  readonly get: (key: Key) => Requirement | undefined;
  readonly set: (key: Key, requirement: Requirement) => unknown;
};
/** Each for questions that name no workflow file, and for those that do. */
type Both<Key> = readonly [Made<Key>, Made<Key>];

const OF_PERMISSION: Readonly<Record<Level, Both<string>>> = {
  read: [new Map(), new Map()],
  write: [new Map(), new Map()],
  admin: [new Map(), new Map()],
};
const OF_OPERATION: Both<Operation> = [new WeakMap(), new WeakMap()];
const OF_SCOPE: Made<string> = new Map();

function keep<Key>(made: Made<Key>, key: Key, requirement: Requirement): Requirement {
  made.set(key, requirement);
  return requirement;
}

/** The requirement of a question, or null where nothing of that name exists, which is a deny. @rule F3, C1 */
export function requirementOf(request: DecisionRequest): Requirement | null {
  const { ask } = request;
  const workflow = request.path !== undefined && isWorkflowFile(request.path);
  switch (ask.type) {
    case 'permission': {
      const { permission, level } = ask;
      if (!isPermissionLevel(permission, level)) return null;
      const made = OF_PERMISSION[level][workflow ? 1 : 0];
      return made.get(permission) ?? keep(made, permission, forPermission(permission, level, workflow));
    }
    case 'scope':
      if (!isScope(ask.scope)) return null;
      return OF_SCOPE.get(ask.scope) ?? keep(OF_SCOPE, ask.scope, forScope(ask.scope));
    case 'operation': {
      const { operation } = ask;
      if (declaredSets(operation).length === 0 && !operation.permissionless) return null;
      const made = OF_OPERATION[workflow ? 1 : 0];
      return made.get(operation) ?? keep(made, operation, forOperation(operation, workflow));
    }
    case 'unknown':
      return null;
    default:
      return null;
  }
}

/** Whether nothing but reading is asked for; what is not understood, and a scope that may do more, is not. */
export function asksToRead(request: DecisionRequest): boolean {
  if (request.ask.type === 'scope') return request.ask.scope.startsWith('read:');
  const requirement = requirementOf(request);
  if (requirement === null || requirement.write) return false;
  return requirement.sets.every((set) => Object.values(set).every((level) => level === 'read'));
}

/** Every scope that the requirement accepts, where more than one set stands all of them; for headers and for `needed`. */
export function acceptedScopes(requirement: Requirement): readonly string[] {
  if (requirement.scopes !== null) return requirement.scopes;
  const accepted = requirement.sets.flatMap((set) =>
    Object.entries(set).flatMap(([permission, level]) => scopesForPermission(permission, level)),
  );
  return [...new Set(accepted)];
}

/** Every scope that plays a part; `alone`: each of them is enough by itself. */
function partsOf(requirement: Requirement): { readonly scopes: readonly string[]; readonly alone: boolean } {
  const { scopes, sets, workflow } = requirement;
  const accepted = acceptedScopes(requirement);
  const with_workflow = workflow || (scopes === null && sets.some((set) => levelOf(set, 'workflows') !== undefined));
  if (with_workflow) return { scopes: [...new Set([...accepted, WORKFLOW_SCOPE])], alone: false };
  return { scopes: accepted, alone: scopes !== null || sets.every((set) => Object.keys(set).length === 1) };
}

/**
 * Of which scopes any one would have been enough beside those that are held; where it takes more than one, all that are missing. Of
 * several that are needed together, one that is held is not said to be enough; none is where all of them are not. @rule C1, C4, C6
 */
function neededScopes(
  requirement: Requirement,
  public_repo_counts: boolean,
  held: readonly string[],
): readonly string[] {
  const { scopes, alone } = partsOf(requirement);
  const counting = scopes.filter((scope) => public_repo_counts || scope !== 'public_repo');
  if (alone) return counting;
  if (!scopesSuffice(ALL_SCOPES, requirement, public_repo_counts)) return [];
  const holds = expandScopes(held);
  const missing = counting.filter((scope) => !holds.has(scope));
  const enough = missing.filter((scope) => scopesSuffice([...held, scope], requirement, public_repo_counts));
  return enough.length > 0 ? enough : missing;
}

/** What would have been enough here, as the error body and AuthZEN print it. `held`: the scopes of a classic token. */
export function neededFor(requirement: Requirement, public_repo_counts: boolean, held: readonly string[] = []): Needed {
  return {
    permissions: requirement.sets.map((set) => Object.entries(set).map(([name, level]) => `${name}:${level}`)),
    scopes: neededScopes(requirement, public_repo_counts, held),
  };
}

type Accepted = { readonly workflow_too: boolean; readonly scopes: readonly string[] };

/** Of each set, for each of its permissions: any of these scopes. */
const acceptedBySets: (requirement: Requirement) => readonly (readonly Accepted[])[] = onceFor(({ sets }) =>
  sets.map((set) =>
    Object.entries(set).map(([permission, level]) => ({
      workflow_too: permission === 'workflows',
      scopes: scopesForPermission(permission, level),
    })),
  ),
);

function anyHeld(held: ReadonlySet<string>, accepted: readonly string[], public_repo_counts: boolean): boolean {
  return accepted.some((scope) => held.has(scope) && (scope !== 'public_repo' || public_repo_counts));
}

/**
 * Whether a classic token's scopes are enough. `public_repo_counts`: the repository is public and stays or becomes so.
 * @rule C1, C6, K2
 */
export function scopesSuffice(
  scopes: readonly string[],
  requirement: Requirement,
  public_repo_counts: boolean,
): boolean {
  const held = expandScopes(scopes);
  if (requirement.workflow && !held.has(WORKFLOW_SCOPE)) return false;
  if (requirement.scopes !== null) return anyHeld(held, requirement.scopes, public_repo_counts);
  if (requirement.permissionless) return true;
  return acceptedBySets(requirement).some((set) =>
    set.every(
      ({ workflow_too, scopes: accepted }) =>
        (!workflow_too || held.has(WORKFLOW_SCOPE)) && anyHeld(held, accepted, public_repo_counts),
    ),
  );
}
