// Git over smart HTTP, built in (C4): what a fetch and a push ask for. SSH takes no token.

import type { Operation } from './operation.ts';

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

/** The four requests of smart HTTP. The service asked for decides `info/refs`. @rule C4 */
export const GIT_OPERATIONS: readonly Operation[] = [
  operation('GET', '/{owner}/{repo}/info/refs?service=git-upload-pack', UPLOAD_PACK),
  operation('POST', '/{owner}/{repo}/git-upload-pack', UPLOAD_PACK),
  operation('GET', '/{owner}/{repo}/info/refs?service=git-receive-pack', RECEIVE_PACK),
  operation('POST', '/{owner}/{repo}/git-receive-pack', RECEIVE_PACK),
];
