// `POST /oauth/introspect`, directly (routes/oauth.ts is the general way).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { type Introspected, introspect, introspectKnown } from '../../use-cases/checks/introspect.ts';
import { asksFor } from '../accept.ts';
import { staleMark } from '../answer-headers.ts';
import { oauthErrorBody, RETRY_AFTER_SECONDS } from '../errors.ts';
import { presentIntrospection } from '../present/introspection.ts';
import { INTROSPECTION_JWT } from '../routes/oauth.ts';
import { Introspection } from '../schemas/introspection.ts';
import { serializerOf } from '../serializers.ts';
import { askFor } from './asking.ts';
import type { AnswerClient } from './direct-clients.ts';
import { answersOf, type DirectRoute, type Exchange, type Outcome, refusalsOf, type Told } from './exchange.ts';

const PATH = '/oauth/introspect';
const NO_TOKEN = { active: false };
/** The usual form: nothing in it is encoded, repeated or for somebody else. */
const PLAIN_FORM = /^token=([A-Za-z0-9_]{1,255})(?:&token_type_hint=[A-Za-z_]{1,64})?$/;

export function directIntrospection(deps: Deps, answerClient: AnswerClient): DirectRoute {
  const told = answersOf(deps, {
    method: 'POST',
    route: PATH,
    headers: { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8', vary: 'accept' },
  });
  const unavailable = JSON.stringify(oauthErrorBody(new Refusal('unavailable'), 503).body);
  const no_store = { 'cache-control': 'no-store' };
  const refusals = refusalsOf(deps, { method: 'POST', route: PATH, headers: no_store });
  const shed = { status: 503, headers: { 'retry-after': RETRY_AFTER_SECONDS }, body: unavailable };
  const refusal = refusals('unavailable', () => shed);
  const write = serializerOf(Introspection);

  function tell(found: Introspected | null): Told {
    const body = found === null ? NO_TOKEN : presentIntrospection(found, deps.config.public_url);
    return told(write(body), staleMark(found?.stale_ms));
  }

  function answer(exchange: Exchange): Outcome {
    const { authorization, content_type, accept } = exchange.headers;
    const [, token] = PLAIN_FORM.exec(exchange.body) ?? [];
    if (authorization === null || content_type !== 'application/x-www-form-urlencoded' || token === undefined)
      return 'general';
    if (accept !== null && asksFor(accept, INTROSPECTION_JWT, 'application/json')) return 'general';
    return answerClient(exchange, {
      header: authorization,
      capability: 'introspect',
      answer: (client) => answerTo(client, token),
    });
  }

  function answerTo(client: ClientFacts, token: string): Outcome {
    const known = introspectKnown(deps, client, token);
    if (known !== undefined) return tell(known);
    return askFor(deps.load, { ask: () => introspect(deps, client, token), tell, refusal });
  }

  return { method: 'POST', path: PATH, route: PATH, answer };
}
