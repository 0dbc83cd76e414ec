// What nginx, Traefik and Caddy ask, directly, where it is allowed (routes/gateway.ts is the general way, and says every no).

import type { Deps } from '../../deps.ts';
import { type Checked, checkRequestKnown } from '../../use-cases/checks/check-request.ts';
import { countAnswer } from '../../use-cases/checks/record-exercise.ts';
import { isFlooded } from '../bad-credentials.ts';
import { presentedBy } from '../credential.ts';
import { forwardedAddressBehind } from '../forwarded-address.ts';
import { isOriginalRequest } from '../original-request.ts';
import { gatewayHeaders } from '../present/gateway.ts';
import type { FindClient } from './direct-clients.ts';
import { answersOf, type Exchange } from './exchange.ts';
import type { PlainHeaders } from './plain-headers.ts';

export type DirectGet = {
  readonly path: string;
  /** Whether it was answered; false: nothing was, and nothing has happened. */
  readonly answer: (exchange: Exchange) => boolean;
};

const STYLES = {
  '/gateway/nginx': { method: 'original_method', target: 'original_uri' },
  '/gateway/forward-auth': { method: 'forwarded_method', target: 'forwarded_uri' },
} as const satisfies Record<string, { method: keyof PlainHeaders; target: keyof PlainHeaders }>;

export function directGateways(deps: Deps, findClient: FindClient): readonly DirectGet[] {
  const { token_prefix } = deps.config;

  const forwardedAddress = forwardedAddressBehind(deps.config.trusted_proxies);

  /** The address of the end caller is refused whatever he presents: the general way says so. @rule T4 */
  function comesFromFlood(forwarded_for: string | null): boolean {
    if (forwarded_for === null) return false;
    const address = forwardedAddress({ headers: { 'x-forwarded-for': forwarded_for } });
    return address !== null && isFlooded(deps, address);
  }

  /** What was allowed; null: nothing is known, or it is not. */
  function allowedBy(headers: PlainHeaders, method: string | null, target: string | null): Checked | null {
    const { authorization, gateway_authorization, forwarded_for } = headers;
    if (authorization === null || gateway_authorization === null || comesFromFlood(forwarded_for)) return null;
    if (method === null || target === null || !isOriginalRequest(method, target)) return null;
    const client = findClient(gateway_authorization, 'gateway');
    if (client === null) return null;
    const presented = presentedBy({ rawHeaders: ['authorization', ''], headers: { authorization } }, token_prefix);
    if (presented.type !== 'token') return null;
    const subject = { type: 'token_text', digest: presented.digest } as const;
    const checked = checkRequestKnown(deps, client, { subject, method, target });
    if (checked?.judgement.decision.effect !== 'allow') return null;
    countAnswer(deps, subject, checked.judgement);
    return checked;
  }

  return Object.entries(STYLES).map(([path, style]): DirectGet => {
    const answer = answersOf(deps, { method: 'GET', route: path, headers: { 'cache-control': 'no-store' } });
    return {
      path,
      answer: (exchange) => {
        const { headers } = exchange;
        const checked = allowedBy(headers, headers[style.method], headers[style.target]);
        if (checked === null) return false;
        answer(exchange, '', Object.entries(gatewayHeaders(checked)).flat());
        return true;
      },
    };
  });
}
