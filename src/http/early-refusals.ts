// What there is no room for, refused before the framework has seen it, in the same bytes as by the general way (overload.ts): all but the
// request's id is prepared. Where refusing costs half as much as answering, refusals alone are too much to do (promises P23). What is not
// plain, and what Node did not read as HTTP/1.1, is refused by the general way.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyContextConfig } from 'fastify';
import type { Deps } from '../deps.ts';
import type { Refusal } from '../domain/refusal.ts';
import { countRefusal, observerOf, type Urgency } from '../metrics.ts';
import { commonHeaders } from './answer-headers.ts';
import type { App } from './app-type.ts';
import { arrivalOf } from './arrivals.ts';
import { accessLinesOf } from './direct/access-lines.ts';
import { readPlainHeaders } from './direct/plain-headers.ts';
import { elapsedMs } from './elapsed.ts';
import { presentedFor } from './errors.ts';
import { watchLeftover } from './leftover.ts';
import { requestIdOf } from './request-id.ts';
import { createRouteTree } from './route-tree.ts';

type RefuseDeps = Pick<Deps, 'config' | 'log' | 'clock' | 'load'>;
type Route = {
  readonly method: string;
  /** Its template. */
  readonly url: string;
  readonly config: FastifyContextConfig | undefined;
  readonly urgency: Urgency | 'always';
};
type Refuse = (response: ServerResponse, request_id: string, started_ms: number) => void;

/** Stands for the id of a request, which never has these characters, nor any that JSON writes otherwise. */
const ID = '"id"';

function refuserOf(deps: RefuseDeps, { method, url, config }: Route, refusal: Refusal): Refuse {
  const { public_url, cors_origins } = deps.config;
  const { status, headers, body } = presentedFor(deps, refusal, config, ID);
  const { 'x-request-id': _each, ...common } = commonHeaders('', public_url.startsWith('https:'));
  const is_gateway = config?.access !== undefined && 'gateway' in config.access;
  const vary = cors_origins.length > 0 && !is_gateway && { vary: 'Origin' }; // as cors.ts has it
  const all = { ...common, ...vary, ...headers, 'content-type': 'application/json; charset=utf-8' };
  const pairs = Object.entries(all).flat();
  const parts = body.split(JSON.stringify(ID).slice(1, -1));
  const form = { method, route: url, status };
  const [writeLine, observe] = [accessLinesOf(deps, form), observerOf(form)];
  return (response, request_id, started_ms) => {
    const told = parts.join(request_id);
    const length = Buffer.byteLength(told);
    response.writeHead(status, pairs.concat('x-request-id', request_id, 'content-length', String(length)));
    response.end(told, length === told.length ? 'latin1' : 'utf8'); // as in direct/plain-messages.ts
    const ms = elapsedMs(started_ms);
    observe(ms / 1000);
    writeLine(request_id, ms);
    countRefusal(refusal.code);
  };
}

export type EarlyRefusals = {
  /** Before the application is ready: what may be refused. */
  readonly add: (route: Route) => void;
  /** Once, when all that listens for requests is there but what answers directly. */
  readonly take: (app: App) => void;
};

export function createEarlyRefusals(deps: RefuseDeps, refusal: Refusal): EarlyRefusals {
  const { load, config } = deps;
  const routes = createRouteTree<Route>();
  const refusers = new Map<Route, Refuse>();

  /** Made when it is needed first: most routes never refuse. */
  function refuserFor(route: Route): Refuse {
    const known = refusers.get(route) ?? refuserOf(deps, route, refusal);
    refusers.set(route, known);
    return known;
  }

  /** Whether it was refused. Where there is room for what can wait longest, there is for all. */
  function refuse(request: IncomingMessage, response: ServerResponse): boolean {
    if (load.shortageFor('other') === null || request.httpVersion !== '1.1') return false;
    const started_ms = arrivalOf(request) ?? performance.now();
    const route = routes.find(request.method ?? '', request.url ?? '');
    if (route === undefined || route.urgency === 'always') return false;
    const shortage = load.shortageFor(route.urgency);
    const headers = shortage === null ? null : readPlainHeaders(request.rawHeaders);
    if (shortage === null || headers === null || response.destroyed) return false;
    load.recordShed(route.urgency, shortage);
    if (headers.content_length !== null) watchLeftover(request, response, config.request_timeout_ms);
    refuserFor(route)(response, requestIdOf(headers.request_id), started_ms);
    return true;
  }

  return {
    add: (route) => routes.add(route.method, route.url, route),
    take: ({ server }) => {
      const listeners = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
      server.removeAllListeners('request');
      server.on('request', (request, response) => {
        if (!refuse(request, response)) for (const listener of listeners) listener(request, response);
      });
    },
  };
}
