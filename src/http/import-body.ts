// The body of the bulk import as batches of lines. Reading goes on while a batch is being worked on, by a batch at most:
// what arrives meanwhile is the next one, so that batches are small where the source is slow, and memory stays bounded.

import type { BrokenLine, ImportLine } from '../domain/import-line.ts';
import { Refusal } from '../domain/refusal.ts';
import type { ReadImportLine } from './import-line.ts';

export const BATCH_LINES_MAX = 1000;
/** Of the lines that wait: long lines make smaller batches. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** A line of this form has a few thousand bytes at the most; what is longer is passed over without being kept. */
export const LINE_BYTES_MAX = 64 * 1024;

const NEWLINE = 0x0a;

type Line = ImportLine | BrokenLine;

/** Cuts a body into lines. Answers the lines that end in this chunk; `chunk` null: the end of the body. */
export function lineSplitter(read: ReadImportLine): (chunk: Buffer | null) => Line[] {
  let rest: Buffer[] = [];
  let rest_bytes = 0;
  let number = 0;
  function finish(last: Buffer): Line[] {
    number += 1;
    const bytes = rest.length === 0 ? last : Buffer.concat([...rest, last]);
    const is_long = rest_bytes + last.length > LINE_BYTES_MAX;
    rest = [];
    rest_bytes = 0;
    if (is_long) {
      return [{ line: number, external_id: null, problem: `The line is longer than ${LINE_BYTES_MAX} bytes` }];
    }
    return isBlank(bytes) ? [] : [read(number, bytes)];
  }
  function keep(part: Buffer): void {
    rest_bytes += part.length;
    if (rest_bytes > LINE_BYTES_MAX) rest = [];
    else if (part.length > 0) rest.push(part);
  }
  return (chunk) => {
    if (chunk === null) return rest_bytes === 0 ? [] : finish(Buffer.alloc(0));
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(...finish(chunk.subarray(from, end)));
      from = end + 1;
    }
    keep(chunk.subarray(from));
    return lines;
  };
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

type ReadAhead = {
  /** What was read since the last time, a batch at most; waits for the first of it. Null: that was all. */
  readonly take: () => Promise<readonly Line[] | null>;
  readonly stop: () => void;
};

type Failure = { readonly error: unknown };

function readAhead(chunks: AsyncIterable<Buffer>, read: ReadImportLine, signal: AbortSignal): ReadAhead {
  const split = lineSplitter(read);
  const waiting: Line[] = [];
  let waiting_bytes = 0;
  let failure: Failure | null = null;
  let ended = false;
  let wakeTaker = (): void => undefined;
  let wakeReader = (): void => undefined;
  function end(failed: Failure | null): void {
    failure ??= failed;
    ended = true;
    wakeTaker();
    wakeReader();
  }
  async function readAll(): Promise<void> {
    for await (const chunk of chunks) {
      for (const line of split(chunk)) waiting.push(line);
      waiting_bytes += chunk.length;
      if (waiting.length > 0) wakeTaker();
      while (!ended && (waiting.length >= BATCH_LINES_MAX || waiting_bytes >= BATCH_BYTES_MAX)) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
      if (ended) return;
    }
    waiting.push(...split(null));
  }
  async function take(): Promise<readonly Line[] | null> {
    while (waiting.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        wakeTaker = resolve;
      });
    }
    // What was refused (too large) was read in order until there; a broken connection or a stop ends it at once.
    if (failure !== null && (waiting.length === 0 || !isOfBody(failure.error))) throw failure.error;
    // What is more stays for the next batch: to begin one with the rest of every chunk would double their number.
    const taken = waiting.splice(0, BATCH_LINES_MAX);
    waiting_bytes *= waiting.length / Math.max(1, waiting.length + taken.length);
    wakeReader();
    return taken.length > 0 ? taken : null;
  }
  const onAbort = (): void => end({ error: signal.reason });
  signal.addEventListener('abort', onAbort, { once: true });
  readAll().then(
    () => end(null),
    (error: unknown) => end({ error }),
  );
  const stop = (): void => {
    signal.removeEventListener('abort', onAbort);
    end(null);
  };
  return { take, stop };
}

function isOfBody(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'body_too_large';
}

/**
 * The lines of the body in batches. An error of the body comes after the lines that were read before it; the abortion of
 * `signal`, whose reason is thrown, after the batch that is under way.
 */
export async function* batchesOf(
  chunks: AsyncIterable<Buffer>,
  { read, signal }: { readonly read: ReadImportLine; readonly signal: AbortSignal },
): AsyncGenerator<readonly Line[]> {
  const ahead = readAhead(chunks, read, signal);
  try {
    for (;;) {
      const lines = await ahead.take();
      if (lines === null) return;
      signal.throwIfAborted();
      yield lines;
    }
  } finally {
    ahead.stop();
  }
}
