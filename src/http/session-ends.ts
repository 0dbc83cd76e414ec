// Connections of HTTP/2 whose session is over. Node ends them when what it writes has been taken, and looks at no time any more: where who
// asked has gone in between, that is never, and each such connection would be one fewer for all others.

import type { Server } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** From now on; those that are there at two looks. Answers how to stop. */
export function endWithSessions(server: Server, look_ms: number): () => void {
  const open = new Map<ServerHttp2Session, Socket>();
  const over = new WeakSet<ServerHttp2Session>();
  let latest: Socket | null = null;
  server.prependListener('secureConnection', (socket: Socket) => {
    latest = socket;
  });
  // Told while the connection is: what the session tells of its socket may not be used to end it.
  server.on('session', (session: ServerHttp2Session) => {
    if (latest === null) return;
    open.set(session, latest);
    latest.once('close', () => open.delete(session));
  });
  const clock = setInterval(() => {
    for (const [session, socket] of open) {
      if (over.has(session)) socket.destroy();
      else if (session.destroyed) over.add(session);
    }
  }, look_ms).unref();
  return () => clearInterval(clock);
}
