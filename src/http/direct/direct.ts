// The direct way: the checks that platforms ask on every request, and one of our own reads, are answered without the framework where
// everything that they need is known in memory, and the request is of the plain form in which clients send it. All else — what is
// refused, malformed, repeated, large, slow, or asks for more — goes the general way, whose answers are the same: the use-cases are
// the same, and test/http/direct.test.ts compares both, byte by byte. Why it exists: docs/decisions/0011-direct-answers.md.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Deps } from '../../deps.ts';
import type { App } from '../app-type.ts';
import { waitsSince } from '../deadline.ts';
import { directClients } from './direct-clients.ts';
import { directEvaluation } from './direct-evaluation.ts';
import { type DirectGet, directGateways } from './direct-gateway.ts';
import { directIntrospection } from './direct-introspection.ts';
import { answerPost, type DirectPost, directLength } from './direct-post.ts';
import { directRepository } from './direct-repository.ts';
import type { Exchange, Outcome, Told } from './exchange.ts';
import { readPlainHeaders } from './plain-headers.ts';
import { createTurns } from './turns.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** What becomes of a request whose body, where it has one, waits to be read on. */
type Ends = { readonly general: () => void; readonly done: () => void };

/** Called once by buildApp when all routes are there. While the application closes, all goes the general way. */
export function addDirectAnswers(app: App, deps: Deps): void {
  const findClient = directClients(deps);
  const posts = byPath<DirectPost>([directIntrospection(deps, findClient), directEvaluation(deps, findClient)]);
  const gateways = byPath<DirectGet>(directGateways(deps, findClient));
  const answerRepository = directRepository(deps);
  const turns = createTurns(deps.freshness.isFresh);
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
  function failed(response: ServerResponse, error: unknown): 'general' {
    deps.log.error({ err: error }, 'a direct answer failed');
    if (response.headersSent) response.destroy();
    return 'general';
  }

  function attempted({ response }: Exchange, work: () => Outcome): Outcome {
    try {
      return work();
    } catch (error) {
      return failed(response, error);
    }
  }

  function write(exchange: Exchange, { write: writeTold, body, more }: Told, { general, done }: Ends): void {
    try {
      writeTold(exchange, body, more);
    } catch (error) {
      failed(exchange.response, error);
      if (!exchange.response.destroyed) general();
      return;
    }
    done();
  }

  /** No request waits longer than all others: from then on it is the general way's, which has its deadline. */
  function wait(exchange: Exchange, outcome: Promise<Told | 'general'>, ends: Ends): void {
    let is_over = false;
    const end = (told: Told | 'general'): void => {
      if (is_over) return;
      is_over = true;
      clearTimeout(timer);
      if (exchange.response.destroyed) return;
      if (told === 'general') ends.general();
      else write(exchange, told, ends);
    };
    const timer = setTimeout(() => {
      waitsSince(exchange.request, exchange.started_ms);
      end('general');
    }, timeout_ms);
    void outcome.then(end);
  }

  function end(exchange: Exchange, outcome: Outcome, ends: Ends): void {
    if (outcome === 'general') ends.general();
    else if (outcome instanceof Promise) wait(exchange, outcome, ends);
    else turns.write({ write: () => write(exchange, outcome, ends), instead: ends.general });
  }

  function takeGet(exchange: Exchange, answer: DirectGet['answer'], general: () => void): void {
    turns.judge(() =>
      end(
        exchange,
        attempted(exchange, () => answer(exchange)),
        { general, done: nothing },
      ),
    );
  }

  function takePost(exchange: Exchange, post: DirectPost, length: number, general: () => void): void {
    const { request } = exchange;
    request.once('data', (body: Buffer) => {
      request.pause();
      const giveBack = (): void => {
        request.unshift(body);
        general();
      };
      turns.judge(() =>
        end(
          exchange,
          attempted(exchange, () => answerPost(exchange, post, { body, length })),
          { general: giveBack, done: () => request.resume() },
        ),
      );
    });
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
    if (get !== undefined && headers.content_length === null) {
      takeGet(exchange, get, general);
      return true;
    }
    const length = directLength(headers);
    if (post === undefined || length === null) return false;
    takePost(exchange, post, length, general);
    return true;
  }

  app.server.removeAllListeners('request');
  app.server.on('request', (request, response) => {
    const general = (): void => {
      for (const listener of listeners) listener(request, response);
    };
    if (!take(request, response, general)) general();
  });
}

function nothing(): void {
  // A request without a body is over when it is answered.
}

function byPath<Each extends { readonly path: string }>(all: readonly Each[]): ReadonlyMap<string, Each> {
  return new Map(all.map((each) => [each.path, each]));
}
