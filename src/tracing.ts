// What the rest of the service knows of traces: while somebody wants them (OTEL_*, telemetry-settings.ts), parts of the work are told as
// spans; while nobody does, nothing is loaded and work is just done. Spans carry templates, codes and counts: never a text of a caller, an
// id of a secret, a statement or a URL.

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export type Span = {
  readonly trace_id: string;
  /** As W3C Trace Context writes it, for whoever is called next. */
  readonly traceparent: string;
  /** Once it has ended, this and all else does nothing. */
  readonly set: (attributes: Attributes) => void;
  readonly rename: (name: string) => void;
  /** It failed. `type`: a code, or the name of an error. */
  readonly fail: (type: string) => void;
  /** `at_ms`: of the wall clock; now where it is left out. */
  readonly end: (at_ms?: number) => void;
};

export type SpanKind = 'server' | 'internal' | 'client';
export type Beginning = {
  readonly kind: SpanKind;
  readonly name: string;
  readonly attributes?: Attributes;
  /** Of somebody else, as it was sent; malformed: none. */
  readonly traceparent?: string | undefined;
};

export type Tracing = {
  /** A new trace, or a part of somebody else's; null where it is not one of those that are recorded. */
  readonly begin: (beginning: Beginning) => Span | null;
  /** A part of what is under way; null where nothing is. */
  readonly beginInside: (beginning: Beginning) => Span | null;
  /** Whatever this work does is a part of it. */
  readonly run: <Result>(span: Span, work: () => Result) => Result;
  /** A part of what is under way that has ended just now and took so long. */
  readonly past: (beginning: Beginning, ms: number) => void;
  /** What is under way; null where nothing is, or it is not recorded. */
  readonly current: () => Span | null;
};

let tracing: Tracing | null = null;

/** From now on spans are told; null: no longer. Before the parts of the service are put together. */
export function traceBy(given: Tracing | null): void {
  tracing = given;
}

/** Null while nobody wants traces. */
export function tracingNow(): Tracing | null {
  return tracing;
}

/** For who is called next, where what is under way is recorded. */
export function traceparentNow(): string | undefined {
  return tracing?.current()?.traceparent;
}

/** Says more of what is under way, where that is recorded. */
export function noteInTrace(attributes: Attributes): void {
  tracing?.current()?.set(attributes);
}

const ERROR_TYPE = /^[A-Za-z0-9_]{1,64}$/;

/** What an error may be called in a trace: its code or its name, never its message. */
function typeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }; // two members that may be there
  return [code, name].find((each): each is string => typeof each === 'string' && ERROR_TYPE.test(each)) ?? 'error';
}

async function during<Result>(by: Tracing, span: Span, work: () => Promise<Result>): Promise<Result> {
  try {
    return await by.run(span, work);
  } catch (error) {
    span.fail(typeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** Work that begins by itself, or was asked for by the trace that is given. */
export function asTrace<Result>(beginning: Beginning, work: () => Promise<Result>): Promise<Result> {
  const span = tracing?.begin(beginning) ?? null;
  return tracing === null || span === null ? work() : during(tracing, span, work);
}

/** Work that is a part of what is under way. */
export function asPart<Result>(beginning: Beginning, work: () => Promise<Result>): Promise<Result> {
  const span = tracing?.beginInside(beginning) ?? null;
  return tracing === null || span === null ? work() : during(tracing, span, work);
}
