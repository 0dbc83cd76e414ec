// The certificate that the other end of a connection has shown (mutual TLS). It counts where an authority of TLS_CLIENT_CA_FILE vouches
// for it, and until it ends; what it is worth, is for who knows the clients.

import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';

type Shown = { readonly thumbprint: string; readonly ends_at: number };

/** A connection shows one, at its beginning. */
const SHOWN = new WeakMap<object, Shown | null>();

function socketOf({ raw }: FastifyRequest): TLSSocket | null {
  const { stream } = raw as { stream?: { session?: { socket?: unknown } } }; // of a request by HTTP/2
  // The socket of a session is a stand-in that keeps others from writing; what it was told by its peer can be read.
  const socket: unknown = stream?.session?.socket ?? raw.socket;
  const is_tls = socket instanceof TLSSocket || (stream !== undefined && socket !== undefined);
  return is_tls ? (socket as TLSSocket) : null;
}

function read(socket: TLSSocket): Shown | null {
  if (!socket.authorized) return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
  return { thumbprint, ends_at: Date.parse(certificate.validTo) };
}

/** The thumbprint (RFC 8705: base64url of SHA-256) of a certificate that counts at this moment; null: there is none. */
export function thumbprintOf(request: FastifyRequest, now: Date): string | null {
  const socket = socketOf(request);
  if (socket === null) return null;
  const known = SHOWN.get(socket);
  const shown = known === undefined ? read(socket) : known;
  SHOWN.set(socket, shown);
  return shown !== null && shown.ends_at > now.getTime() ? shown.thumbprint : null;
}
