// What a token holds now as one text, which is `scope` of introspection, what a gateway hands on, and what the record says.

import type { TokenFacts } from './facts.ts';
import { printPermissions } from './permission.ts';

/** The scopes of a classic token, `repo read:org`; the permissions of a fine-grained one, `contents:read issues:write`. */
export function printScope(token: TokenFacts): string {
  return token.kind === 'classic' ? token.scopes.join(' ') : printPermissions(token.grant?.permissions ?? {});
}
