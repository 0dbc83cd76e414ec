// Which thing an operation is about: what its path names (C2), or what its declaration says in place of the path.

import { onceFor } from './once.ts';
import type { Operation, ResourceType } from './operation.ts';
import { type PermissionMap, permissionNamed } from './permission.ts';
import { readTemplate } from './template.ts';

/** A thing by its name, as facts are asked for it. `holder`: the subject himself. */
export type NamedResource =
  | { readonly type: 'repository'; readonly owner: string; readonly name: string }
  | { readonly type: 'repository_id'; readonly id: number }
  | { readonly type: 'organization'; readonly login: string }
  /** The organization of the team with this id. */
  | { readonly type: 'organization_of_team'; readonly team_id: number }
  | { readonly type: 'user'; readonly login: string }
  /** A person or an organization, whichever has the login. */
  | { readonly type: 'account'; readonly login: string }
  | { readonly type: 'holder' }
  | { readonly type: 'enterprise'; readonly slug: string }
  | { readonly type: 'none' };

/** The parameters whose values name the resource: `id` is `{owner}/{repo}` in any names, or one parameter. */
export type ResourceNaming =
  | { readonly type: 'repository'; readonly owner: string; readonly name: string }
  | { readonly type: 'repository_id' | 'organization' | 'organization_of_team'; readonly parameter: string }
  | { readonly type: 'user' | 'enterprise'; readonly parameter: string }
  | { readonly type: 'holder' | 'none' };

type Params = Readonly<Record<string, string>>;

const DECIMAL_ID = /^[1-9][0-9]{0,15}$/;

/** For each segment the parameter in it, whatever text stands beside it (`{repo}.atom`); empty where there is none, or several. */
export function parametersOf(template: string): readonly string[] {
  return readTemplate(template).steps.map(({ names }) => (names.length === 1 ? `${names[0]}` : ''));
}

const NAMING: ReadonlySet<string> = new Set([
  'owner',
  'repo',
  'repository_id',
  'org',
  'team_id',
  'enterprise',
  'username',
]);

/**
 * A parameter that might name the resource, but for another one in the same segment (`{owner}-{repo}`): two readers can divide what
 * stands there differently. Behind a repository or an organization nothing names another (C2). @rule C2, C3, F3
 */
export function ambiguousParameter(template: string): string | undefined {
  const { steps } = readTemplate(template);
  const at = steps.findIndex(({ names }) => names.length > 1 && names.some((name) => NAMING.has(name)));
  const before = parametersOf(template).slice(0, Math.max(at, 0));
  const is_named = repositoryIn(template, before) !== null || before.includes('org') || before.includes('team_id');
  return is_named ? undefined : steps[at]?.names.find((name) => NAMING.has(name));
}

function hasAccountPermissionsOnly(sets: readonly PermissionMap[]): boolean {
  const names = sets.flatMap((set) => Object.keys(set));
  return names.length > 0 && names.every((name) => permissionNamed(name)?.category === 'account');
}

/** A repository, unless the template is about oneself or an organization is named before it. */
function repositoryIn(template: string, parameters: readonly string[]): ResourceNaming | null {
  const pair = parameters.findIndex((name, index) => name === 'owner' && parameters[index + 1] === 'repo');
  const by_id = parameters.indexOf('repository_id');
  const first = Math.min(...[pair, by_id].filter((index) => index >= 0));
  const organization = parameters.findIndex((name) => name === 'org' || name === 'team_id');
  const is_behind = organization >= 0 && organization < first;
  if (!Number.isFinite(first) || template.startsWith('/user/') || is_behind) return null;
  if (first === pair) return { type: 'repository', owner: 'owner', name: 'repo' };
  return { type: 'repository_id', parameter: 'repository_id' };
}

/** What the path names: the first that applies, in the order of the rule. @rule C2 */
export function namingByPath(template: string, sets: readonly PermissionMap[]): ResourceNaming {
  const parameters = parametersOf(template);
  const repository = repositoryIn(template, parameters);
  if (repository !== null) return repository;
  if (parameters.includes('org')) return { type: 'organization', parameter: 'org' };
  if (parameters.includes('team_id')) return { type: 'organization_of_team', parameter: 'team_id' };
  if (parameters.includes('enterprise')) return { type: 'enterprise', parameter: 'enterprise' };
  if (template === '/user' || template.startsWith('/user/')) return { type: 'holder' };
  if (parameters.includes('username')) return { type: 'user', parameter: 'username' };
  return { type: hasAccountPermissionsOnly(sets) ? 'holder' : 'none' };
}

/** The type of what is named, as questions of AuthZEN name it. */
export function resourceTypeOf(naming: ResourceNaming): ResourceType {
  switch (naming.type) {
    case 'repository':
    case 'repository_id':
      return 'repository';
    case 'organization':
    case 'organization_of_team':
      return 'organization';
    case 'user':
    case 'holder':
      return 'user';
    case 'enterprise':
    case 'none':
      return naming.type;
  }
}

/** A number as the path writes it; 0, which nothing has, where it is none. */
function idIn(text: string): number {
  return DECIMAL_ID.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : 0;
}

const namingOf: (operation: Operation) => ResourceNaming = onceFor(
  ({ naming, template, permission_sets }) => naming ?? namingByPath(template, permission_sets),
);

/** The thing that a path with these values is about. @rule C2 */
export function resourceOf(operation: Operation, params: Params): NamedResource {
  const naming = namingOf(operation);
  const value = (name: string): string => (Object.hasOwn(params, name) ? (params[name] ?? '') : '');
  switch (naming.type) {
    case 'repository':
      return { type: 'repository', owner: value(naming.owner), name: value(naming.name) };
    case 'repository_id':
      return { type: 'repository_id', id: idIn(value(naming.parameter)) };
    case 'organization':
      return { type: 'organization', login: value(naming.parameter) };
    case 'organization_of_team':
      return { type: 'organization_of_team', team_id: idIn(value(naming.parameter)) };
    case 'user':
      // A profile is public whoever has the login; all else is a person's own.
      return { type: operation.public_read ? 'account' : 'user', login: value(naming.parameter) };
    case 'enterprise':
      return { type: 'enterprise', slug: value(naming.parameter) };
    case 'holder':
    case 'none':
      return { type: naming.type };
  }
}
