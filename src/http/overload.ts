// What is refused where there is too much to do (promises P23), before anything is read or looked up: 503 with `Retry-After`. How urgent a
// request is follows from its route. Health and metrics are always answered. What src/http/direct answers from memory never comes here: it
// costs less than its refusal would.

import type { FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Urgency } from '../metrics.ts';
import type { App } from './app-type.ts';
import { addArrivingBodies } from './arriving-bodies.ts';
import { createEarlyRefusals, type EarlyRefusals } from './early-refusals.ts';

type Enter = (request: FastifyRequest) => boolean;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Where it does not follow from the method and from who may call. `always`: answered whatever there is to do. */
    urgency?: Urgency | 'always';
    /** So many at once, apart from all others: where whoever knows nobody can make much work. */
    places_max?: number;
    /** Made of these two: whether the request may go on, with the place that it needs. */
    enter?: Enter;
  }
  interface FastifyRequest {
    /** Gives back the place that the request has among those under way; null: it has none. */
    leave: (() => void) | null;
    /** Its connection has ended: nobody would give back a place that it takes now. */
    is_gone: boolean;
  }
}

const MAY_TAKE_AWAY: ReadonlySet<string> = new Set(['DELETE', 'PATCH', 'PUT']);
/** One for all, because there are very many: where it was made is nothing that anybody reads. */
const TOO_MUCH = new Refusal('unavailable', { is_shed: true });

/** What may take something away is never refused before what reads, checks not before management (promises P23). */
function urgencyOf({ method, config }: Pick<RouteOptions, 'method' | 'config'>): Urgency | 'always' {
  if (config?.urgency !== undefined) return config.urgency;
  const access = config?.access;
  if (access === undefined) return 'other';
  const methods = [method].flat();
  if ('gateway' in access) return 'check';
  if (methods.some((each) => MAY_TAKE_AWAY.has(each))) return 'ending';
  if ('open' in access) return methods.includes('POST') ? 'other' : 'check'; // keys and metadata, by which others check
  return 'client' in access && access.client !== 'directory' ? 'check' : 'other';
}

type Load = Deps['load'];

/** What there is no room for goes no further. `leave`: what gives the place back, where it takes one here. */
function withRoom(load: Load, urgency: Urgency, leave: (() => void) | null): Enter {
  return (request) => {
    const shortage = load.shortageFor(urgency);
    if (shortage !== null) {
      load.recordShed(urgency, shortage);
      return false;
    }
    if (leave === null) return true;
    load.begin();
    request.leave = leave;
    return true;
  };
}

/** Places of a route's own: those who take all of them are in nobody else's way. */
function withOwnPlaces(load: Load, urgency: Urgency, places_max: number): Enter {
  let taken = 0;
  const leave = (): void => {
    taken -= 1;
  };
  return (request) => {
    if (taken >= places_max || request.is_gone) {
      load.recordShed(urgency, 'requests');
      return false;
    }
    taken += 1;
    request.leave = leave;
    return true;
  };
}

function leave(request: FastifyRequest): void {
  request.leave?.();
  request.leave = null;
}

/** When its answer is there as a whole, and when it is over: who goes away before that is never answered, and his place would be lost. */
export function leaveFor(request: FastifyRequest): void {
  request.is_gone = true;
  leave(request);
}

function mayEnter(request: FastifyRequest): boolean {
  return request.routeOptions.config.enter?.(request) ?? true;
}

/** Once, before any route is added, and before anybody is asked who he is. Answers how to refuse sooner still. */
export function addOverload(app: App, deps: Pick<Deps, 'load' | 'config' | 'log' | 'clock'>): EarlyRefusals {
  const { load, config } = deps;
  const early = createEarlyRefusals(deps, TOO_MUCH);
  app.decorateRequest('leave', null);
  app.decorateRequest('is_gone', false);
  app.addHook('onRoute', (route) => {
    const urgency = urgencyOf(route);
    for (const method of [route.method].flat()) early.add({ method, url: route.url, config: route.config, urgency });
    if (urgency === 'always') return;
    const { places_max } = route.config ?? {};
    route.config = { ...route.config, enter: withRoom(load, urgency, places_max === undefined ? load.end : null) };
    if (places_max === undefined) return;
    const take = withOwnPlaces(load, urgency, places_max);
    const takeOwn: onRequestHookHandler = (request, _reply, done) => done(take(request) ? undefined : TOO_MUCH);
    route.preHandler = [takeOwn, ...[route.preHandler ?? []].flat()]; // when the body is there, too
  });
  // Of the application, because these come before those of a route.
  app.addHook('onRequest', (request, _reply, done) => done(mayEnter(request) ? undefined : TOO_MUCH));
  addArrivingBodies(app, {
    bodies_max: config.standing_requests_max,
    leave,
    enter: mayEnter,
    tell: ({ routeOptions: { method, config: of_route } }) => {
      const urgency = urgencyOf({ method, config: of_route });
      if (urgency !== 'always') load.recordShed(urgency, 'requests');
    },
    refusal: TOO_MUCH,
  });
  const stop = load.watch();
  app.addHook('onClose', (_instance, done) => {
    stop();
    done();
  });
  return early;
}
