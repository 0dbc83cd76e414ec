// What the processes of one service tell each other (WORKERS): the parent, which holds the port, and the workers, which answer.

import type { ProcessMetrics } from '../metric-print.ts';

export type ToWorker =
  /** A commit was told. A mere hint: the worker looks for itself. */
  | { readonly type: 'wake' }
  | { readonly type: 'tell metrics'; readonly question: number }
  | { readonly type: 'all metrics'; readonly question: number; readonly metrics: readonly ProcessMetrics[] };

export type ToParent =
  | { readonly type: 'ask metrics'; readonly question: number }
  | { readonly type: 'metrics'; readonly question: number; readonly metrics: ProcessMetrics };

/** Messages of the runtime's own pass on the same way. */
export function typeOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined;
}
