// A second reading of C2's order: which type of thing an operation is about, by patterns over its path.

import { CATEGORY } from './tables.ts';

export type Row = {
  readonly method: string;
  readonly path: string;
  readonly permission_sets: readonly Readonly<Record<string, 'read' | 'write' | 'admin'>>[];
  readonly permissionless: boolean;
  readonly public_read: boolean;
  readonly classic_scopes?: readonly string[];
};

const REPOSITORY = /\{owner\}[^/{}]*\/[^/{}]*\{repo\}|\{repository_id\}/;
const ORGANIZATION = /\{(?:org|team_id)\}/;

export function resourceTypeIn({
  path,
  permission_sets,
}: Row): 'repository' | 'organization' | 'holder' | 'user' | 'none' {
  const repository = path.search(REPOSITORY);
  const organization = path.search(ORGANIZATION);
  const first = organization >= 0 && organization < repository;
  if (repository >= 0 && !path.startsWith('/user/') && !first) return 'repository';
  if (organization >= 0) return 'organization';
  if (/^\/user(?:\/|$)/.test(path)) return 'holder';
  if (path.includes('{username}')) return 'user';
  const names = permission_sets.flatMap((set) => Object.keys(set));
  return names.length > 0 && names.every((name) => CATEGORY.get(name) === 'account') ? 'holder' : 'none';
}
