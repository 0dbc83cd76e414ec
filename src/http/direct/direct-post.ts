// How the body of a request is read that can be answered directly: it has arrived with its head, or right after it, in one piece.
// Whatever comes otherwise goes the general way, with what was read put back.

import type { IncomingMessage } from 'node:http';
import type { ClientFacts } from '../../domain/caller.ts';
import type { Load } from '../../load.ts';
import { waitsSince } from '../deadline.ts';
import type { Exchange } from './exchange.ts';
import type { PlainHeaders } from './plain-headers.ts';

/** `general`: nothing was answered, and nothing has happened. A promise: it is being asked for; it never rejects. */
export type Outcome = 'answered' | 'general' | Promise<'answered' | 'general'>;

export type Direct = {
  readonly path: string;
  /** Who asks; null: this request goes the general way. */
  readonly admit: (headers: PlainHeaders) => ClientFacts | null;
  readonly respond: (exchange: Exchange, client: ClientFacts, body: Buffer) => Outcome;
};

/** A body that is longer comes in several pieces. */
const BODY_BYTES_MAX = 16_384;
const DIGITS = /^[1-9][0-9]{0,5}$/;

export type Asking<Found> = {
  readonly ask: () => Promise<Found>;
  /** Answers what was found. */
  readonly tell: (found: Found) => void;
  /** Answers that there is too much to do. */
  readonly refuse: () => void;
};

/** Asks, and tells what was found; where it could not be found, the general way says why. */
export function answerWith<Found>(load: Load, { ask, tell, refuse }: Asking<Found>): Outcome {
  const shortage = load.shortageFor('check');
  if (shortage !== null) {
    load.recordShed('check', shortage);
    refuse();
    return 'answered';
  }
  load.begin();
  return ask()
    .then(
      (value) => {
        tell(value);
        return 'answered' as const;
      },
      () => 'general' as const,
    )
    .finally(load.end);
}

function lengthOf({ content_length }: Exchange['headers']): number | null {
  if (content_length === null || !DIGITS.test(content_length)) return null;
  const length = Number(content_length);
  return length <= BODY_BYTES_MAX ? length : null;
}

function giveBack(request: IncomingMessage, body: Buffer, general: () => void): void {
  request.unshift(body);
  general();
}

export type Ways = {
  readonly general: () => void;
  /** Does this; where it fails, nothing has been answered, and the general way is to be gone. */
  readonly attempt: (work: () => Outcome) => Outcome;
  readonly timeout_ms: number;
};

/** Reads and answers; false: `general` is the caller's to call, nothing was read. Else it is called where it has to be. */
export function takePost(
  exchange: Exchange,
  { admit, respond }: Direct,
  { general, attempt, timeout_ms }: Ways,
): boolean {
  const { request, response, started_ms } = exchange;
  const length = lengthOf(exchange.headers);
  const client = length === null ? null : admit(exchange.headers);
  if (client === null) return false;
  request.once('data', (body: Buffer) => {
    const outcome = body.length === length ? attempt(() => respond(exchange, client, body)) : 'general';
    if (outcome === 'answered') return;
    request.pause();
    if (outcome === 'general') return giveBack(request, body, general);
    wait(outcome, body);
  });
  return true;

  /** No request waits longer than all others: from then on it is the general way's, which has its deadline. */
  function wait(outcome: Promise<'answered' | 'general'>, body: Buffer): void {
    let is_over = false;
    const end = (found: 'answered' | 'general'): void => {
      if (is_over) return;
      is_over = true;
      clearTimeout(timer);
      if (found === 'answered') request.resume();
      else if (!response.destroyed) giveBack(request, body, general);
    };
    const timer = setTimeout(() => {
      waitsSince(request, started_ms);
      end('general');
    }, timeout_ms);
    void outcome.then(end);
  }
}
