// Sees to it that every route declares its access (access.ts): one that does not stops the boot (promises P20).
// Authorisation happens in hooks after routing, never by path prefix.

import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Deps } from '../deps.ts';
import { isWriteMethod } from '../domain/operation.ts';
import { Refusal } from '../domain/refusal.ts';
import { type Access, operationOf } from './access.ts';
import { admitOperation, admitSelf, admitSession, judgeOutcome, recordIfRefused } from './admit.ts';
import { admitClient, admitClientByForm } from './admit-client.ts';
import { admitGateway } from './admit-gateway.ts';
import type { App } from './app-type.ts';
import { countIfBad } from './bad-credentials.ts';
import { anonymousCaller } from './caller-of.ts';
import { addConsistency, awaitChangeOfHeader } from './consistency.ts';
import { countHeader } from './credential.ts';
import { addTokenHeaders } from './token-headers.ts';

function requireDeclaration(route: RouteOptions): void {
  const access = route.config?.access;
  if (access === undefined) throw new Error(`the route \`${route.url}\` does not declare its access`);
  const methods = [route.method].flat();
  const writes = methods.some((method) => isWriteMethod(method) && method !== 'OPTIONS');
  if (writes && !('open' in access) && access.audit === undefined) {
    throw new Error(`the route \`${methods.join()} ${route.url}\` does not declare its audit action`);
  }
  const operation = operationOf(access);
  if (operation === null) return;
  const template = route.url.replace(/:([a-z_]+)/g, '{$1}');
  // HEAD counts as GET (C3); the framework adds it beside every GET.
  const has_method = methods.some((method) => (method === 'HEAD' ? 'GET' : method) === operation.method);
  if (operation.template !== template || !has_method) {
    throw new Error(`the route \`${methods.join()} ${route.url}\` refers to the operation \`${operation.id}\``);
  }
}

/** What a use-case refuses after the hooks have let the request pass is recorded like what the hooks refuse. @rule L1 */
function recordRefusals(deps: Deps, route: RouteOptions): void {
  const { handler } = route;
  if (!route.config?.access?.audit) return;
  route.handler = async function recorded(request, reply) {
    try {
      return await handler.call(this, request, reply);
    } catch (error) {
      await recordIfRefused(deps, request, error);
      throw error;
    }
  };
}

/** Where only nobody may call, no credential is looked at, and none is accepted. @rule T2 */
function refuseCredentials(request: FastifyRequest): void {
  const count = countHeader(request.raw, 'authorization');
  if (count > 1) throw new Refusal('two_credentials');
  if (count === 1) throw new Refusal('anonymous_only');
}

async function admit(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { access } = request.routeOptions.config;
  if (access === undefined) return;
  if ('open' in access) return access.anonymous_only === true ? refuseCredentials(request) : undefined;
  if ('client' in access) return admitClient(deps, request, access);
  if ('gateway' in access) return admitGateway(deps, request);
  if ('session' in access) return admitSession(deps, request, reply, access);
  if ('operation' in access) return admitOperation(deps, request, reply, access);
  return admitSelf(deps, request, reply);
}

/** Every way to present a bad credential to this API counts for the address that it comes from. @rule T4 */
async function countingBad(deps: Deps, request: FastifyRequest, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    countIfBad(deps, request.address, error);
    throw error;
  }
}

export type DeclaredRoute = { readonly method: string; readonly url: string; readonly access: Access };
const DECLARED = new WeakMap<App, DeclaredRoute[]>();

/** Every route of the application with what it declares. */
export function declaredRoutes(app: App): readonly DeclaredRoute[] {
  return DECLARED.get(app) ?? [];
}

/** Called once by buildApp before any route is added. */
export function guardRoutes(app: App, deps: Deps): void {
  const declared: DeclaredRoute[] = [];
  DECLARED.set(app, declared);
  app.decorateRequest('caller');
  app.decorateRequest('facts');
  app.addHook('onRoute', (route) => {
    requireDeclaration(route);
    recordRefusals(deps, route);
    const access = route.config?.access;
    if (access === undefined) return;
    for (const method of [route.method].flat()) declared.push({ method, url: route.url, access });
  });
  app.addHook('onRequest', async (request, reply) => {
    request.caller = anonymousCaller(request);
    await awaitChangeOfHeader(deps, request);
    await countingBad(deps, request, () => admit(deps, request, reply));
  });
  app.addHook('preValidation', (request) => countingBad(deps, request, () => admitClientByForm(deps, request)));
  app.addHook('preHandler', async (request) => judgeOutcome(deps, request));
  app.addHook('onSend', (request, reply, payload, done) => {
    addTokenHeaders(request, reply);
    done(null, payload);
  });
  addConsistency(app, deps);
}
