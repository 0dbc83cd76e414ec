// What a declaration may say about the resource of its operation in place of the path (C2): its type alone, where the usual
// parameters name it, or `{"type": "repository", "id": "{group}/{project}"}`.

import { isObject, shown } from './document-fault.ts';
import { parametersOf, type ResourceNaming } from './named-resource.ts';

const ONE = /^\{([^{}]+)\}$/;
const TWO = /^\{([^{}]+)\}\/\{([^{}]+)\}$/;
const MEMBERS = ['type', 'id'];
const KNOWN_TYPES = '`repository`, `organization`, `enterprise`, `user`, `holder` or `none`';

/** By its type alone: the usual parameters of the type. A text says what is missing. */
function byType(type: string, template: string): ResourceNaming | string {
  const parameters = parametersOf(template);
  const has = (name: string): boolean => parameters.includes(name);
  switch (type) {
    case 'repository':
      if (parameters.some((name, index) => name === 'owner' && parameters[index + 1] === 'repo')) {
        return { type: 'repository', owner: 'owner', name: 'repo' };
      }
      if (has('repository_id')) return { type: 'repository_id', parameter: 'repository_id' };
      return 'needs {owner}/{repo} or {repository_id} in the path, or `id` to say which parameters name the repository';
    case 'organization':
      if (has('org')) return { type, parameter: 'org' };
      if (has('team_id')) return { type: 'organization_of_team', parameter: 'team_id' };
      return 'needs {org} or {team_id} in the path, or `id` to say which parameter names the organization';
    case 'enterprise':
      if (has('enterprise')) return { type, parameter: 'enterprise' };
      return 'needs {enterprise} in the path, or `id` to say which parameter names the enterprise';
    case 'user': {
      const is_below_user = template.startsWith('/user/');
      return has('username') && !is_below_user ? { type, parameter: 'username' } : { type: 'holder' };
    }
    case 'holder':
    case 'none':
      return { type };
    default:
      return `is not known: the resource is ${KNOWN_TYPES}, not ${shown(type)}`;
  }
}

function byId(type: string, id: string, template: string): ResourceNaming | string {
  const pair = TWO.exec(id);
  const [, ...names] = pair ?? ONE.exec(id) ?? [];
  const [first, second] = names;
  if (first === undefined)
    return 'must have an `id` of one parameter, such as {project_id}, or of two: {group}/{project}';
  const parameters = parametersOf(template);
  const missing = names.find((name) => !parameters.includes(name));
  if (missing !== undefined)
    return `must name parameters of the path, each in a segment of its own: ${shown(missing)} is none`;
  if (second !== undefined) {
    if (type === 'repository') return { type, owner: first, name: second };
    return 'must have an `id` of one parameter: only a repository is named by two';
  }
  switch (type) {
    case 'repository':
      return { type: 'repository_id', parameter: first };
    case 'team':
      return { type: 'organization_of_team', parameter: first };
    case 'organization':
    case 'enterprise':
    case 'user':
      return { type, parameter: first };
    default:
      return `must have the type \`repository\`, \`organization\`, \`team\`, \`enterprise\` or \`user\` beside \`id\``;
  }
}

/** The naming that is declared, or a text that says why it is none. @rule C2 */
export function readNaming(value: unknown, template: string): ResourceNaming | string {
  if (typeof value === 'string') return byType(value, template);
  if (!isObject(value) || typeof value.type !== 'string') return 'must be a type, or an object with `type` and `id`';
  const unknown = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) return `has an unknown member ${shown(unknown)}`;
  if (value.id === undefined) return byType(value.type, template);
  return typeof value.id === 'string' ? byId(value.type, value.id, template) : 'must have a text as `id`';
}

/** The naming as it is declared, so that reading it gives the same. */
export function printNaming(naming: ResourceNaming): unknown {
  switch (naming.type) {
    case 'repository':
      return { type: 'repository', id: `{${naming.owner}}/{${naming.name}}` };
    case 'repository_id':
      return { type: 'repository', id: `{${naming.parameter}}` };
    case 'organization_of_team':
      return { type: 'team', id: `{${naming.parameter}}` };
    case 'organization':
    case 'enterprise':
    case 'user':
      return { type: naming.type, id: `{${naming.parameter}}` };
    case 'holder':
    case 'none':
      return naming.type;
  }
}
