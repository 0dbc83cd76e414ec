// What a gateway hands on to the platform with a request that is allowed: always all five headers, so that none that the end
// caller wrote is left (contract 8).

import { printScope } from '../../domain/scope-text.ts';
import type { Checked } from '../../use-cases/checks/check-request.ts';

/** Names and values, one after the other. */
export function gatewayPairs({ judgement: { live_token }, workflows }: Checked): readonly string[] {
  const is_known = live_token !== null;
  return [
    'x-auth-user',
    is_known ? live_token.holder.login : '',
    'x-auth-user-id',
    is_known ? String(live_token.holder.id) : '',
    'x-auth-token-id',
    is_known ? String(live_token.id) : '',
    'x-auth-scopes',
    is_known ? printScope(live_token.token) : '',
    'x-auth-workflows',
    workflows ?? '',
  ];
}

/** The same by name. */
export function gatewayHeaders(checked: Checked): Readonly<Record<string, string>> {
  const pairs = gatewayPairs(checked);
  return Object.fromEntries(pairs.flatMap((name, at) => (at % 2 === 0 ? [[name, pairs[at + 1] ?? '']] : [])));
}
