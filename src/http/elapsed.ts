// How long a request took, as its access line and the metrics tell it.

/** Milliseconds since then (`performance.now()`), to the microsecond. */
export function elapsedMs(started_ms: number): number {
  return Math.round((performance.now() - started_ms) * 1000) / 1000;
}
