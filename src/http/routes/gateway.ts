// Gateways ask before they let a request through: nginx, Traefik and Caddy, Envoy, each in its own way (contract 8). They are
// answered before a body is read: what the end caller sends is none of ours.

import { METHODS } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { SubjectKey } from '../../facts/source.ts';
import { checkRequest } from '../../use-cases/checks/check-request.ts';
import { refusalOf } from '../../use-cases/checks/refusal-of.ts';
import type { GatewayStyle } from '../access.ts';
import { markStale, noStore } from '../answer-headers.ts';
import type { AddRoutes } from '../app-type.ts';
import { countBadCredential, refuseFlood } from '../bad-credentials.ts';
import { clientOf } from '../caller-of.ts';
import { presentedBy } from '../credential.ts';
import { foundBefore } from '../direct/general-way.ts';
import { forwardedAddressBehind } from '../forwarded-address.ts';
import { ENVOY_PREFIX, originalRequest } from '../original-request.ts';
import { gatewayHeaders } from '../present/gateway.ts';

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The end caller; null for what is no credential of his. A session is for this API only. @rule T5 */
function subjectOf(deps: Deps, { raw }: FastifyRequest): SubjectKey | null {
  const presented = presentedBy(raw, deps.config.token_prefix);
  switch (presented.type) {
    case 'two':
      throw new Refusal('two_credentials');
    case 'none':
      return { type: 'anonymous' };
    case 'token':
      return { type: 'token_text', digest: presented.digest, is_exchanged: presented.is_exchanged };
    case 'malformed':
    case 'session':
    case 'client':
      return null;
  }
}

/** Answers what a gateway of this kind asks. Bad credentials count for the address that it forwards, never for its own. @rule T4 */
function answerOf(deps: Deps, style: GatewayStyle): Answer {
  const forwardedAddress = forwardedAddressBehind(deps.config.trusted_proxies);
  return async (request, reply) => {
    const original = originalRequest(style, request);
    if (original === null) throw new Refusal('path_refused');
    const subject = subjectOf(deps, request);
    const address = forwardedAddress(request.raw);
    if (address !== null && subject?.type !== 'anonymous') refuseFlood(deps, address);
    const client = clientOf(request);
    const checked = foundBefore(request.raw) ?? (await checkRequest(deps, client, { subject, ...original }));
    const { decision } = checked.judgement;
    noStore(reply);
    markStale(reply, checked.judgement.stale_ms);
    if (decision.effect === 'allow') return reply.headers(gatewayHeaders(checked)).code(200).send();
    if (checked.is_git) request.challenge = 'Basic';
    if (decision.reason === 'bad_credential' && address !== null) countBadCredential(deps, address);
    throw refusalOf(deps, decision);
  };
}

const Handed = Type.Null({
  description:
    'Allowed. `X-Auth-User`, `X-Auth-User-Id`, `X-Auth-Token-Id`, `X-Auth-Scopes` and `X-Auth-Workflows` tell whose token it ' +
    'is; always all of them, empty where there is nothing',
});

const INTRODUCTION =
  "The gateway presents itself in `X-Gateway-Authorization`; `Authorization` is the end caller's. The path is read once, without " +
  "the longest of the gateway's `strip_prefixes`, and refused where it is ambiguous.";

export const addGatewayRoutes: AddRoutes = (app, deps) => {
  const answered = async (): Promise<never> => {
    throw new Error('a gateway is answered before its request is read');
  };
  const route = (style: GatewayStyle, url: string, summary: string, reads: string) => ({
    url,
    config: { access: { gateway: style, audit: null } } as const,
    onRequest: answerOf(deps, style),
    schema: {
      operationId: `checkBy_${style.replace('-', '_')}`,
      summary,
      description: `${reads} ${INTRODUCTION}`,
      tags: ['gateways'],
      response: { 200: Handed },
    },
    handler: answered,
  });
  const nginx =
    'Reads `X-Original-Method` and `X-Original-URI`. Answers 200, 401 or 403 only, because nginx makes 500 of any other status; ' +
    '`X-Error-Status` is what should be answered.';
  app.route({ method: 'GET', ...route('nginx', '/gateway/nginx', 'nginx asks (`auth_request`)', nginx) });
  const forward = 'Reads `X-Forwarded-Method` and `X-Forwarded-Uri`, and not the query of the call itself.';
  app.route({ method: 'GET', ...route('forward-auth', '/gateway/forward-auth', 'Traefik or Caddy asks', forward) });
  const envoy = route(
    'envoy',
    `${ENVOY_PREFIX}/*`,
    'Envoy asks (`ext_authz` over HTTP), with any method',
    "The method and, below this path, the path and query of the call are the end caller's.",
  );
  app.route({ method: 'GET', ...envoy });
  const others = METHODS.filter((method) => !['GET', 'HEAD', 'CONNECT'].includes(method));
  for (const method of others) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  app.route({ ...envoy, method: others, schema: { hide: true } });
};
