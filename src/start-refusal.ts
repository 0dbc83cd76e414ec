// Why the service does not start: a setting, a data folder or a database that has to be changed first. The message is the one
// line that the operator reads, and the process ends with the code that means "configuration" (sysexits.h, EX_CONFIG).

/** The exit code of a refused start. */
export const EXIT_CONFIGURATION = 78;

const NAME = 'StartRefusal';

/** An error whose message says what the operator has to change. */
export function startRefusal(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { name: NAME });
}

/** Whether the error was made by `startRefusal`. */
export function isStartRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === NAME;
}
