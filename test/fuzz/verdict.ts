// Whether an answer is one that the service may give: never a fault of ours (5xx), in the shape that it says, and with nothing of how it
// was made. A 503 is right where there was too much to do, and the node has said so of this very request: counted apart.

import type { Sent } from './mutate.ts';
import type { Ended, Heard } from './talk.ts';
import type { Told } from './told.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

export type Verdict = {
  /** `not sent`: cannot be a request at all; `overloaded` and `elsewhere`: a 503 that was due. */
  readonly class: '2xx' | '3xx' | '4xx' | '429' | 'in order' | 'overloaded' | 'elsewhere' | 'not sent' | 'fault';
  /** What is wrong; null: nothing. */
  readonly fault: string | null;
  /** Whether it was read from the socket and answered to it (src/http/direct/plain-connections.ts). */
  readonly is_plain?: boolean;
};

export const NOT_SENT: Verdict = { class: 'not sent', fault: null };

/** The address of keys of issuers, and the mail server, are nowhere: who asks for them is told so. */
const ELSEWHERE = /^\/(?:user\/sso-sessions|user\/email\/verification)/;

const bad = (fault: string): Verdict => ({ class: 'fault', fault });

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

export function verdictOn(request: Sent, { status, headers, body }: Answer, told: Told): Verdict {
  if (typeof headers['x-request-id'] !== 'string') return bad(`${status} has no X-Request-Id`);
  const is_json = String(headers['content-type']).startsWith('application/json');
  if (status === 503) {
    if (headers['retry-after'] === undefined) return bad('503 without Retry-After');
    if (ELSEWHERE.test(request.url)) return { class: 'elsewhere', fault: null };
    const overload = told.overloadOf(headers['x-request-id']);
    if (overload !== null) return { class: 'overloaded', fault: null };
  }
  if (status >= 500) return bad(`${status} ${body.slice(0, 300)} ${told.of(headers['x-request-id'])}`);
  if (status < 200) return bad(`${status}`);
  if (status >= 400 && !is_json && request.method !== 'HEAD') return bad(`${status} is not JSON`);
  if (/(?:\n|\\n)\s+at /.test(body)) return bad('a stack');
  if (is_json && body !== '' && !isJson(body)) return bad('is no JSON');
  if (status === 429) return { class: '429', fault: null };
  return { class: `${Math.floor(status / 100)}xx` as '2xx', fault: null };
}

/** Only there these two stand side by side, after all that does not differ from one answer to the next. */
function isPlain(headers: Heard['headers']): boolean {
  const names = Object.keys(headers);
  const at = names.indexOf('x-request-id');
  return names[at + 1] === 'content-length' && names.indexOf('content-type') < at;
}

/** The same of what was heard on a connection. What is no request for Node has an answer without the request's id, which is the last. */
export function verdictOnHeard(request: Sent, id: string, heard: Heard | Ended, told: Told): Verdict {
  if (typeof heard === 'string') return bad(`no answer: ${heard}`);
  const { status, headers } = heard;
  const is_refused = (status === 400 || status === 431) && headers.connection === 'close';
  if (headers['x-request-id'] !== id && !is_refused) return bad(`${status} has the id ${headers['x-request-id']}`);
  return { ...verdictOn(request, heard, told), is_plain: isPlain(headers) };
}
