// One request that may be answered directly, and how that is: head, body, access line and observation are those of the general way
// (app.ts).

import { STATUS_CODES } from 'node:http';
import type { Deps } from '../../deps.ts';
import type { Reason } from '../../domain/reason.ts';
import { countRefusal, type Observe, observerOf } from '../../metrics.ts';
import type { Checked } from '../../use-cases/checks/check-request.ts';
import { commonHeaders } from '../answer-headers.ts';
import { elapsedMs } from '../elapsed.ts';
import type { PresentedRefusal } from '../errors.ts';
import { requestIdOf } from '../request-id.ts';
import { accessLinesOf } from './access-lines.ts';
import type { PlainHeaders } from './plain-headers.ts';

/** What is the same in all answers of a kind. */
export type Head = {
  readonly status: number;
  /** Names and values, one after the other. */
  readonly pairs: readonly string[];
  /** The same as it is written, with the line of the status before it. */
  readonly text: string;
};

export type Answer = {
  readonly head: Head;
  readonly request_id: string;
  readonly more: readonly string[];
  readonly body: string;
};

/** To whom is answered. */
export type Channel = {
  /** Whether nothing has been told yet, and somebody still waits for it. */
  readonly isWaiting: () => boolean;
  readonly send: (answer: Answer) => void;
  /** Where something has begun to be told that cannot be told to its end. */
  readonly giveUp: () => void;
  /** Of the other end of the socket; null: it has gone, or has none. */
  readonly address: () => string | null;
};

export type Exchange = {
  readonly target: string;
  readonly headers: PlainHeaders;
  /** Each byte a character. */
  readonly body: string;
  readonly channel: Channel;
  /** By `performance.now()`. */
  readonly started_ms: number;
  /** A no of this request that was found on the way: the general way, which tells it, does not ask again. */
  found?: Checked;
};

type Write = (exchange: Exchange, body: string, more: readonly string[]) => void;

/** What is to be told. `more`: names and values of headers, one after the other. */
export type Told = { readonly write: Write; readonly body: string; readonly more: readonly string[] };

/** `general`: nothing was told. A promise: it is being asked for; it never rejects. */
export type Outcome = Told | 'general' | Promise<Told | 'general'>;

export type DirectRoute = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Its template, as the general way counts it. */
  readonly route: string;
  readonly answer: (exchange: Exchange) => Outcome;
};

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

/** Writes head and body, and whatever is written and counted of an answer. Everything that can be prepared for it is. */
function writerOf(deps: Deps, { method, route }: AnswerForm, head: Head) {
  const { status } = head;
  const writeLine = accessLinesOf(deps, { method, route, status });
  const observe: Observe = observerOf({ method, route, status });
  return ({ channel, started_ms }: Exchange, request_id: string, body: string, more: readonly string[]): void => {
    channel.send({ head, request_id, more, body });
    const ms = elapsedMs(started_ms);
    observe(ms / 1000);
    writeLine(request_id, ms);
  };
}

function headOf(status: number, headers: Readonly<Record<string, string>>): Head {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}`;
  return { status, pairs: Object.entries(headers).flat(), text };
}

function commonOf(deps: Deps): Readonly<Record<string, string>> {
  const { 'x-request-id': _each, ...common } = commonHeaders('', deps.config.public_url.startsWith('https:'));
  return common;
}

/** How a route tells its answers. */
export function answersOf(deps: Deps, form: AnswerForm): (body: string, more?: readonly string[]) => Told {
  const all = { ...commonOf(deps), ...form.headers, ...variesByOrigin(deps.config, form) };
  const writeAnswer = writerOf(deps, form, headOf(200, all));
  const write: Write = (exchange, body, more) =>
    writeAnswer(exchange, requestIdOf(exchange.headers.request_id), body, more);
  return (body, more = []) => ({ write, body, more });
}

type TellRefusal = (code: Reason, present: (request_id: string) => PresentedRefusal) => Told;

/** How a route tells its refusals, as the general way does (errors.ts), for much less. */
export function refusalsOf(deps: Deps, form: AnswerForm): TellRefusal {
  const varying = variesByOrigin(deps.config, { route: form.route, headers: {} });
  const all = { ...commonOf(deps), ...form.headers, 'content-type': 'application/json; charset=utf-8', ...varying };
  const writers = new Map<number, ReturnType<typeof writerOf>>();

  function writerWith(status: number) {
    const known = writers.get(status);
    if (known !== undefined) return known;
    const made = writerOf(deps, form, headOf(status, all));
    writers.set(status, made);
    return made;
  }

  return (code, present) => {
    const write: Write = (exchange) => {
      const id = requestIdOf(exchange.headers.request_id);
      const { status, headers, body } = present(id);
      countRefusal(code);
      writerWith(status)(exchange, id, body, Object.entries(headers).flat());
    };
    return { write, body: '', more: [] };
  };
}
