// Spans by OpenTelemetry: what tracing.ts asks for, told to its tracer. What is under way is known by the asynchronous context.

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Beginning, Span, SpanKind, Tracing } from '../tracing.ts';

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  server: OtelSpanKind.SERVER,
  internal: OtelSpanKind.INTERNAL,
  client: OtelSpanKind.CLIENT,
};
/** Version 00, and later ones as far as they begin alike (W3C Trace Context section 3.2). What vendors add (`tracestate`) is not read. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?$/;

/** The context of somebody else's span, where there is one. */
function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags, more] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  if (more !== undefined && traceparent?.startsWith('00')) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

type Held = { readonly span: Span; readonly otel: OtelSpan; readonly decisions: { count: number } };

/** Tracing over this tracer, and what notes a decision of the rules in the span of its request. */
export function tracingOver(
  tracer: Tracer,
  clock: () => Date,
): {
  readonly tracing: Tracing;
  readonly noteDecision: (effect: string, reason: string) => void;
} {
  const under_way = new AsyncLocalStorage<Held>();
  const held = new WeakMap<Span, Held>();

  /** A span that has ended takes no parts: timers that were started in it go on. */
  function present(): Held | null {
    const found = under_way.getStore();
    return found?.otel.isRecording() === true ? found : null;
  }

  /** `parts_of`: whose decisions are counted together with its own. */
  function beginIn(
    context: Context,
    { kind, name, attributes = {} }: Beginning,
    { startTime, parts_of }: { readonly startTime?: number; readonly parts_of?: Held } = {},
  ): Span | null {
    const otel = tracer.startSpan(
      name,
      { kind: KINDS[kind], attributes, ...(startTime !== undefined && { startTime }) },
      context,
    );
    if (!otel.isRecording()) return null;
    const { traceId, spanId, traceFlags } = otel.spanContext();
    const whileOpen = (act: () => unknown): void => {
      if (otel.isRecording()) act();
    };
    const span: Span = {
      trace_id: traceId,
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      set: (more) => whileOpen(() => otel.setAttributes(more)),
      rename: (to) => whileOpen(() => otel.updateName(to)),
      fail: (type) => whileOpen(() => otel.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR })),
      end: (at_ms) => whileOpen(() => otel.end(at_ms)),
    };
    held.set(span, { span, otel, decisions: parts_of?.decisions ?? { count: 0 } });
    return span;
  }

  function beginInside(beginning: Beginning, startTime?: number): Span | null {
    const parent = present();
    if (parent === null) return null;
    const context = trace.setSpan(ROOT_CONTEXT, parent.otel);
    return beginIn(context, beginning, { parts_of: parent, ...(startTime !== undefined && { startTime }) });
  }

  const tracing: Tracing = {
    begin: (beginning) => beginIn(contextOf(beginning.traceparent), beginning),
    beginInside: (beginning) => beginInside(beginning),
    run: (span, work) => {
      const found = held.get(span);
      return found === undefined ? work() : under_way.run(found, work);
    },
    past: (beginning, ms) => {
      const ended_at = clock().getTime();
      beginInside(beginning, ended_at - ms)?.end(ended_at);
    },
    current: () => present()?.span ?? null,
  };
  return {
    tracing,
    noteDecision: (effect, reason) => {
      const found = present();
      if (found === null) return;
      found.decisions.count += 1;
      const { count } = found.decisions;
      // Of many in one request the first is named, and how many there were.
      if (count === 1) found.span.set({ 'gatehouse.decision.effect': effect, 'gatehouse.decision.reason': reason });
      else found.span.set({ 'gatehouse.decisions': count });
    },
  };
}
