// The end of a node begins while it still answers: it says that it is not ready, so that load balancers turn away, and every answer is
// the last one of its connection, so that no client sends a request on one that is just being closed.

import { setTimeout as delay } from 'node:timers/promises';
import type { App } from './app-type.ts';

const DRAINING = new WeakSet<App['server']>();
const LOOK_MS = 25;

/** Whether this node is about to end. */
export function isDraining({ server }: App): boolean {
  return DRAINING.has(server);
}

/**
 * Answers when no connection is left, or after this time: who has asked nothing until then is asked to connect elsewhere. What is
 * under way then may end, and its connection with it.
 */
export async function drain({ server }: App, ms_max: number): Promise<void> {
  DRAINING.add(server);
  // Node counts from here, and says `Connection: close` in the answer that reaches the limit: no hook on the way of every request.
  server.maxRequestsPerSocket = 1;
  const until = performance.now() + ms_max;
  while (performance.now() < until && (await connectionsOf(server)) > 0) await delay(LOOK_MS);
  // A connection whose last answer was begun before would be kept for as long as any, and the end would wait for it.
  // One that speaks HTTP/2 closes its sessions when it closes.
  if ('closeIdleConnections' in server) setInterval(() => server.closeIdleConnections(), LOOK_MS).unref();
}

function connectionsOf(server: App['server']): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)));
}
