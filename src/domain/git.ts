// Git over smart HTTP, built in (C4): what a fetch and a push ask for. SSH takes no token.

import type { Operation } from './operation.ts';
import type { RequestPath } from './path.ts';

const UPLOAD_PACK = {
  permission_sets: [{ contents: 'read' }],
  permissionless: false,
  classic_scopes: ['repo', 'public_repo'],
  public_read: true,
  open_list: false,
  resource: 'repository',
} as const;

const RECEIVE_PACK = {
  permission_sets: [{ contents: 'write' }],
  permissionless: false,
  classic_scopes: ['repo', 'public_repo'],
  public_read: false,
  open_list: false,
  resource: 'repository',
} as const;

function operation(method: string, template: string, declared: typeof UPLOAD_PACK | typeof RECEIVE_PACK): Operation {
  return { id: `${method} ${template}`, method, template, ...declared };
}

const BEFORE_PUSH = operation('GET', '/{owner}/{repo}/info/refs?service=git-receive-pack', RECEIVE_PACK);
const PUSH = operation('POST', '/{owner}/{repo}/git-receive-pack', RECEIVE_PACK);

/** The four requests of smart HTTP. The service asked for decides `info/refs`. @rule C4 */
export const GIT_OPERATIONS: readonly Operation[] = [
  operation('GET', '/{owner}/{repo}/info/refs?service=git-upload-pack', UPLOAD_PACK),
  operation('POST', '/{owner}/{repo}/git-upload-pack', UPLOAD_PACK),
  BEFORE_PUSH,
  PUSH,
];

/** The push that the operation is, or asks for; null for what takes no pack. @rule C4 */
export function pushOf({ id }: Operation): Operation | null {
  return id === PUSH.id || id === BEFORE_PUSH.id ? PUSH : null;
}

const SUFFIX = '.git';
const SERVICES: ReadonlySet<string> = new Set(['info/refs', 'git-upload-pack', 'git-receive-pack']);

/** Whether a Git client would ask for this: he presents a password when he is asked for one, and nothing else. @rule C4 */
export function isGitPath({ segments }: RequestPath): boolean {
  if (segments.length < 3) return false;
  const [, name = '', first = ''] = segments;
  return name.endsWith(SUFFIX) || SERVICES.has(segments.length === 3 ? first : segments.slice(2).join('/'));
}
