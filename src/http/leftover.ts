// A body that nobody waits for any more: of a request that was answered before all of it had arrived. What is left is read for a
// while, so that the sender hears the answer; who goes on sending bit by bit would have the connection for ever.

import type { App } from './app-type.ts';

/** HTTP/2 ends the stream by itself. */
export function addLeftover(app: App, patience_ms: number): void {
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    if (raw.complete === false && !('stream' in raw)) {
      setTimeout(() => {
        if (!raw.complete) raw.socket.destroy();
      }, patience_ms).unref();
    }
    done();
  });
}
