// What is told of a request whose caller went away before he was answered directly: what the general way tells of such ones
// (access-line.ts). Nothing is prepared for it, and no answer pays for it.

import type { Deps } from '../../deps.ts';
import { countGivenUp, countRequest } from '../../metrics.ts';
import { elapsedMs } from '../elapsed.ts';
import { GIVEN_UP_STATUS } from '../given-up.ts';
import { requestIdOf } from '../request-id.ts';
import { accessLinesOf } from './access-lines.ts';
import type { DirectRoute, Exchange } from './exchange.ts';

export function tellGivenUp(
  deps: Pick<Deps, 'log' | 'clock'>,
  { method, route }: DirectRoute,
  exchange: Exchange,
): void {
  const status = GIVEN_UP_STATUS;
  const ms = elapsedMs(exchange.started_ms);
  countRequest({ method, route, status, seconds: ms / 1000 });
  countGivenUp();
  accessLinesOf(deps, { method, route, status, aborted: true })(requestIdOf(exchange.headers.request_id), ms);
}
