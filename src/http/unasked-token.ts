// Contract 9 says what stands on every answer to a token, so also on those for which no credential had to be looked at: paths and
// methods that are not there, routes that are open, requests that were refused before. The token is looked at when the answer
// is ready, which it does not change; and a bad one counts like everywhere, so that nobody can try texts here unseen (T4).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { judgeCredential } from '../domain/decide.ts';
import { authenticate } from '../use-cases/checks/authenticate.ts';
import type { App } from './app-type.ts';
import { countBadCredential, refuseFlood } from './bad-credentials.ts';
import { anonymousCaller } from './caller-of.ts';
import { presentedBy } from './credential.ts';
import { countRequest } from './rate-limits.ts';
import { addTokenHeaders } from './token-headers.ts';

/** Whether the route, or the answer, has judged the credential itself; clients and gateways present one of another kind. */
function isJudged(request: FastifyRequest, reply: FastifyReply): boolean {
  const principal = request.caller?.principal;
  if (principal !== undefined && principal.type !== 'anonymous') return true;
  const access = request.routeOptions?.config?.access;
  if (access === undefined || 'open' in access) return false;
  return 'client' in access || 'gateway' in access || reply.statusCode === 401 || reply.statusCode === 429;
}

async function identify(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const presented = presentedBy(request.raw, deps.config.token_prefix);
  if (presented.type !== 'token' && presented.type !== 'session') return;
  refuseFlood(deps, request.address);
  const type = presented.type === 'token' ? 'token_text' : 'session';
  const key = { type, digest: presented.digest } as const;
  const { facts, subject, principal } = await authenticate(deps, key, { type: 'holder' });
  if (subject === null || judgeCredential(subject, facts.now) !== null) {
    countBadCredential(deps, request.address);
    return;
  }
  request.caller = { ...anonymousCaller(request), principal };
  countRequest(deps, request, reply);
}

/** Finds out to whose token this is answered, if that is not known yet. The answer stays as it is, whatever is found. */
export async function lookAtToken(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.raw.headers.authorization === undefined || reply.statusCode >= 500 || isJudged(request, reply)) return;
  try {
    await identify(deps, request, reply);
  } catch {
    // Too many, or the database cannot be asked: the answer goes without.
  }
}

/** Called before the hooks that write the headers. */
export function addUnaskedTokens(app: App, deps: Deps): void {
  app.addHook('onSend', (request, reply) => lookAtToken(deps, request, reply));
}

/** For an answer that no hook sees: of a path that cannot be read. */
export async function addHeadersOfToken(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await lookAtToken(deps, request, reply);
  addTokenHeaders(request, reply);
}
