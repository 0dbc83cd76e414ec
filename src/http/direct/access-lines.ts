// The access lines of direct answers. A line is the one that the logger would write (app.ts), put together from what is known of the
// route beforehand; the lines of one turn of the event loop are handed to the logger's stream together.

import { symbols } from 'pino';
import type { Deps } from '../../deps.ts';

/** Writes the line of one answer. `request_id`: of the form that request-id.ts lets pass, which needs no quoting. */
export type WriteLine = (request_id: string, ms: number) => void;

/** `maxWrite`: so many bytes are one piece at the most; where there is no such bound, it is nobody's whose pieces could be divided. */
type Stream = { readonly write: (text: string) => unknown; readonly maxWrite?: number };

/** Where a logger keeps what it writes to, and what all its lines begin with: it publishes the names of both. */
type Inside = { readonly [symbols.streamSym]: Stream; readonly [symbols.chindingsSym]: string };

/** No line of an answer is longer, in ASCII. */
const LINE_LENGTH_MAX = 1024;

/** Lines that wait for the end of the turn, by the stream that they are for. */
const WAITING = new WeakMap<Stream, { text: string }>();

function waitingFor(stream: Stream): { text: string } {
  const known = WAITING.get(stream) ?? { text: '' };
  WAITING.set(stream, known);
  return known;
}

export function accessLinesOf(
  { log, clock }: Pick<Deps, 'log' | 'clock'>,
  route: { readonly method: string; readonly route: string; readonly status: number; readonly aborted?: true },
): WriteLine {
  const child = log.child(route);
  if (!child.isLevelEnabled('info')) return () => undefined;
  const inside: Inside = child as unknown as Inside; // pino's types leave out what its symbols name
  const stream = inside[symbols.streamSym];
  const known = inside[symbols.chindingsSym];
  const waiting = waitingFor(stream);
  /** From here on they are handed over before the turn ends: with one more they would no longer be one piece. */
  const together_length = (stream.maxWrite ?? Number.POSITIVE_INFINITY) - LINE_LENGTH_MAX;

  function write(): void {
    const { text } = waiting;
    waiting.text = '';
    if (text !== '') stream.write(text);
  }

  return (request_id, ms) => {
    if (waiting.text === '') setImmediate(write);
    waiting.text += `{"level":30,"time":${clock().getTime()}${known},"request_id":"${request_id}","ms":${ms},"msg":"request"}\n`;
    if (waiting.text.length >= together_length) write();
  };
}
