// What nginx, Traefik and Caddy ask, directly (routes/gateway.ts is the general way, which also counts bad credentials).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { REASONS } from '../../domain/reason.ts';
import type { SubjectKey } from '../../facts/source.ts';
import {
  type Checked,
  checkRequest,
  checkRequestKnown,
  type GatewayQuestion,
} from '../../use-cases/checks/check-request.ts';
import { countAnswer } from '../../use-cases/checks/record-exercise.ts';
import { refusalOf } from '../../use-cases/checks/refusal-of.ts';
import { isFlooded } from '../bad-credentials.ts';
import { realmOf } from '../challenge.ts';
import { presentedIn } from '../credential.ts';
import { presentRefusal } from '../errors.ts';
import { forwardedAddressBehind } from '../forwarded-address.ts';
import { isOriginalRequest } from '../original-request.ts';
import { gatewayPairs } from '../present/gateway.ts';
import { askFor } from './asking.ts';
import type { AnswerClient } from './direct-clients.ts';
import { answersOf, type DirectRoute, type Exchange, type Outcome, refusalsOf, type Told } from './exchange.ts';
import type { PlainHeaders } from './plain-headers.ts';

const STYLES = {
  '/gateway/nginx': { method: 'original_method', target: 'original_uri' },
  '/gateway/forward-auth': { method: 'forwarded_method', target: 'forwarded_uri' },
} as const satisfies Record<string, { method: keyof PlainHeaders; target: keyof PlainHeaders }>;
type Style = (typeof STYLES)[keyof typeof STYLES];

export function directGateways(deps: Deps, answerClient: AnswerClient): readonly DirectRoute[] {
  const { token_prefix } = deps.config;

  const forwardedAddress = forwardedAddressBehind(deps.config.trusted_proxies);

  /** The address of the end caller is refused whatever he presents: the general way says so. @rule T4 */
  function comesFromFlood(forwarded_for: string | null): boolean {
    if (forwarded_for === null) return false;
    const address = forwardedAddress({ headers: { 'x-forwarded-for': forwarded_for } });
    return address !== null && isFlooded(deps, address);
  }

  /** What is asked; null: the general way finds out. */
  function questionIn(headers: PlainHeaders, style: Style): GatewayQuestion | null {
    const [method, target] = [headers[style.method], headers[style.target]];
    if (method === null || target === null || !isOriginalRequest(method, target)) return null;
    const subject = comesFromFlood(headers.forwarded_for) ? null : subjectOf(headers.authorization);
    return subject === null ? null : { subject, method, target };
  }

  /** Null: no token, and not nobody either. */
  function subjectOf(authorization: string | null): SubjectKey | null {
    if (authorization === null) return { type: 'anonymous' };
    const presented = presentedIn(authorization, token_prefix);
    if (presented.type !== 'token') return null;
    return { type: 'token_text', digest: presented.digest, is_exchanged: presented.is_exchanged };
  }

  return Object.entries(STYLES).map(([path, style]): DirectRoute => {
    const form = { method: 'GET', route: path, headers: { 'cache-control': 'no-store' } } as const;
    const told = answersOf(deps, form);
    const refused = refusalsOf(deps, form);
    const is_for_nginx = path === '/gateway/nginx';

    function tellNo({ judgement: { decision }, is_git }: Checked): Told {
      const refusal = refusalOf(deps, decision);
      const { status } = REASONS[refusal.code];
      const challenge = realmOf(is_git ? 'Basic' : 'Bearer');
      return refused(refusal.code, (request_id) =>
        presentRefusal(deps, refusal, { status, request_id, is_for_nginx, challenge }),
      );
    }

    function tell(exchange: Exchange, checked: Checked): Told | 'general' {
      const { decision, stale_ms } = checked.judgement;
      if (stale_ms === undefined && decision.effect === 'allow') return told('', gatewayPairs(checked));
      if (stale_ms === undefined && decision.reason !== 'bad_credential') return tellNo(checked);
      if (decision.effect !== 'allow') exchange.found = checked;
      return 'general';
    }

    function answer(exchange: Exchange): Outcome {
      const { gateway_authorization } = exchange.headers;
      const question = gateway_authorization === null ? null : questionIn(exchange.headers, style);
      if (gateway_authorization === null || question === null) return 'general';
      return answerClient(exchange, {
        header: gateway_authorization,
        capability: 'gateway',
        answer: (client) => answerTo(exchange, client, question),
      });
    }

    function answerTo(exchange: Exchange, client: ClientFacts, question: GatewayQuestion): Outcome {
      const known = checkRequestKnown(deps, client, question);
      if (known === null) {
        const ask = () => checkRequest(deps, client, question);
        return askFor(deps.load, { ask, tell: (found) => tell(exchange, found), refusal: 'general' });
      }
      countAnswer(deps, question.subject, known.judgement);
      return tell(exchange, known);
    }

    return { method: 'GET', path, route: path, answer };
  });
}
