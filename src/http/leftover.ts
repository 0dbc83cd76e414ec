// A body that nobody waits for any more: of a request that was answered before all of it had arrived. What is left is read for a
// while, so that the sender hears the answer; who goes on sending bit by bit would have the connection for ever.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from './app-type.ts';

function endLater(request: IncomingMessage, patience_ms: number): void {
  if (request.complete !== false) return; // unknown of a request that has no socket
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, patience_ms).unref();
}

/** Of a request that is answered without the framework. */
export function watchLeftover(request: IncomingMessage, response: ServerResponse, patience_ms: number): void {
  response.once('finish', () => endLater(request, patience_ms));
}

/** HTTP/2 ends the stream by itself. */
export function addLeftover(app: App, patience_ms: number): void {
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    if (!('stream' in raw)) endLater(raw, patience_ms);
    done();
  });
}
