// The answer of the bulk import: lines of JSON, as the results come. Once it has begun its status is told; an import that
// breaks off then says why in its last line, in the shape of every error, and has no counts.

import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { StorageUnavailable } from '../domain/fault.ts';
import { REASONS } from '../domain/reason.ts';
import { Refusal } from '../domain/refusal.ts';
import type { ImportProgress } from '../use-cases/import/import-directory.ts';
import { errorBody } from './errors.ts';
import { spooled } from './spooled.ts';

type ImportAnswer = {
  readonly lines: Readable;
  /** The import is over before its answer begins, which can tell then of the change that it is. */
  readonly is_whole: boolean;
};

/** The lines as a stream, once the first of them are there: what is refused before has a status of its own. */
export async function importAnswer(
  deps: Deps,
  request: FastifyRequest,
  progress: AsyncGenerator<ImportProgress>,
): Promise<ImportAnswer> {
  const first = await progress.next();
  let is_whole = false;
  const texts = textsOf();
  const begun = [await texts.next()];
  // All of the body is here: what comes next is near, and may be the end.
  if (request.raw.complete && !is_whole) begun.push(await texts.next());
  return { lines: spooled(all()), is_whole };

  async function* textsOf(): AsyncGenerator<string> {
    try {
      if (first.done !== true) yield told(first.value);
      for await (const each of progress) yield told(each);
    } catch (error) {
      yield breakingOff(deps, request, error);
    } finally {
      await progress.return(undefined);
    }
  }

  function told(each: ImportProgress): string {
    is_whole = 'counts' in each;
    return textOf(each);
  }

  /** Whoever stops here ends the import too. */
  async function* all(): AsyncGenerator<string> {
    try {
      for (const each of begun) if (each.done !== true) yield each.value;
      yield* texts;
    } finally {
      await texts.return(undefined);
    }
  }
}

function textOf(progress: ImportProgress): string {
  const lines = 'results' in progress ? progress.results : [progress];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function breakingOff(deps: Deps, request: FastifyRequest, error: unknown): string {
  const refusal = error instanceof Refusal ? error : new Refusal(faultOf(error));
  if (!(error instanceof Refusal)) request.log.warn({ err: error, code: refusal.code }, 'import broken off');
  const { status } = REASONS[refusal.code];
  return `${JSON.stringify(errorBody(deps, refusal.code, status, request.id, refusal.details))}\n`;
}

function faultOf(error: unknown): 'unavailable' | 'internal_error' {
  return error instanceof StorageUnavailable ? 'unavailable' : 'internal_error';
}
