// What the general way is told of a request that was looked at directly before: since when it waits, and what was found.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Checked } from '../../use-cases/checks/check-request.ts';
import { waitsSince } from '../arrivals.ts';
import type { Exchange } from './exchange.ts';

const FOUND = new WeakMap<IncomingMessage, Checked>();
const HANDED_OVER = new WeakMap<Socket, Exchange>();

/** A yes is never kept. */
export function tellGeneralWay(request: IncomingMessage, { started_ms, found }: Exchange): void {
  waitsSince(request, started_ms);
  if (found !== undefined) FOUND.set(request, found);
}

/** What was found at this moment for the same request; undefined: nobody asked. */
export function foundBefore(request: IncomingMessage): Checked | undefined {
  return FOUND.get(request);
}

/** The next request of this connection is this one. */
export function handOver(socket: Socket, exchange: Exchange): void {
  HANDED_OVER.set(socket, exchange);
}

/** Whether the request is the one that was handed over with its connection; what was found of it is told for no other. */
export function receiveHandedOver(request: IncomingMessage): boolean {
  const exchange = HANDED_OVER.get(request.socket);
  if (exchange === undefined) return false;
  HANDED_OVER.delete(request.socket);
  tellGeneralWay(request, exchange);
  return true;
}
