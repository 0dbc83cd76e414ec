// What a request must be before anybody looks at it, beyond what the parser of its protocol sees to: a path, one host, and not more
// headers than anybody needs. Node would answer the first without the headers of every answer, and drop headers beyond a number in silence,
// so that two readers could see two requests.

import type { FastifyRequest } from 'fastify';
import { Refusal } from '../domain/refusal.ts';
import type { App } from './app-type.ts';
import { countHeader } from './credential.ts';

/** Twice as many as long chains of proxies add. */
export const HEADERS_MAX = 100;

/** HTTP/1.1 asks for one `Host`; HTTP/2 has `:authority` in its place, and one that says otherwise is not guessed at. */
function hasOneHost({ raw }: FastifyRequest): boolean {
  const hosts = countHeader(raw, 'host');
  if (!('stream' in raw)) return hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0');
  const { host, ':authority': authority } = raw.headers;
  return authority === undefined ? hosts === 1 : hosts === 0 || (hosts === 1 && host === authority);
}

/** HTTP/1.1, or the old one; the parser of these would read a line that says HTTP/2.0 too. */
function isOfVersion({ raw }: FastifyRequest): boolean {
  return 'stream' in raw ? raw.httpVersionMajor === 2 : raw.httpVersion === '1.1' || raw.httpVersion === '1.0';
}

/** A target in absolute form names a host beside the header's, and the router would pass over it. */
function isPath({ raw }: FastifyRequest): boolean {
  return raw.url?.startsWith('/') === true;
}

/** Of codings none is known here but `chunked`; one that another reader knows would be another body there. */
function hasKnownCoding({ raw }: FastifyRequest): boolean {
  const coding = raw.headers['transfer-encoding'];
  return coding === undefined || coding.toLowerCase() === 'chunked';
}

/** Called before every hook that reads a header. */
export function addRequestForm(app: App): void {
  app.server.maxHeadersCount = 0;
  app.addHook('onRequest', (request, _reply, done) => {
    // A connection of HTTP/2 carries others' requests too, and knows no such header.
    const headers = 'stream' in request.raw ? {} : { headers: { connection: 'close' } };
    if (!isOfVersion(request) || !isPath(request) || !hasOneHost(request) || !hasKnownCoding(request)) {
      return done(new Refusal('malformed_request', headers));
    }
    if (request.raw.rawHeaders.length <= 2 * HEADERS_MAX) return done();
    return done(new Refusal('malformed_request', { ...headers, message: `More than ${HEADERS_MAX} headers` }));
  });
}
