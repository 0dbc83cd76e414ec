// What a gateway hands on to the platform with a request that is allowed: always all five headers, so that none that the end
// caller wrote is left (contract 8).

import { printScope } from '../../domain/scope-text.ts';
import type { Checked } from '../../use-cases/checks/check-request.ts';

export function gatewayHeaders({ judgement: { live_token }, workflows }: Checked): Readonly<Record<string, string>> {
  return {
    'x-auth-user': live_token?.holder.login ?? '',
    'x-auth-user-id': live_token === null ? '' : String(live_token.holder.id),
    'x-auth-token-id': live_token === null ? '' : String(live_token.id),
    'x-auth-scopes': live_token === null ? '' : printScope(live_token.token),
    'x-auth-workflows': workflows ?? '',
  };
}
