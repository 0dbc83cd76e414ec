// Headers as a list of names and values, one after the other: what a direct answer writes as it is, and the general way sets one by one.

import type { FastifyReply } from 'fastify';

export type HeaderList = readonly string[];

export function addHeaders(reply: FastifyReply, headers: HeaderList): void {
  for (let index = 0; index < headers.length; index += 2) reply.header(headers[index] ?? '', headers[index + 1]);
}
