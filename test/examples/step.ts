// What a story consists of: calls, who makes them, and references from one call to the answer of an earlier one.

/** Who calls; what is kept is the earlier answer that showed the credential. */
export type Caller =
  | { readonly type: 'nobody' }
  | { readonly type: 'session' | 'token' | 'client'; readonly kept: string };

export interface Step {
  /** Method and template, as the document names them. */
  readonly operation: string;
  /** What the example shows. Null: the story needs the call, the document does not. */
  readonly summary: string | null;
  readonly by: Caller;
  readonly status: number;
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The earlier answer that showed the credential of the gateway that asks for the caller. */
  readonly gateway?: string;
  /** An object is JSON, or a form where `form` says so; a list of objects is one JSON line each. */
  readonly body?: unknown;
  readonly form?: true;
  /** The name under which later calls find the answer. */
  readonly keep?: string;
  /** As much of a long or changing answer as is shown. */
  readonly show?: (body: never) => unknown;
}

type Options = Omit<Step, 'operation' | 'summary' | 'by' | 'status'>;

export const nobody: Caller = { type: 'nobody' };

export function session(kept: string): Caller {
  return { type: 'session', kept };
}

export function token(kept: string): Caller {
  return { type: 'token', kept };
}

export function client(kept: string): Caller {
  return { type: 'client', kept };
}

/** A call whose answer is an example. */
export function shows(operation: string, status: number, summary: string, by: Caller, options: Options = {}): Step {
  return { operation, status, summary, by, ...options };
}

/** A call that only moves the story on. */
export function needs(operation: string, status: number, by: Caller, options: Options = {}): Step {
  return { operation, status, summary: null, by, ...options };
}

/** A member of an earlier answer, in a body or parameter of a later call: `from('ci', 'id')`. */
export class From {
  readonly kept: string;
  readonly member: string;

  constructor(kept: string, member: string) {
    this.kept = kept;
    this.member = member;
  }
}

/** An ID token for this subject, issued at the moment of the call. */
export class IdToken {
  readonly sub: string;

  constructor(sub: string) {
    this.sub = sub;
  }
}

/** A part of the last mail that was sent: the first group of the pattern. */
export class FromMail {
  readonly pattern: RegExp;

  constructor(pattern: RegExp) {
    this.pattern = pattern;
  }
}

export function from(kept: string, member: string): From {
  return new From(kept, member);
}

/** The first rows of a list are enough to show its form. */
export function firstRows(count: number): (body: never) => unknown {
  return (body: readonly unknown[]) => body.slice(0, count);
}
