// What the framework may write to the log. It knows the raw URL, headers and the texts of errors; none of them may reach the
// log, because a credential can stand in each (promises P15). So it gets a logger that lets through events with fields and
// a message, errors without what they quote, and of its own sentences only the part before the first quotation.

import type { FastifyBaseLogger } from 'fastify';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
type Guarded = FastifyBaseLogger & { target: FastifyBaseLogger };

const MESSAGE_CHARACTERS_MAX = 300;
const CAUSES_MAX = 5;

/** Texts of the form prefix_secret, as all of ours are, whatever prefix an installation has. */
const CREDENTIAL_LIKE = /[A-Za-z0-9]{2,12}_[A-Za-z0-9_]{20,}/g;
/** Data and integrity errors of PostgreSQL quote the values of the row. */
const QUOTES_DATA = /^2[23]/;
/** Errors of the framework quote the URL. */
const QUOTES_URL = /^FST_/;

const GUARD = {
  fatal: write('fatal'),
  error: write('error'),
  warn: write('warn'),
  info: write('info'),
  debug: write('debug'),
  trace: write('trace'),
  silent(): void {},
  child(this: Guarded, bindings: Record<string, unknown>): FastifyBaseLogger {
    return guardLog(this.target.child(withoutCredentials(bindings)));
  },
  get level(): string {
    return (this as unknown as Guarded).target.level; // a getter's `this` cannot be declared
  },
};

/** The logger that the framework, and everything that logs through `request.log`, writes with. */
export function guardLog(target: FastifyBaseLogger): FastifyBaseLogger {
  return Object.assign(Object.create(GUARD) as Guarded, { target });
}

/** An error as fields: type, code, message and stack without what they quote, causes likewise. */
export function loggableError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' ? code : undefined;
  const quotes = known !== undefined && (QUOTES_DATA.test(known) || QUOTES_URL.test(known));
  return {
    type: error.constructor.name,
    ...(known !== undefined && { code: known }),
    ...(!quotes && { message: clean(error.message) }),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < CAUSES_MAX && { cause: loggableError(error.cause, depth + 1) }),
  };
}

/** Without anything that has the form of a credential, and not endless. */
function clean(text: string): string {
  return text.slice(0, MESSAGE_CHARACTERS_MAX).replace(CREDENTIAL_LIKE, '[redacted]');
}

/** The stack without its head, which repeats the message. */
function framesOf(error: Error): string {
  const lines = (error.stack ?? '').split('\n');
  return lines.filter((line) => /^\s+at /.test(line)).join('\n');
}

function write(level: Level) {
  // The field is `error`: what stands in `err`, pino serialises again in its own way.
  return function (this: Guarded, event: unknown, message?: string): void {
    if (typeof event === 'string') {
      this.target[level](event.split('"', 1)[0] ?? '');
    } else if (event instanceof Error) {
      this.target[level]({ error: loggableError(event) }, 'error');
    } else {
      const { err, req, res, ...fields } = (event ?? {}) as Record<string, unknown>;
      const shown = err === undefined ? fields : { ...fields, error: loggableError(err) };
      this.target[level](shown, message === undefined ? 'error' : clean(message));
    }
  };
}

/** A request id is the caller's choice (contract 1), so it may be a credential put in the wrong header. */
function withoutCredentials(bindings: Record<string, unknown>): Record<string, unknown> {
  const { request_id } = bindings;
  return typeof request_id === 'string' ? { ...bindings, request_id: clean(request_id) } : bindings;
}
