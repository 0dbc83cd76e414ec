// Facts: everything that the rules need, as one immutable value. src/facts loads them; decide() reads nothing else.
// INVARIANT: what could not be read or understood is absent or null here, never a permissive default (F3).

import type { ExchangedFacts } from './exchanged.ts';
import type { TokenTimes } from './lifetime.ts';
import type { PermissionMap } from './permission.ts';
import type { EnterprisePolicy, OrganizationPolicy } from './policy.ts';
import type { MembershipRole, RepositorySelection, Role, Visibility } from './vocabulary.ts';

export type PersonFacts = {
  readonly id: number;
  readonly login: string;
  readonly suspended: boolean;
  readonly site_admin: boolean;
};

type TokenCommon = TokenTimes & {
  readonly id: number;
  readonly name: string;
  /** Of the text that was presented, where one was. */
  readonly hashed_token: string;
  /** Null: a text of the token itself. Else the token as an exchanged text of it has it now (T3). */
  readonly exchanged: ExchangedFacts | null;
};

export type ClassicTokenFacts = TokenCommon & {
  readonly kind: 'classic';
  readonly scopes: readonly string[];
};

/** What the resource owner lets a fine-grained token do now. */
export type GrantFacts = {
  readonly id: number;
  readonly permissions: PermissionMap;
  readonly repository_selection: RepositorySelection;
};

export type FineGrainedTokenFacts = TokenCommon & {
  readonly kind: 'fine_grained';
  /** Null when the resource owner is gone. */
  readonly resource_owner: {
    readonly id: number;
    readonly type: 'User' | 'Organization';
    readonly login: string;
  } | null;
  readonly grant: GrantFacts | null;
  readonly request_pending: boolean;
};

export type TokenFacts = ClassicTokenFacts | FineGrainedTokenFacts;

/** Who presents what. A session and the user of an AuthZEN question are a person: no scopes, no token policies (T5). */
export type Subject =
  | { readonly type: 'anonymous' }
  | { readonly type: 'person'; readonly person: PersonFacts }
  | { readonly type: 'token'; readonly token: TokenFacts; readonly person: PersonFacts };

export type EnterpriseFacts = {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** Null: missing or not understood, which denies. */
  readonly policy: EnterprisePolicy | null;
  readonly holder_administers: boolean;
};

export type OrganizationFacts = {
  readonly type: 'Organization';
  readonly id: number;
  readonly login: string;
  readonly profile_name: string | null;
  readonly membership: MembershipRole | null;
  /** An owner gave this member the right to review requests and grants (A1). */
  readonly reviews: boolean;
  readonly policy: OrganizationPolicy | null;
  readonly enterprise: EnterpriseFacts | null;
  readonly sso: { readonly required: boolean; readonly authorized: boolean };
};

export type UserOwnerFacts = { readonly type: 'User'; readonly id: number; readonly login: string };

export type OwnerFacts = UserOwnerFacts | OrganizationFacts;

export type RepositoryFacts = {
  readonly type: 'repository';
  readonly id: number;
  readonly name: string;
  readonly owner: OwnerFacts;
  /** Null: not understood, which hides it. */
  readonly visibility: Visibility | null;
  readonly archived: boolean;
  /** The highest that the holder has from ownership, base permission, teams, collaboration, enterprise (C5). */
  readonly role: Role | null;
  /** Whether it is one of the repositories that the token's grant lists (selection `subset`), or that an exchanged one may. */
  readonly selected: boolean;
};

export type Resource =
  | RepositoryFacts
  /** `by_team`: named by the id of one of its teams, which only its members may know of. */
  | { readonly type: 'organization'; readonly organization: OrganizationFacts; readonly by_team?: true }
  | { readonly type: 'user'; readonly id: number; readonly login: string }
  | { readonly type: 'enterprise'; readonly enterprise: EnterpriseFacts }
  /** The operation is about nothing in particular (`GET /emojis`). */
  | { readonly type: 'none' }
  /** It was named, and there is no such thing. `owner`: whose it would be, where that one is there. */
  | { readonly type: 'absent'; readonly owner?: Pick<OwnerFacts, 'type' | 'id' | 'login'> };

export type Facts = {
  readonly subject: Subject;
  readonly resource: Resource;
};
