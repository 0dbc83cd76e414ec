// The answer of an audit log: a page with its `Link`, or, to who accepts newline-delimited JSON, all of it as a stream.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { LogName, PlacedEntry } from '../domain/audit-entry.ts';
import type { AuditQuery } from '../use-cases/audit/audit-question.ts';
import { exportAuditLog } from '../use-cases/audit/export-audit-log.ts';
import { readAuditLog } from '../use-cases/audit/read-audit-log.ts';
import { asksFor } from './accept.ts';
import { CONTENT_TYPES } from './body.ts';
import { answerAtLength } from './deadline.ts';
import { pageOf, setLinks } from './pages.ts';
import { presentAuditEntry } from './present/audit-entry.ts';
import type { AuditLogQuery } from './schemas/audit-log.ts';

type Answered = ReturnType<typeof presentAuditEntry>[];

export async function answerAuditLog(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  log: LogName,
): Promise<Answered> {
  const asked = request.query as AuditLogQuery; // the route's schema has AuditLogQuery
  const { phrase = '', order = 'desc', after = null, before = null } = asked;
  const query: AuditQuery = { log, phrase, order, after, before };
  reply.header('vary', 'accept');
  if (wantsLines(request)) return (await sendLines(deps, request, reply, query)) as never; // the reply is sent
  const { limit } = pageOf(asked);
  const { entries, next, prev } = await readAuditLog(deps, request.caller, { ...query, limit });
  setLinks(deps, request, reply, {
    ...(next !== null && { next: { after: next, before: null } }),
    ...(after !== null || before !== null ? { first: { after: null, before: null } } : {}),
    ...(prev !== null && { prev: { after: null, before: prev } }),
  });
  return entries.map(presentAuditEntry);
}

function wantsLines({ headers }: FastifyRequest): boolean {
  return asksFor(headers.accept, CONTENT_TYPES.lines, CONTENT_TYPES.json);
}

/** What is refused is refused before the first line; what fails later breaks the answer off, so that it is not taken for whole. */
async function sendLines(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  query: AuditQuery,
): Promise<FastifyReply> {
  const pieces = exportAuditLog(deps, request.caller, query);
  const first = await pieces.next();
  answerAtLength(request);
  return reply.type(CONTENT_TYPES.lines).send(Readable.from(lines(first, pieces), { objectMode: false }));
}

async function* lines(
  first: IteratorResult<readonly PlacedEntry[]>,
  pieces: AsyncGenerator<readonly PlacedEntry[]>,
): AsyncGenerator<string> {
  if (first.done) return;
  yield linesOf(first.value);
  for await (const piece of pieces) yield linesOf(piece);
}

function linesOf(entries: readonly PlacedEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(presentAuditEntry(entry))}\n`).join('');
}
