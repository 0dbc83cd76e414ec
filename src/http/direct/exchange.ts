// One request that is answered directly, and how: head, body, access line and observation are those of the general way (app.ts).

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Deps } from '../../deps.ts';
import { countRefusal, type Observe, observerOf } from '../../metrics.ts';
import { commonHeaders } from '../answer-headers.ts';
import { RETRY_AFTER_SECONDS } from '../errors.ts';
import { requestIdOf } from '../request-id.ts';
import { accessLinesOf } from './access-lines.ts';
import type { PlainHeaders } from './plain-headers.ts';

export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: PlainHeaders;
  readonly started_ms: number;
};

const REFUSAL_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'retry-after': RETRY_AFTER_SECONDS };

/** Answers 200 with these bytes. `more`: names and values, one after the other. */
export type Answer = (exchange: Exchange, body: string, more?: readonly string[]) => void;

export type AnswerForm = {
  readonly method: 'GET' | 'POST';
  /** The route's template, as the general way counts it. */
  readonly route: string;
  /** What every answer of the route says besides the common headers; a name of both replaces the common one. */
  readonly headers: Readonly<Record<string, string>>;
};

/** As cors.ts has it for the general way, where a request with an origin goes. */
function variesByOrigin({ cors_origins }: Deps['config'], { route, headers }: Omit<AnswerForm, 'method'>) {
  if (cors_origins.length === 0 || route.startsWith('/gateway/')) return {};
  return { vary: headers.vary === undefined ? 'Origin' : `${headers.vary}, Origin` };
}

/** Everything that can be prepared for the answers of one route is. */
export function answersOf(deps: Deps, { method, route, headers }: AnswerForm): Answer {
  const { 'x-request-id': _each, ...common } = commonHeaders('', deps.config.public_url.startsWith('https:'));
  const varying = variesByOrigin(deps.config, { route, headers });
  const prepared = Object.entries({ ...common, ...headers, ...varying }).flat();
  const writeLine = accessLinesOf(deps, { method, route, status: 200 });
  const observe: Observe = observerOf({ method, route, status: 200 });
  return ({ response, headers: { request_id }, started_ms }, body, more = []) => {
    const id = requestIdOf(request_id);
    const length = Buffer.byteLength(body);
    const head = prepared.concat('x-request-id', id, 'content-length', String(length), more);
    response.writeHead(200, head);
    response.end(body, length === body.length ? 'latin1' : 'utf8'); // where both are the same, the former is written faster
    const ms = Math.round((performance.now() - started_ms) * 1000) / 1000;
    observe(ms / 1000);
    writeLine(id, ms);
  };
}

/** Says that there is too much to do, as the general way does (overload.ts, errors.ts), for much less. `bodyOf`: of the request's id. */
export function refusalsOf(
  deps: Deps,
  { method, route, headers }: AnswerForm,
  bodyOf: (request_id: string) => string,
): (exchange: Exchange) => void {
  const { 'x-request-id': _each, ...common } = commonHeaders('', deps.config.public_url.startsWith('https:'));
  const all = { ...common, ...headers, ...REFUSAL_HEADERS, ...variesByOrigin(deps.config, { route, headers: {} }) };
  const prepared = Object.entries(all).flat();
  const writeLine = accessLinesOf(deps, { method, route, status: 503 });
  const observe: Observe = observerOf({ method, route, status: 503 });
  return ({ response, headers: { request_id }, started_ms }) => {
    countRefusal('unavailable');
    const id = requestIdOf(request_id);
    const body = bodyOf(id);
    response.writeHead(503, prepared.concat('x-request-id', id, 'content-length', String(body.length)));
    response.end(body, 'latin1');
    const ms = Math.round((performance.now() - started_ms) * 1000) / 1000;
    observe(ms / 1000);
    writeLine(id, ms);
  };
}
