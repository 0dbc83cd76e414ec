// How the body of a request is read that can be answered directly: it has arrived with its head, or right after it, in one piece.
// Whatever comes otherwise goes the general way, with what was read put back.

import type { ClientFacts } from '../../domain/caller.ts';
import type { Exchange, Outcome } from './exchange.ts';
import type { PlainHeaders } from './plain-headers.ts';

export type DirectPost = {
  readonly path: string;
  /** Who asks; null: this request goes the general way. */
  readonly admit: (headers: PlainHeaders) => ClientFacts | null;
  readonly answer: (client: ClientFacts, body: Buffer) => Outcome;
};

/** A body that is longer comes in several pieces. */
const BODY_BYTES_MAX = 16_384;
const DIGITS = /^[1-9][0-9]{0,5}$/;

/** In bytes; null: the general way reads it. */
export function directLength({ content_length }: PlainHeaders): number | null {
  if (content_length === null || !DIGITS.test(content_length)) return null;
  const length = Number(content_length);
  return length <= BODY_BYTES_MAX ? length : null;
}

/** What is told of a body with this declared length; `body`: its first piece. */
export function answerPost(
  { headers }: Exchange,
  { admit, answer }: DirectPost,
  { body, length }: { readonly body: Buffer; readonly length: number },
): Outcome {
  if (body.length !== length) return 'general';
  const client = admit(headers);
  return client === null ? 'general' : answer(client, body);
}
