// How a command ends: the exit codes, which docs/command-line.md lists and scripts rely on, and the errors that carry one. Beyond
// 0 and 1 they are those of sysexits.h.

/** What the process says to whoever started it. */
export const EXIT = {
  /** It was done, or all is well. */
  done: 0,
  /** It looked, and the answer is no: something severe was found, or the service refused. */
  no: 1,
  /** The command line is wrong. */
  usage: 64,
  /** The service or the database cannot be reached or used at the moment: the same again may succeed. */
  unavailable: 69,
  /** A fault of this program or of the service. */
  software: 70,
  /** No credential, a bad one, or one that may not do this. */
  not_allowed: 77,
  /** A setting, a file or a database that has to be changed first. */
  configuration: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const NAME = 'CommandFailure';

/** What is told of a failure beside its message; `--json` prints it as it is. */
export type FailureDetails = {
  readonly code?: string;
  readonly status?: number;
  readonly request_id?: string;
  /** Further lines for people. */
  readonly lines?: readonly string[];
  readonly errors?: readonly unknown[];
};
export type CommandFailure = Error & { readonly exit_code: ExitCode; readonly details: FailureDetails };

/** An expected end of a command: one line that says what is wrong, and the code that it ends with. */
export function failure(exit_code: ExitCode, message: string, details: FailureDetails = {}): CommandFailure {
  return Object.assign(new Error(message), { name: NAME, exit_code, details });
}

export function isFailure(error: unknown): error is CommandFailure {
  return error instanceof Error && error.name === NAME;
}
