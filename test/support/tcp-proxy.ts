// A way between two programs that can fail as networks do: cut, hang, swallow what is sent in one direction, take its time. It looks
// into nothing that passes, but for the first bytes of a connection, by which some of them may be chosen.

import { once } from 'node:events';
import net from 'node:net';
import type { Test } from 'tap';

type Direction = 'to_server' | 'to_client';

/** Which connections: all, or those whose first bytes contain this text (PostgreSQL sends `application_name` in them). */
export type Chosen = { readonly named?: string };

type Connection = {
  readonly client: net.Socket;
  readonly server: net.Socket;
  first: string;
  /** What hangs; nothing is lost of it. */
  readonly held: (() => void)[];
  /** What takes its time, in its order, whatever each part of it takes. */
  readonly late: Readonly<Record<Direction, (() => void)[]>>;
};

type Fault =
  | { readonly type: 'refuse' | 'hang'; readonly named: string | undefined }
  | { readonly type: 'swallow'; readonly named: string | undefined; readonly direction: Direction | 'both' }
  | { readonly type: 'delay'; readonly named: string | undefined; readonly ms: () => number }
  | { readonly type: 'reset after'; readonly named: string | undefined; left: number };

export type TcpProxy = {
  readonly port: number;
  /** How many connections are open. */
  readonly open: (chosen?: Chosen) => number;
  /** Resets the connections; new ones pass. */
  readonly reset: (chosen?: Chosen) => void;
  /** Resets the connections, and every new one. */
  readonly cut: (chosen?: Chosen) => void;
  /** Nothing passes any more, in either direction; nothing of it is lost when it is healed. New ones are accepted, and hang too. */
  readonly hang: (chosen?: Chosen) => void;
  /** What is sent in this direction is acknowledged and lost: a connection that is half open. */
  readonly swallow: (direction: Direction | 'both', chosen?: Chosen) => void;
  /** Everything takes so much longer in each direction; each part of it as much as is asked for then. */
  readonly delay: (ms: number | (() => number), chosen?: Chosen) => void;
  /** So many bytes of the server's are let through yet, together; the connection of the next one is reset in the middle of it. */
  readonly resetAfter: (bytes: number, chosen?: Chosen) => void;
  /** New connections go there. */
  readonly turnTo: (target: number | string) => void;
  /** Everything passes again. Connections that have lost something are reset. */
  readonly heal: () => void;
};

/** Until the end of the test. `target`: a port of this machine, or the path of a socket. */
export async function tcpProxy(t: Test, first_target: number | string): Promise<TcpProxy> {
  let target = first_target;
  const connections = new Set<Connection>();
  const spoiled = new WeakSet<Connection>();
  let faults: Fault[] = [];

  const isMeant = ({ first }: Connection, { named }: { readonly named?: string | undefined }): boolean =>
    named === undefined || first.includes(named);
  const meant = (chosen: Chosen = {}): Connection[] => [...connections].filter((each) => isMeant(each, chosen));

  function close(connection: Connection): void {
    connections.delete(connection);
    connection.client.destroy();
    connection.server.destroy();
  }

  /** With a reset, unless its end has begun: Node then never closes it, and never ends. */
  function end(connection: Connection): void {
    const { client } = connection;
    if (!client.readableEnded && !client.writableEnded && !client.destroyed) client.resetAndDestroy();
    close(connection);
  }

  /** What becomes of bytes: passed on after so many ms, kept back, lost, or answered by a reset. */
  function fate(connection: Connection, direction: Direction): number | 'held' | 'lost' | 'reset' {
    const active = faults.filter((fault) => isMeant(connection, fault));
    if (active.some(({ type }) => type === 'refuse')) return 'reset';
    if (active.some((each) => each.type === 'swallow' && [direction, 'both'].includes(each.direction))) return 'lost';
    if (active.some(({ type }) => type === 'hang') || connection.held.length > 0) return 'held';
    return active.reduce((sum, each) => sum + (each.type === 'delay' ? each.ms() : 0), 0);
  }

  /** The beginning of what the server says, where no more is let through; it is over with that once. */
  function cutOff(connection: Connection, chunk: Buffer): Buffer | null {
    for (const fault of faults) {
      if (fault.type !== 'reset after' || !isMeant(connection, fault)) continue;
      if (fault.left < chunk.length) {
        faults = faults.filter((each) => each !== fault);
        return chunk.subarray(0, fault.left);
      }
      fault.left -= chunk.length;
    }
    return null;
  }

  function pass(connection: Connection, direction: Direction, chunk: Buffer): void {
    const to = direction === 'to_server' ? connection.server : connection.client;
    const rest = direction === 'to_client' ? cutOff(connection, chunk) : null;
    if (rest !== null) {
      to.write(rest, () => end(connection));
      return;
    }
    const write = (): void => {
      if (!to.destroyed) to.write(chunk);
    };
    const late = connection.late[direction];
    const becomes = fate(connection, direction);
    if (becomes === 'reset') end(connection);
    else if (becomes === 'lost') spoiled.add(connection);
    else if (becomes === 'held') connection.held.push(write);
    else if (becomes === 0 && late.length === 0) write();
    else {
      late.push(write);
      setTimeout(() => late.shift()?.(), becomes);
    }
  }

  const listener = net.createServer((client) => {
    const server = typeof target === 'number' ? net.connect(target, '127.0.0.1') : net.connect(target);
    const connection: Connection = { client, server, first: '', held: [], late: { to_server: [], to_client: [] } };
    connections.add(connection);
    client.on('data', (chunk) => {
      if (connection.first === '') connection.first = chunk.toString('latin1');
      pass(connection, 'to_server', chunk);
    });
    server.on('data', (chunk) => pass(connection, 'to_client', chunk));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        // The end of one side is no news either to the other side of a connection through which nothing passes.
        const is_silent = faults.some(
          (fault) => ['hang', 'swallow'].includes(fault.type) && isMeant(connection, fault),
        );
        if (is_silent) spoiled.add(connection);
        else close(connection);
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => {
    for (const connection of connections) end(connection);
    listener.close();
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const add = (fault: Fault): void => void faults.push(fault);
  return {
    port: address.port,
    open: (chosen) => meant(chosen).length,
    reset: (chosen) => meant(chosen).forEach(end),
    cut: (chosen = {}) => {
      add({ type: 'refuse', named: chosen.named });
      meant(chosen).forEach(end);
    },
    hang: ({ named } = {}) => add({ type: 'hang', named }),
    swallow: (direction, { named } = {}) => add({ type: 'swallow', direction, named }),
    delay: (ms, { named } = {}) => add({ type: 'delay', ms: typeof ms === 'number' ? () => ms : ms, named }),
    resetAfter: (bytes, { named } = {}) => add({ type: 'reset after', left: bytes, named }),
    turnTo: (to) => {
      target = to;
    },
    heal: () => {
      faults = [];
      for (const connection of connections) {
        if (spoiled.has(connection)) end(connection);
        else for (const write of connection.held.splice(0)) write();
      }
    },
  };
}

/** A way of this kind to the database with this URL, and the URL by which it goes. */
export async function databaseProxy(t: Test, url: string): Promise<TcpProxy & { readonly url: string }> {
  const through = new URL(url);
  const proxy = await tcpProxy(t, targetOf(url));
  through.searchParams.delete('host');
  through.hostname = '127.0.0.1';
  through.port = String(proxy.port);
  return { ...proxy, url: through.href };
}

/** Where the server of this URL listens. */
export function targetOf(url: string): number | string {
  const { searchParams, port } = new URL(url);
  const folder = searchParams.get('host');
  return folder === null ? Number(port || '5432') : `${folder}/.s.PGSQL.${port || '5432'}`;
}
