// The reference decision for exchanged tokens (T3), from the rules: child ∩ token as it is now, judged as the token is. A
// second idea of what narrowing means, to compare with src/domain/exchanged.ts; of src only types.

import type { Exchange } from '../../src/domain/exchanged.ts';
import type { Facts, TokenFacts } from '../../src/domain/facts.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import type { Level } from '../../src/domain/vocabulary.ts';
import { type Answer, reference } from './reference.ts';
import { CONTAINED_IN, LEVEL, rank, SCOPE_NAMES } from './tables.ts';

export const holds = (scopes: readonly string[], scope: string): boolean =>
  scopes.includes(scope) || (CONTAINED_IN.get(scope) ?? []).some((above) => scopes.includes(above));

/** K5: every scope that both hold, by themselves or by one that contains it. */
export const inBoth = (a: readonly string[], b: readonly string[]): string[] =>
  [...SCOPE_NAMES].filter((scope) => holds(a, scope) && holds(b, scope));

/** K4: of each permission the smaller level; what one does not have, neither has. */
function smaller(a: PermissionMap, b: PermissionMap): PermissionMap {
  const both: Record<string, Level> = {};
  for (const [name, level] of Object.entries(a)) {
    const other = b[name];
    if (other !== undefined) both[name] = rank(LEVEL, level) < rank(LEVEL, other) ? level : other;
  }
  return both;
}

function childToken(root: TokenFacts, child: Exchange): TokenFacts {
  if (root.kind === 'classic') return { ...root, exchanged: child, scopes: inBoth(root.scopes, child.scopes ?? []) };
  const { grant } = root;
  const all = grant?.repository_selection === 'all' && child.narrows_repositories;
  return {
    ...root,
    exchanged: child,
    grant: grant && {
      ...grant,
      permissions: smaller(grant.permissions, child.permissions ?? {}),
      repository_selection: all ? 'subset' : grant.repository_selection,
    },
  };
}

/** What the exchanged token may. `listed`: whether the repository is one of those that it was made for. */
export function referenceChild(
  { subject, resource }: Facts,
  { child, listed }: { readonly child: Exchange; readonly listed: boolean },
  request: DecisionRequest,
  now: Date,
): Answer {
  const bad = { effect: 'deny', reason: 'bad_credential', status: 401, fine_reason: 'bad_credential' } as const;
  if (subject.type !== 'token') return bad;
  const fits = subject.token.kind === 'classic' ? child.scopes !== null : child.permissions !== null;
  if (!fits || !(now.getTime() < child.expires_at.getTime())) return bad;
  const { token } = subject;
  const in_token =
    token.kind === 'classic' ||
    token.grant?.repository_selection === 'all' ||
    ('selected' in resource && resource.selected);
  const selected = child.narrows_repositories ? listed && in_token : 'selected' in resource && resource.selected;
  const seen = resource.type === 'repository' ? { ...resource, selected } : resource;
  return reference({ subject: { ...subject, token: childToken(token, child) }, resource: seen }, request, now);
}
