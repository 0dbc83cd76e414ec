// Which answers facts may be kept for, so that the same is answered sooner the next time.

import type { Decision } from './decision.ts';
import type { Resource } from './facts.ts';
import { isOpenToAll } from './public-read.ts';
import type { Reason } from './reason.ts';

/** Said before it is looked at whether the asking one may see the thing (K7, C1). */
const BEFORE_SIGHT: ReadonlySet<Reason> = new Set(['session_required', 'unknown_operation']);

/**
 * Whether the facts that led to this decision about this resource may be kept: what is hidden, or no credential, may not be told faster
 * the next time than what is not there. @rule F6
 */
export function isWorthRemembering({ status, reason }: Decision, resource: Resource): boolean {
  if (status === 404 || status === 401) return false;
  return !BEFORE_SIGHT.has(reason) || isOpenToAll(resource);
}
