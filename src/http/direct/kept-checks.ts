// The no that was found for a request of a gateway: the general way, which says every no, does not ask again. A yes is never kept.

import type { IncomingMessage } from 'node:http';
import type { Checked } from '../../use-cases/checks/check-request.ts';

const KEPT = new WeakMap<IncomingMessage, Checked>();

export function keepCheck(request: IncomingMessage, checked: Checked): void {
  KEPT.set(request, checked);
}

/** What was found at this moment for the same request; undefined: nobody asked. */
export function keptCheck(request: IncomingMessage): Checked | undefined {
  return KEPT.get(request);
}
