// How bodies are read: JSON everywhere, forms at the OAuth endpoints, lines at the import. A route says which by
// `config.body`; any other content type is 415 there (OAuth and AuthZEN: 400). Source: contract 1, 8 and 10.

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DOCUMENT_JSON } from '../domain/catalogue-document.ts';
import { pointerOf } from '../domain/document-fault.ts';
import { invalid, Refusal } from '../domain/refusal.ts';
import { parseForm } from './form.ts';
import { parseStrictJson } from './strict-json.ts';

export type BodyKind = 'json' | 'form' | 'lines' | 'document';

/** The content type of each kind. */
export const CONTENT_TYPES: Readonly<Record<BodyKind, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  lines: 'application/x-ndjson',
  document: 'application/json',
};

/** Other names under which lines of JSON travel: no registered one settles it. */
const OTHER_LINES = ['application/ndjson', 'application/jsonl'];

export const BODY_LIMIT_BYTES = 1024 * 1024;
/** An import takes as long as it takes; a day is more than that. */
const LINES_TIMEOUT_MS = 24 * 60 * 60 * 1000;
export const LINES_LIMIT_BYTES = 1024 * 1024 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What the route's body is; JSON where it is not said. `lines`: `request.body` is an `AsyncIterable<Buffer>`. `document`:
     * JSON of any form, which the use-case judges.
     */
    body?: BodyKind;
    /** The one status of a wrong content type (else 415) and of a body that is not as declared (else 422): AuthZEN. */
    wrong_body?: 400;
  }
}

const UTF8_ONLY = /;\s*charset\s*=\s*"?utf-8"?\s*(?:;|$)/i;

export function addBodyParsers(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.body !== 'lines') return;
    route.config = { ...route.config, deadline_ms: LINES_TIMEOUT_MS };
    route.bodyLimit ??= LINES_LIMIT_BYTES;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(CONTENT_TYPES.json, { parseAs: 'buffer' }, (request, bytes, done) => {
    const is_document = request.routeOptions.config.body === 'document';
    requireKind(request, is_document ? 'document' : 'json');
    done(null, is_document ? readDocument(bytes as Buffer) : readJson(request, bytes as Buffer));
  });
  app.addContentTypeParser(CONTENT_TYPES.form, { parseAs: 'buffer' }, (request, bytes, done) => {
    requireKind(request, 'form');
    done(null, parseForm(bytes.toString('latin1')));
  });
  app.addContentTypeParser([CONTENT_TYPES.lines, ...OTHER_LINES], (request, stream, done) => {
    requireKind(request, 'lines');
    const { bodyLimit } = request.routeOptions;
    if (Number(request.headers['content-length']) > bodyLimit) throw new Refusal('body_too_large');
    done(null, boundedChunks(stream, bodyLimit));
  });
}

/** An empty body counts as absent. A body where the route takes none is refused as far as it has members. */
function readJson(request: FastifyRequest, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const value = parseStrictJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('malformed_request', { message: 'The body should be a JSON object' });
  }
  const [unexpected] = request.routeOptions.schema?.body === undefined ? Object.keys(value) : [];
  if (unexpected !== undefined) {
    throw invalid('Body', unexpected.slice(0, 200), 'unknown_field', 'is not known here: this takes no body');
  }
  return value;
}

/** A document of another's form: deep, of any kind, and numbers that nobody looks at are not judged. */
function readDocument(bytes: Buffer): unknown {
  return parseStrictJson(bytes, DOCUMENT_JSON, ({ path, message }) => {
    return new Refusal('validation_failed', { faults: [{ pointer: pointerOf(path), message }] });
  });
}

function requireKind(request: FastifyRequest, kind: BodyKind): void {
  const type = request.headers['content-type'] ?? '';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const wanted = request.routeOptions.config.body ?? 'json';
  const isUtf8 = !/charset/i.test(type) || UTF8_ONLY.test(type);
  if (wanted !== kind || !isUtf8 || encoding.toLowerCase() !== 'identity') throw new Refusal('unsupported_media_type');
}

/** Whoever reads no further still answers: what is left is passed over, the connection is not torn down. */
async function* boundedChunks(stream: Readable, bytes_max: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > bytes_max) throw new Refusal('body_too_large');
      yield chunk;
    }
  } finally {
    stream.resume();
  }
}
