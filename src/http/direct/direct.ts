// The direct way: the checks that platforms ask on every request, and one of our own reads, are answered without the framework where
// everything that they need is known in memory, and the request is of the plain form in which clients send it. All else — what is
// refused, malformed, repeated, large, slow, or asks for more — goes the general way, whose answers are the same: the use-cases are
// the same, and test/http/direct.test.ts compares both, byte by byte. Why it exists: docs/decisions/0011-direct-answers.md.

import type { Deps } from '../../deps.ts';
import type { App } from '../app-type.ts';
import { createAnswering } from './answering.ts';
import { directClients } from './direct-clients.ts';
import { directEvaluation } from './direct-evaluation.ts';
import { directGateways } from './direct-gateway.ts';
import { directIntrospection } from './direct-introspection.ts';
import { directRepository } from './direct-repository.ts';
import type { DirectRoute, Exchange } from './exchange.ts';
import { tellGivenUp } from './given-up.ts';
import { takeConnections } from './plain-connections.ts';
import { takeRequests } from './plain-messages.ts';

/** The route that may answer this directly; undefined: the general way has to. */
export type FindRoute = (method: string | undefined, target: string | undefined) => DirectRoute | undefined;

function directRoutes(deps: Deps): FindRoute {
  const answerClient = directClients(deps);
  const gateways = directGateways(deps, answerClient);
  const all = [directIntrospection(deps, answerClient), directEvaluation(deps, answerClient), ...gateways];
  const by_path = new Map(all.map((each) => [each.path, each]));
  const repository = directRepository(deps);
  return (method, target = '') => {
    const route = target.startsWith(repository.path) ? repository : by_path.get(target);
    return route?.method === method ? route : undefined;
  };
}

/**
 * Called once by buildApp when all routes are there. While the application closes, all goes the general way. `reads_sockets`: whether
 * requests are taken as they come from the socket, and not only when Node has read them.
 */
export function addDirectAnswers(app: App, deps: Deps, reads_sockets: boolean): void {
  const routes = directRoutes(deps);
  let is_closing = false;
  app.addHook('preClose', (done) => {
    is_closing = true;
    done();
  });
  const findRoute: FindRoute = (method, target) => (is_closing ? undefined : routes(method, target));
  const begin = createAnswering(deps);
  const givenUp = (route: DirectRoute, exchange: Exchange): void => tellGivenUp(deps, route, exchange);
  takeRequests(app, { findRoute, begin, givenUp });
  if (reads_sockets) takeConnections(app, { findRoute, begin, givenUp, clock: deps.clock });
}
