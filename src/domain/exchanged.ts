// Exchanged tokens (T3): what one is, and its token narrowed to it. A child is judged at use as what it was narrowed to when
// it was made ∩ its token as it is now; the steps of decide() stay those of the token's kind. How one is made: exchange.ts.

import type { Facts, FineGrainedTokenFacts, GrantFacts, Resource, TokenFacts } from './facts.ts';
import { meet, type PermissionMap } from './permission.ts';
import { meetScopes } from './scope.ts';

/** What an exchanged token is besides its token. */
export type ExchangedFacts = {
  readonly id: number;
  readonly issued_at: Date;
  /** The earliest end of it and the exchanged tokens that it was made from. */
  readonly expires_at: Date;
  /** When it, or one that it was made from, was ended; null: none was. */
  readonly ended_at: Date | null;
  /** How many exchanges are behind it, from 1. */
  readonly depth: number;
  /** Digest of the text of the token that made it. */
  readonly secret_digest: string;
  /** Whether only the repositories count that are marked as selected. */
  readonly narrows_repositories: boolean;
  /** For whom it is; null: for everybody. */
  readonly audience: readonly string[] | null;
  /** Who acts for the holder, the last one first; ids of people. */
  readonly actor_ids: readonly number[];
  /** The client that asked for it. */
  readonly client_id: string;
};

/** An exchanged token as it was made. */
export type Exchange = ExchangedFacts & {
  readonly hashed_token: string;
  /** In the form of its token: the other one is null. */
  readonly scopes: readonly string[] | null;
  readonly permissions: PermissionMap | null;
};

/** A broken date is earlier than any: it ends what it stands in (F3). */
function earlier(a: Date, b: Date | null): Date {
  if (b === null || Number.isNaN(a.getTime())) return a;
  return a.getTime() <= b.getTime() ? a : b;
}

function whatItIs({ hashed_token: _digest, scopes: _scopes, permissions: _permissions, ...facts }: Exchange) {
  return facts;
}

function narrowGrant(grant: GrantFacts, permissions: PermissionMap, { narrows_repositories }: Exchange): GrantFacts {
  const { repository_selection } = grant;
  const narrowed = narrows_repositories && repository_selection === 'all' ? 'subset' : repository_selection;
  return { ...grant, permissions: meet(grant.permissions, permissions), repository_selection: narrowed };
}

/**
 * The token as the exchanged one has it now, or null where the two are not of one form (F3). Its life for the caps of policies
 * stays the token's; its text ends at its own end. @rule T3
 */
export function narrowToken(root: TokenFacts, exchange: Exchange): TokenFacts | null {
  const { hashed_token, scopes, permissions, expires_at } = exchange;
  const secret_expires_at = earlier(expires_at, root.secret_expires_at);
  const own = { hashed_token, secret_expires_at, exchanged: whatItIs(exchange) };
  if (root.kind === 'classic') {
    return scopes === null ? null : { ...root, ...own, scopes: meetScopes(root.scopes, scopes) };
  }
  if (permissions === null) return null;
  const grant = root.grant === null ? null : narrowGrant(root.grant, permissions, exchange);
  return { ...root, ...own, grant };
}

function isAllOfItsOwner(root: TokenFacts): root is FineGrainedTokenFacts {
  return root.kind === 'fine_grained' && root.grant?.repository_selection === 'all';
}

/**
 * The resource as the exchanged token reaches it. `listed`: whether the repository is one of those that it was narrowed to.
 * @rule T3
 */
export function narrowResource<Narrowed extends Resource>(
  resource: Narrowed,
  { root, exchange, listed }: { readonly root: TokenFacts; readonly exchange: Exchange; readonly listed: boolean },
): Narrowed {
  if (resource.type !== 'repository' || !exchange.narrows_repositories) return resource;
  const in_token = root.kind === 'classic' || isAllOfItsOwner(root) || resource.selected;
  return { ...resource, selected: listed && in_token };
}

/** The facts of its token as the exchanged one has them; null where it is none of that token's. @rule T3 */
export function narrowFacts(facts: Facts, exchange: Exchange, listed: boolean): Facts | null {
  const { subject, resource } = facts;
  if (subject.type !== 'token') return null;
  const token = narrowToken(subject.token, exchange);
  if (token === null) return null;
  return {
    subject: { ...subject, token },
    resource: narrowResource(resource, { root: subject.token, exchange, listed }),
  };
}

/** Whether the token is for somebody who answers to these names: any that is for everybody is. @rule T3 */
export function isForAudience({ exchanged }: Pick<TokenFacts, 'exchanged'>, names: readonly string[]): boolean {
  if (exchanged === null || exchanged.audience === null) return true;
  return exchanged.audience.some((each) => names.includes(each));
}
