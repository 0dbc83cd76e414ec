// The direct way: the checks that platforms ask on every request, and one of our own reads, are answered without the framework where
// everything that they need is known in memory, and the request is of the plain form in which clients send it. All else — what is
// refused, malformed, repeated, large, slow, or asks for more — goes the general way, whose answers are the same: the use-cases are
// the same, and test/http/direct.test.ts compares both, byte by byte. Why it exists: docs/decisions/0011-direct-answers.md.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Deps } from '../../deps.ts';
import type { App } from '../app-type.ts';
import { directClients } from './direct-clients.ts';
import { directEvaluation } from './direct-evaluation.ts';
import { type DirectGet, directGateways } from './direct-gateway.ts';
import { directIntrospection } from './direct-introspection.ts';
import { type Direct, takePost, type Ways } from './direct-post.ts';
import { directRepository } from './direct-repository.ts';
import { readPlainHeaders } from './plain-headers.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Called once by buildApp when all routes are there. While the application closes, all goes the general way. */
export function addDirectAnswers(app: App, deps: Deps): void {
  const findClient = directClients(deps);
  const posts = byPath<Direct>([directIntrospection(deps, findClient), directEvaluation(deps, findClient)]);
  const gateways = byPath<DirectGet>(directGateways(deps, findClient));
  const answerRepository = directRepository(deps);
  const timeout_ms = deps.config.request_timeout_ms;
  const listeners = app.server.listeners('request') as Listener[];
  let is_closing = false;
  app.addHook('preClose', (done) => {
    is_closing = true;
    done();
  });

  function getterOf(url: string): DirectGet['answer'] | undefined {
    return url.startsWith('/repos/') ? answerRepository : gateways.get(url)?.answer;
  }

  /** A fault here is a bug: the general way answers, and the log tells. What has begun to be answered cannot be answered again. */
  function attempting<Found>(response: ServerResponse, work: () => Found, instead: Found): Found {
    try {
      return work();
    } catch (error) {
      deps.log.error({ err: error }, 'a direct answer failed');
      if (!response.headersSent) return instead;
      throw error;
    }
  }

  /** Whether it is or will be answered; false: the general way has to. */
  function take(request: IncomingMessage, response: ServerResponse, general: () => void): boolean {
    const { url = '', method, httpVersion } = request;
    if (is_closing || httpVersion !== '1.1') return false;
    const post = method === 'POST' ? posts.get(url) : undefined;
    const get = method === 'GET' ? getterOf(url) : undefined;
    if (post === undefined && get === undefined) return false;
    const started_ms = performance.now();
    const headers = readPlainHeaders(request);
    if (headers === null) return false;
    const exchange = { request, response, headers, started_ms };
    if (post !== undefined) {
      const attempt: Ways['attempt'] = (work) => attempting(response, work, 'general');
      return takePost(exchange, post, { general, attempt, timeout_ms });
    }
    return get !== undefined && headers.content_length === null && get(exchange);
  }

  app.server.removeAllListeners('request');
  app.server.on('request', (request, response) => {
    const general = (): void => {
      for (const listener of listeners) listener(request, response);
    };
    if (!attempting(response, () => take(request, response, general), false)) general();
  });
}

function byPath<Each extends { readonly path: string }>(all: readonly Each[]): ReadonlyMap<string, Each> {
  return new Map(all.map((each) => [each.path, each]));
}
