// What is refused where there is too much to do (promises P23), before anything is read or looked up: 503 with `Retry-After`. How urgent a
// request is follows from its route. Health and metrics are always answered. What src/http/direct answers from memory never comes here: it
// costs less than its refusal would.

import type { FastifyRequest, RouteOptions } from 'fastify';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Urgency } from '../metrics.ts';
import type { App } from './app-type.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Where it does not follow from the method and from who may call. `always`: answered whatever there is to do. */
    urgency?: Urgency | 'always';
  }
  interface FastifyRequest {
    /** It takes one of the places of requests under way. */
    has_place: boolean;
  }
}

const MAY_TAKE_AWAY: ReadonlySet<string> = new Set(['DELETE', 'PATCH', 'PUT']);

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

/** Once, before anybody is asked who he is. */
export function addOverload(app: App, { load }: Pick<Deps, 'load'>): void {
  app.decorateRequest('has_place', false);
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, urgency: urgencyOf(route) };
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const refusal = refusalOf(request);
    if (refusal === null) {
      load.begin();
      request.has_place = true;
    }
    done(refusal ?? undefined);
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (request.has_place) load.end();
    done();
  });
  const stop = load.watch();
  app.addHook('onClose', (_instance, done) => {
    stop();
    done();
  });

  function refusalOf(request: FastifyRequest): Refusal | null {
    const urgency = request.routeOptions.config.urgency ?? 'other';
    const shortage = urgency === 'always' ? null : load.shortageFor(urgency);
    if (urgency === 'always' || shortage === null) return null;
    load.recordShed(urgency, shortage);
    return new Refusal('unavailable', { is_shed: true });
  }
}
