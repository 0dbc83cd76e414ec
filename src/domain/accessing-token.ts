// A token that asks for, or has, access to an organization, as its reviewers see it, and the permission by which they look
// for such tokens.

import { isPermissionLevel, type PermissionMap } from './permission.ts';
import { invalid } from './refusal.ts';
import type { Level, RepositorySelection } from './vocabulary.ts';

export type AccessingToken = {
  /** Of the request or the grant. */
  readonly id: number;
  /** When it was asked, or granted. */
  readonly at: Date;
  /** Of a request: what its holder told the reviewers. */
  readonly reason: string | null;
  readonly holder: { readonly id: number; readonly login: string; readonly site_admin: boolean };
  readonly permissions: PermissionMap;
  readonly repository_selection: RepositorySelection;
  readonly token_id: number;
  readonly token_name: string;
  readonly token_expired: boolean;
  readonly token_expires_at: Date | null;
  readonly token_last_used_at: Date | null;
};

const PERMISSION_WITH_LEVEL = /^([a-z_]+)_([a-z]+)$/;

/** The permission and level of `issues_read`. Refuses: 422. */
export function readPermissionFilter(text: string): { readonly name: string; readonly level: Level } {
  const [, name = '', level = ''] = PERMISSION_WITH_LEVEL.exec(text) ?? [];
  if (isPermissionLevel(name, level)) return { name, level };
  throw invalid('Query', 'permission', 'invalid', 'must be a permission and one of its levels, as in `issues_read`');
}
