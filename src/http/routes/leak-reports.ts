// POST /credentials/revoke, as GitHub has it: whoever finds texts of ours ends them (contract 7, T2).

import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { countedSource } from '../../address-ranges.ts';
import type { Deps } from '../../deps.ts';
import { overLimit } from '../../over-limit.ts';
import { revokeLeaked } from '../../use-cases/tokens/revoke-leaked.ts';
import type { AddRoutes } from '../app-type.ts';
import { Strict } from '../schemas/common.ts';

const TEXTS_MAX = 1000;
const HOUR_MS = 3_600_000;
/** No answer is faster than this, which is longer than the work takes: how long it took says nothing of what was found. */
const ANSWER_AFTER_MS = 200;
const ANSWER_AFTER_MS_PER_TEXT = 1;

/** When a report of so many texts is answered; well before a waiting request is given up. */
function answerAfterMs(deps: Deps, count: number): number {
  return Math.min(ANSWER_AFTER_MS + ANSWER_AFTER_MS_PER_TEXT * count, deps.config.request_timeout_ms / 2);
}

/** The calls of each address, over all nodes. @rule T2 */
function countCall(deps: Deps, request: FastifyRequest): void {
  const { revocation_calls_per_hour_max: count_max } = deps.config;
  const calls = deps.counts.windows('leak_report', { count_max, window_ms: HOUR_MS });
  const { is_over, ends_in_ms } = calls.take(countedSource(request.address), deps.clock());
  if (is_over) throw overLimit('leak_report', ends_in_ms);
}

export const addLeakReportRoutes: AddRoutes = (app, deps) => {
  app.post(
    '/credentials/revoke',
    {
      config: { access: { open: true, anonymous_only: true }, urgency: 'ending' },
      onRequest: async (request) => countCall(deps, request),
      schema: {
        operationId: 'revokeCredentials',
        summary: 'Report texts that have leaked: the tokens and sessions of those that are live end',
        description:
          'For whoever finds them; only without a credential, at most 60 calls an hour from an address. Every text of a token ends ' +
          'the whole token for good, with the deploy keys that it made, and its holder is told. The answer is always the same and ' +
          'says nothing about the texts.',
        tags: ['tokens'],
        body: Strict({
          credentials: Type.Array(Type.String(), {
            minItems: 1,
            maxItems: TEXTS_MAX,
            description: 'Texts of tokens, also exchanged ones, or of sessions; at most 1000',
          }),
        }),
        response: { 202: Type.Object({}, { description: 'Taken' }) },
      },
    },
    async (request, reply) => {
      const { credentials } = request.body;
      const done = revokeLeaked(deps, request.caller, credentials);
      await Promise.all([done, delay(answerAfterMs(deps, credentials.length))]);
      return reply.code(202).send({});
    },
  );
};
