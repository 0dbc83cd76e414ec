// `GET /repos/{owner}/{repo}` by a token, directly, where it is allowed (routes/repositories.ts is the general way, and says every no).

import type { Deps } from '../../deps.ts';
import { decide, judgeCredential } from '../../domain/decide.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { authenticateKnown } from '../../use-cases/checks/authenticate.ts';
import { recordExercise } from '../../use-cases/checks/record-exercise.ts';
import { showRepositoryKnown } from '../../use-cases/directory/show-repository.ts';
import { isFlooded } from '../bad-credentials.ts';
import { presentedIn } from '../credential.ts';
import { presentRepository } from '../present/repository.ts';
import { countRequestOf } from '../rate-limits.ts';
import { repositoryIn } from '../resources.ts';
import { Account } from '../schemas/account.ts';
import { Repository } from '../schemas/repositories.ts';
import { serializerOf } from '../serializers.ts';
import { tokenHeadersAt } from '../token-headers.ts';
import { answersOf, type DirectRoute, type Exchange, type Outcome } from './exchange.ts';

const PREFIX = '/repos/';
const ROUTE = '/repos/:owner/:repo';
/** Nothing in it is encoded, and there is no query. */
const PLAIN_PATH = /^\/repos\/([A-Za-z0-9-]{1,39})\/([A-Za-z0-9._-]{1,100})$/;
const OPERATION = ownOperation('GET /repos/{owner}/{repo}');
const ASK = { type: 'operation', operation: OPERATION } as const;

/** Known and allowed, or the general way's. Its path is what all of them begin with. */
export function directRepository(deps: Deps): DirectRoute {
  const { token_prefix, trusted_proxies } = deps.config;
  const told = answersOf(deps, {
    method: 'GET',
    route: ROUTE,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
  const write = serializerOf(Repository, { Account });
  const tokenHeaders = tokenHeadersAt({ operation: OPERATION, resource: repositoryIn });

  /** By the address of the socket: behind proxies the general way knows whose request it is. @rule T4 */
  function mayComeFromFlood({ channel, headers }: Exchange): boolean {
    const address = channel.address();
    if (address === null || (trusted_proxies.length > 0 && headers.forwarded_for !== null)) return true;
    return isFlooded(deps, address);
  }

  function answer(exchange: Exchange): Outcome {
    const [, owner, repo] = PLAIN_PATH.exec(exchange.target) ?? [];
    const { authorization } = exchange.headers;
    if (owner === undefined || repo === undefined || authorization === null || mayComeFromFlood(exchange))
      return 'general';
    const presented = presentedIn(authorization, token_prefix);
    if (presented.type !== 'token') return 'general';
    const resource = repositoryIn({ owner, repo });
    const known = authenticateKnown(deps, { type: 'token_text', digest: presented.digest }, resource);
    if (known?.subject?.type !== 'token' || known.facts.resource.type !== 'repository') return 'general';
    const { facts, subject, principal } = known;
    const { now } = facts;
    if (judgeCredential(subject, now) !== null) return 'general';
    const decision = decide({ subject, resource: facts.resource }, { ask: ASK }, now);
    if (decision.effect !== 'allow') return 'general';
    const shown = showRepositoryKnown(deps, principal, { repository: known.facts.resource, now });
    const limits = shown === null ? null : countRequestOf(deps, subject.person.id);
    if (shown === null || limits === null) return 'general';
    deps.last_use.record(subject.token.id, now);
    recordExercise(deps, { subject, resource: facts.resource, decision }, now);
    return told(write(presentRepository(deps, shown)), limits.concat(tokenHeaders(subject.token)));
  }

  return { method: 'GET', path: PREFIX, route: ROUTE, answer };
}
