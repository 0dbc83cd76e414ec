// Who may pass to a route of this API: credential, facts, decision. Everything refused here is refused before the body is
// read, in the order of F5.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { decide, judgeCredential } from '../domain/decide.ts';
import type { Subject } from '../domain/facts.ts';
import { REASONS } from '../domain/reason.ts';
import { Refusal } from '../domain/refusal.ts';
import { isWorthRemembering } from '../domain/remembering.ts';
import type { FactsQuestion, ResourceKey, SubjectKey } from '../facts/source.ts';
import { authenticate } from '../use-cases/checks/authenticate.ts';
import { recordExercise } from '../use-cases/checks/record-exercise.ts';
import { recordRefusal } from '../use-cases/checks/record-refusal.ts';
import { refusalOf } from '../use-cases/checks/refusal-of.ts';
import type { OperationAccess, SessionAccess } from './access.ts';
import { refuseFlood } from './bad-credentials.ts';
import { factsOf } from './caller-of.ts';
import { countHeader, presentedBy } from './credential.ts';
import { countRequest } from './rate-limits.ts';

/** The key of the presented credential; a client's is no person's (contract 10). */
function subjectKey(deps: Deps, request: FastifyRequest): SubjectKey {
  const presented = presentedBy(request.raw, deps.config.token_prefix);
  if (['malformed', 'token', 'session'].includes(presented.type)) refuseFlood(deps, request.address);
  switch (presented.type) {
    case 'none':
      return { type: 'anonymous' };
    case 'two':
      throw new Refusal('two_credentials');
    case 'malformed':
      throw new Refusal('bad_credential');
    case 'client':
      throw new Refusal('capability_missing');
    case 'token':
      return { type: 'token_text', digest: presented.digest };
    case 'session':
      return { type: 'session', digest: presented.digest };
  }
}

type Identified = { readonly subject: Subject; readonly question: FactsQuestion };

/** The live subject of the request, and by what it was found; sets the caller. 401 for every credential that is none. @rule F5.1 */
async function identify(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  resource: ResourceKey,
): Promise<Identified> {
  const key = subjectKey(deps, request);
  const { facts, subject, principal } = await authenticate(deps, key, resource);
  if (subject === null) throw new Refusal('bad_credential');
  const bad = judgeCredential(subject, facts.now);
  if (bad !== null) throw refusalOf(deps, bad);
  request.facts = facts;
  request.caller = { ...request.caller, principal };
  if (subject.type === 'token') deps.last_use.record(subject.token.id, facts.now);
  countRequest(deps, request, reply);
  return { subject, question: { subject: key, resource, bounded_client_id: null } };
}

/**
 * Where only somebody may pass, nobody is refused whatever is in the database: it is not asked, and he is told 401 though it is away or
 * has too much to do. @rule F5.1, F3
 */
function refuseNobody(deps: Deps, request: FastifyRequest, reply: FastifyReply): void {
  if (countHeader(request.raw, 'authorization') > 0) return;
  countRequest(deps, request, reply);
  throw new Refusal('authentication_required');
}

/** A refused attempt of who is known is an entry of its own, where the call would have written one. @rule L1 */
async function record(deps: Deps, request: FastifyRequest, refusal: Refusal): Promise<void> {
  const { access } = request.routeOptions.config;
  const declared = access?.audit;
  const action = typeof declared === 'function' ? declared(request.body) : declared;
  const is_known = request.caller.principal.type !== 'anonymous';
  const resource = request.facts?.resource ?? { type: 'none' };
  // Also of what is not there: an entry that concerns nobody takes as long as one of what is hidden (threats I2).
  if (!action || !is_known) return;
  await recordRefusal(deps, request.caller, { action, resource, refusal });
}

/** Refuses what may be known to be there, or is hidden for lack of rights, and records the attempt. */
async function refuse(deps: Deps, request: FastifyRequest, refusal: Refusal): Promise<never> {
  await record(deps, request, refusal);
  throw refusal;
}

/** Records a use-case's refusal if it is one of rights: 403, or 404 for what is another's, or nobody's. @rule L1 */
export async function recordIfRefused(deps: Deps, request: FastifyRequest, error: unknown): Promise<void> {
  if (!(error instanceof Refusal)) return;
  const { code, details } = error;
  if (REASONS[code].status === 403 || 'tried_token' in details) await record(deps, request, error);
}

export async function admitOperation(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  access: OperationAccess,
): Promise<void> {
  if (!access.operation.public_read) refuseNobody(deps, request, reply);
  const resource = access.resource(request.params as Record<string, string>);
  const { subject, question } = await identify(deps, request, reply, resource);
  const facts = factsOf(request);
  const ask = { type: 'operation', operation: access.operation } as const;
  const becomes = access.becomes === undefined ? {} : ({ becomes: 'public' } as const);
  const decision = decide({ subject, resource: facts.resource }, { ask, ...becomes }, facts.now);
  if (isWorthRemembering(decision, facts.resource)) deps.facts.remember(question, facts);
  if (decision.effect !== 'allow') await refuse(deps, request, refusalOf(deps, decision));
  recordExercise(deps, { subject, resource: facts.resource, decision }, facts.now);
}

/** Once the body is known: what the repository is to be may ask for more than `public_repo`. @rule K2 */
export async function judgeOutcome(deps: Deps, request: FastifyRequest): Promise<void> {
  const { access } = request.routeOptions.config;
  if (access === undefined || !('operation' in access) || access.becomes === undefined) return;
  const becomes = access.becomes(request.body);
  const { principal } = request.caller;
  const facts = factsOf(request);
  if (becomes === undefined || principal.type !== 'token') return;
  const ask = { type: 'operation', operation: access.operation } as const;
  const subject: Subject = { type: 'token', token: principal.token, person: principal.person };
  const decision = decide({ subject, resource: facts.resource }, { ask, becomes }, facts.now);
  if (decision.effect !== 'allow') await refuse(deps, request, refusalOf(deps, decision));
  recordExercise(deps, { subject, resource: facts.resource, decision }, facts.now);
}

export async function admitSession(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  access: SessionAccess,
): Promise<void> {
  refuseNobody(deps, request, reply);
  const resource = access.concerns?.(request.params as Record<string, string>) ?? { type: 'holder' };
  const { subject } = await identify(deps, request, reply, resource);
  if (subject.type === 'anonymous') throw new Refusal('authentication_required');
  if (subject.type === 'token') return refuse(deps, request, new Refusal('session_required'));
  if (access.session === 'site_administrator' && !subject.person.site_admin) {
    await refuse(deps, request, new Refusal('role_missing', { message: 'This needs a site administrator' }));
  }
}

/** Who is shown his own credential: any live one. */
export async function admitSelf(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  refuseNobody(deps, request, reply);
  const { subject } = await identify(deps, request, reply, { type: 'holder' });
  if (subject.type === 'anonymous') throw new Refusal('authentication_required');
}
