// The record of a token as its holder sees it (contract 6): what it is, what was last asked, and what holds now.

import type { PermissionMap } from './permission.ts';
import type { RepositorySelection, TokenState } from './vocabulary.ts';

export const REQUEST_STATES = ['pending', 'approved', 'denied', 'cancelled'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** The last request for this token, and how it was reviewed. */
export type Approval = {
  readonly request_id: number;
  readonly state: RequestState;
  readonly reason: string | null;
  readonly review_reason: string | null;
  /** The reviewer's login. */
  readonly reviewed_by: string | null;
  readonly reviewed_at: Date | null;
};

export type Granted = { readonly permissions: PermissionMap; readonly repository_selection: RepositorySelection };

type CommonRecord = {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: TokenState;
  readonly created_at: Date;
  readonly secret_issued_at: Date;
  /** Null: never. */
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly token_last_eight: string;
  readonly hashed_token: string;
  /** The end of the overlap of the text before the present one; null where there is none that lives. */
  readonly previous_secret_expires_at: Date | null;
};

export type ClassicTokenRecord = CommonRecord & {
  readonly kind: 'classic';
  readonly scopes: readonly string[];
  readonly sso: readonly { readonly org: string; readonly authorized_at: Date }[];
};

export type FineGrainedTokenRecord = CommonRecord & {
  readonly kind: 'fine_grained';
  /** Null when the resource owner is gone. */
  readonly resource_owner: { readonly login: string; readonly type: 'User' | 'Organization' } | null;
  /** Survives the owner. */
  readonly resource_owner_id: number;
  readonly permissions: PermissionMap;
  readonly repository_selection: RepositorySelection;
  readonly granted: Granted | null;
  readonly approval: Approval | null;
};

export type TokenRecord = ClassicTokenRecord | FineGrainedTokenRecord;
