// Public reads: what every live token may make, and a stranger without any (F2, F7). One function, so that no route can
// have an idea of its own about what is public.

import type { Resource } from './facts.ts';
import { GIT_UPLOAD_PACK_ID, isWriteMethod } from './operation.ts';
import type { DecisionRequest } from './requirement.ts';

const PUBLIC_READ_PERMISSIONS: ReadonlySet<string> = new Set([
  'metadata',
  'contents',
  'issues',
  'pull_requests',
  'discussions',
  'actions',
  'deployments',
  'statuses',
]);

/** Whether a stranger may see that the resource is there; only the word `public` makes a repository public. */
export function isOpenToAll(resource: Resource): boolean {
  switch (resource.type) {
    case 'repository':
      return resource.visibility === 'public';
    case 'organization':
    case 'user':
    case 'none':
      return true;
    case 'enterprise':
    case 'absent':
      return false;
  }
}

/** Whether this question about this resource is a public read. @rule F2 */
export function isPublicRead(request: DecisionRequest, resource: Resource): boolean {
  const { ask } = request;
  if (!isOpenToAll(resource)) return false;
  if (ask.type === 'permission') {
    return resource.type === 'repository' && ask.level === 'read' && PUBLIC_READ_PERMISSIONS.has(ask.permission);
  }
  if (ask.type !== 'operation' || !ask.operation.public_read) return false;
  return !isWriteMethod(ask.operation.method) || ask.operation.id === GIT_UPLOAD_PACK_ID;
}
