// What the node has said of single requests while it was fuzzed: warnings and faults of its log, by request, and how long they took.

import { Writable } from 'node:stream';

type Line = {
  readonly level: number;
  readonly request_id?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly code?: string;
  /** The fault, and what caused it. */
  readonly error?: unknown;
};

export type Told = {
  /** Why there was too much to do for this request; null: nobody has said that. */
  readonly overloadOf: (request_id: string) => string | null;
  /** All that was said. */
  readonly of: (request_id: string) => string;
};

/** What src/db says of itself where it could not be asked in time; all else is another fault. */
const IN_TIME = new RegExp(
  [
    'no connection became free in time',
    'too much waits for a connection',
    'timeout exceeded when trying to connect',
    'canceling statement due to (?:statement|lock) timeout',
    'Query read timeout',
    'not in time',
  ].join('|'),
);
const KEPT_MAX = 1000;
const NOTED = /"level":[4-6]0|"status":50\d/;

/** `timeout_ms`: who waits longer is told 503 (src/http/deadline.ts). */
export function listenToLog(timeout_ms: number): { readonly stream: Writable; readonly told: Told } {
  const lines = new Map<string, Line[]>();
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      for (const text of String(chunk).split('\n')) if (NOTED.test(text)) note(JSON.parse(text));
      done();
    },
  });

  function note(line: Line): void {
    const { request_id } = line;
    if (request_id === undefined) return;
    lines.set(request_id, [...(lines.get(request_id) ?? []), line]);
    const [oldest] = lines.keys();
    if (lines.size > KEPT_MAX && oldest !== undefined) lines.delete(oldest);
  }

  function overloadOf(request_id: string): string | null {
    for (const { error, ms = 0, status } of lines.get(request_id) ?? []) {
      const [why] = IN_TIME.exec(JSON.stringify(error ?? null)) ?? [];
      if (why !== undefined) return why;
      if (status === 503 && ms >= timeout_ms) return 'the deadline was over';
    }
    return null;
  }

  return { stream, told: { overloadOf, of: (request_id) => JSON.stringify(lines.get(request_id) ?? []) } };
}
