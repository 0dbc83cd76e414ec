// TLS by setting: HTTP/2 and HTTP/1.1 on one port, as the client asks by ALPN. Certificates of clients are asked for where an
// authority is set, and never required: most callers present a token.

import type { SecureContextOptions } from 'node:tls';
import type { TlsFiles } from '../tls-files.ts';

const STREAMS_MAX = 200;

function secureContext({ cert, key, ca }: TlsFiles): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(ca !== null && { ca }) };
}

/** The options of the framework's server, beside those of HTTP/1.1. */
export function tlsOptions(
  files: TlsFiles,
  http1: { readonly headersTimeout: number; readonly maxHeaderSize: number },
) {
  const asks_for_certificate = { requestCert: files.ca !== null, rejectUnauthorized: false };
  const settings = { enablePush: false, maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: http1.maxHeaderSize };
  // Left to itself Node waits two minutes for a handshake.
  const handshakeTimeout = http1.headersTimeout;
  return { ...secureContext(files), ...asks_for_certificate, ...http1, handshakeTimeout, allowHTTP1: true, settings };
}

/** Renewed files, for connections that begin from now on. */
export function renewTls(server: object, files: TlsFiles): void {
  if ('setSecureContext' in server && typeof server.setSecureContext === 'function') {
    server.setSecureContext(secureContext(files));
  }
}
