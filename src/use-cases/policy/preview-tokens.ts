// Which tokens a proposed policy would block, of all that it concerns. The domain says of each class of tokens whether it is; all
// tokens of those classes are counted, and those of the page judged one by one, as they are and as they would be. Nothing is changed.

import type { Kysely } from 'kysely';
import { type ConcernedTokenRow, readConcernedTokens } from '../../db/concerned-tokens.ts';
import { beginPatience } from '../../db/patience.ts';
import { findBlockedTokens } from '../../db/policy-preview.ts';
import type { Database } from '../../db/schema.ts';
import type { Deps } from '../../deps.ts';
import type { EnterpriseFacts, OrganizationFacts, PersonFacts, TokenFacts } from '../../domain/facts.ts';
import { asResource, type Blocking, newBlocking, type Proposal } from '../../domain/policy-preview.ts';
import {
  blockedAtEnterprise,
  blockedAtOrganizations,
  namedCaps,
  type ProposedEnterprise,
  type ProposedOrganization,
  REACHING_SCOPES,
} from '../../domain/policy-preview-classes.ts';
import { MEMBERSHIP_ROLES, type TokenKind } from '../../domain/vocabulary.ts';

export type Proposed = {
  readonly organizations: readonly ProposedOrganization[];
  /** The enterprise whose own things are concerned too. */
  readonly enterprise: ProposedEnterprise | null;
};

export type BlockedAt = Blocking & {
  readonly resource: { readonly type: 'organization' | 'enterprise'; readonly id: string };
};
export type PreviewedToken = {
  readonly id: number;
  readonly kind: TokenKind;
  readonly name: string;
  readonly holder: { readonly id: number; readonly login: string };
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly blocked_at: readonly BlockedAt[];
};

export type TokensPreview = {
  /** A page of those that would be blocked, the newest first. */
  readonly tokens: readonly PreviewedToken[];
  readonly tokens_count: number;
  readonly holders_count: number;
};
/** Of the time of the request, for the one statement that looks at all: nothing else of it takes long. */
const TIME_SHARE = 0.85;

export type Slice = { readonly limit: number; readonly offset: number };

function holderOf(row: ConcernedTokenRow): PersonFacts {
  return { id: row.holder_id, login: row.holder_login, suspended: row.holder_suspended !== false, site_admin: false };
}

/** The token as far as the owner's policy looks at it; null for a kind that is not understood, which is no credential. @rule F3 */
function tokenOf(row: ConcernedTokenRow): TokenFacts | null {
  const { id, name, secret_issued_at, expires_at, organization_id } = row;
  const common = {
    id,
    name,
    hashed_token: '',
    exchanged: null,
    secret_issued_at,
    expires_at,
    revoked_at: null,
    secret_expires_at: null,
  };
  if (row.kind === 'classic') return { ...common, kind: 'classic', scopes: row.scopes ?? [] };
  if (row.kind !== 'fine_grained' || organization_id === null) return null;
  return {
    ...common,
    kind: 'fine_grained',
    resource_owner: { id: organization_id, type: 'Organization', login: row.organization_login ?? '' },
    grant: row.grant_id === null ? null : { id: row.grant_id, permissions: {}, repository_selection: 'none' },
    request_pending: false,
  };
}

/** The organization as this token and its holder meet it. */
function metBy(row: ConcernedTokenRow, organization: OrganizationFacts): OrganizationFacts {
  const { enterprise, sso } = organization;
  return {
    ...organization,
    membership: MEMBERSHIP_ROLES.find((each) => each === row.membership_role) ?? null,
    enterprise: enterprise === null ? null : { ...enterprise, holder_administers: row.holder_administers === true },
    sso: { ...sso, authorized: row.sso_authorized === true },
  };
}

/** Finds what a row is about among what is proposed. */
function proposalFinder({ organizations, enterprise }: Proposed) {
  const by_id = new Map(organizations.map((each) => [each.before.id, each]));
  return (row: ConcernedTokenRow): Proposal | null => {
    if (row.organization_id !== null) {
      const found = by_id.get(row.organization_id);
      if (found === undefined) return null;
      return { before: asResource(metBy(row, found.before)), after: asResource(metBy(row, found.after)) };
    }
    if (enterprise === null) return null;
    const of = (facts: EnterpriseFacts) => ({ type: 'enterprise', enterprise: facts }) as const;
    const { holder_administers } = row;
    return {
      before: of({ ...enterprise.before, holder_administers }),
      after: of({ ...enterprise.after, holder_administers }),
    };
  };
}

function blockedAt(row: ConcernedTokenRow, proposal: Proposal | null, now: Date): BlockedAt | null {
  const token = tokenOf(row);
  if (token === null || proposal === null) return null;
  const blocking = newBlocking(holderOf(row), token, proposal, now);
  if (blocking === null) return null;
  const { after } = proposal;
  if (after.type === 'enterprise') return { resource: { type: 'enterprise', id: after.enterprise.slug }, ...blocking };
  return { resource: { type: 'organization', id: row.organization_login ?? '' }, ...blocking };
}

/** Rows of one token stand together; each token is told once. */
function byToken(blocked: readonly (readonly [ConcernedTokenRow, BlockedAt])[]): readonly PreviewedToken[] {
  const tokens = new Map<number, PreviewedToken & { readonly blocked_at: BlockedAt[] }>();
  for (const [row, at] of blocked) {
    const known = tokens.get(row.id);
    if (known !== undefined) {
      known.blocked_at.push(at);
      continue;
    }
    const { id, name, created_at, expires_at, last_used_at } = row;
    const holder = { id: row.holder_id, login: row.holder_login };
    const kind = row.kind === 'classic' ? 'classic' : 'fine_grained';
    tokens.set(id, { id, kind, name, holder, created_at, expires_at, last_used_at, blocked_at: [at] });
  }
  return [...tokens.values()];
}

/** What is proposed, as a question after the tokens of blocked classes. */
function searchFor({ organizations, enterprise }: Proposed) {
  const caps = namedCaps(organizations, enterprise);
  const blocked = blockedAtOrganizations(organizations, caps);
  return {
    organizations: organizations.flatMap(({ before: { id, sso } }, index) => {
      const classes = blocked[index];
      return classes === undefined ? [] : [{ id, sso_required: sso.required, ...classes }];
    }),
    enterprise: enterprise && { id: enterprise.before.id, classic: blockedAtEnterprise(enterprise, caps) },
    caps,
    reaching_scopes: REACHING_SCOPES,
  };
}

/** The tokens that the proposal would newly block, newest first. @rule F5.5, P1, P2, P4, P5 */
export function previewTokens(
  { db, config }: Deps,
  proposed: Proposed,
  { now, slice }: { readonly now: Date; readonly slice: Slice },
): Promise<TokensPreview> {
  const search = { ...searchFor(proposed), now, ...slice };
  const enterprise_id = proposed.enterprise?.before.id ?? null;
  const organization_ids = proposed.organizations.map((each) => each.before.id);
  // What is counted and what is shown are of one moment.
  const work = async (transaction: Kysely<Database>): Promise<TokensPreview> => {
    await beginPatience(transaction, Math.floor(config.request_timeout_ms * TIME_SHARE));
    const { token_ids, ...counts } = await findBlockedTokens(transaction, search);
    if (token_ids.length === 0) return { ...counts, tokens: [] };
    const rows = await readConcernedTokens(transaction, { organization_ids, enterprise_id, token_ids });
    const proposalFor = proposalFinder(proposed);
    const blocked = rows.flatMap((row): [ConcernedTokenRow, BlockedAt][] => {
      const at = blockedAt(row, proposalFor(row), now);
      return at === null ? [] : [[row, at]];
    });
    return { ...counts, tokens: byToken(blocked) };
  };
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}
