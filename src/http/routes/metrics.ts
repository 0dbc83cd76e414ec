// The metrics for Prometheus (contract 3): open where only this machine reaches the service, else with METRICS_TOKEN.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import { printMetrics } from '../../metric-print.ts';
import { digestOf } from '../../secrets.ts';
import type { AddRoutes } from '../app-type.ts';
import { ERROR_STATUSES } from '../openapi-refusals.ts';

/** Beside text an error is JSON all the same. */
const REFUSED = {
  description: ERROR_STATUSES[401],
  content: { 'application/json': { schema: Type.Ref('Error') } },
};

export const addMetricsRoutes: AddRoutes = (app, deps): void => {
  app.get(
    '/metrics',
    {
      config: { access: { open: true }, urgency: 'always' },
      schema: {
        summary: "Metrics in Prometheus' text format",
        description: 'Open where the service listens on loopback only, else with `METRICS_TOKEN` as Bearer.',
        tags: ['health'],
        produces: ['text/plain'],
        response: { 200: Type.String(), 401: REFUSED },
      },
    },
    async (request, reply) => {
      requireScraper(deps, request.headers.authorization);
      const { content_type, text } = await printMetrics();
      return reply.type(content_type).send(text);
    },
  );
};

function requireScraper({ config }: Deps, authorization: string | undefined): void {
  if (config.listens_on_loopback) return;
  if (authorization === undefined) throw new Refusal('authentication_required');
  const given = /^Bearer ([!-~]+)$/i.exec(authorization)?.[1];
  if (config.metrics_token === null || given === undefined) throw new Refusal('bad_credential');
  // Digests, so that the time of the comparison tells nothing about the token.
  if (digestOf(given) !== digestOf(config.metrics_token)) throw new Refusal('bad_credential');
}
