// Requests whose caller went away before all was told to him: what the access log, the metrics and the traces say of them.

import type { ServerResponse } from 'node:http';

/** By convention, where nothing was told. No answer has it. */
export const GIVEN_UP_STATUS = 499;

type Told = Pick<ServerResponse, 'headersSent' | 'statusCode'>;

/** How it ended. What has begun to be told has its status, though not its end. */
export function statusOf({ headersSent, statusCode }: Told, is_given_up: boolean): number {
  return is_given_up && !headersSent ? GIVEN_UP_STATUS : statusCode;
}

/** When an answer is said to be finished: HTTP/2 says that of one that was never begun, too. */
export function wasNeverTold({ writableEnded }: Pick<ServerResponse, 'writableEnded'>): boolean {
  return !writableEnded;
}
