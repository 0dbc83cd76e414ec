// One request that may be answered directly, and how that is: head, body, access line and observation are those of the general way
// (app.ts).

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

type Write = (exchange: Exchange, body: string, more: readonly string[]) => void;

/** What is to be told. `more`: names and values of headers, one after the other. */
export type Told = { readonly write: Write; readonly body: string; readonly more: readonly string[] };

/** `general`: nothing was told. A promise: it is being asked for; it never rejects. */
export type Outcome = Told | 'general' | Promise<Told | 'general'>;

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

type Kind = { readonly route: AnswerForm; readonly status: number };

/** Writes head and body, and whatever is written and counted of an answer. Everything that can be prepared for it is. */
function writerOf(deps: Deps, { route: { method, route }, status }: Kind, prepared: readonly string[]) {
  const writeLine = accessLinesOf(deps, { method, route, status });
  const observe: Observe = observerOf({ method, route, status });
  return ({ response, started_ms }: Exchange, id: string, body: string, more: readonly string[]): void => {
    const length = Buffer.byteLength(body);
    response.writeHead(status, prepared.concat('x-request-id', id, 'content-length', String(length), more));
    response.end(body, length === body.length ? 'latin1' : 'utf8'); // where both are the same, the former is written faster
    const ms = Math.round((performance.now() - started_ms) * 1000) / 1000;
    observe(ms / 1000);
    writeLine(id, ms);
  };
}

function commonOf(deps: Deps): Readonly<Record<string, string>> {
  const { 'x-request-id': _each, ...common } = commonHeaders('', deps.config.public_url.startsWith('https:'));
  return common;
}

/** How a route tells its answers. */
export function answersOf(deps: Deps, form: AnswerForm): (body: string, more?: readonly string[]) => Told {
  const all = { ...commonOf(deps), ...form.headers, ...variesByOrigin(deps.config, form) };
  const writeAnswer = writerOf(deps, { route: form, status: 200 }, Object.entries(all).flat());
  const write: Write = (exchange, body, more) =>
    writeAnswer(exchange, requestIdOf(exchange.headers.request_id), body, more);
  return (body, more = []) => ({ write, body, more });
}

/** How it says that there is too much to do: as the general way (overload.ts, errors.ts), for much less. `bodyOf`: of the request's id. */
export function refusalOf(deps: Deps, form: AnswerForm, bodyOf: (request_id: string) => string): Told {
  const varying = variesByOrigin(deps.config, { route: form.route, headers: {} });
  const all = { ...commonOf(deps), ...form.headers, ...REFUSAL_HEADERS, ...varying };
  const writeRefusal = writerOf(deps, { route: form, status: 503 }, Object.entries(all).flat());
  const write: Write = (exchange) => {
    countRefusal('unavailable');
    const id = requestIdOf(exchange.headers.request_id);
    writeRefusal(exchange, id, bodyOf(id), []);
  };
  return { write, body: '', more: [] };
}
