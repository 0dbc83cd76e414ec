// Which thing the path of a route is about, as facts are asked for it.

import type { ResourceKey } from '../facts/source.ts';

type Params = Readonly<Record<string, string>>;

/** The organization `{org}`. */
export function organizationIn(params: Params): ResourceKey {
  return { type: 'organization', login: params.org ?? '' };
}

/** The enterprise `{enterprise}`. */
export function enterpriseIn(params: Params): ResourceKey {
  return { type: 'enterprise', slug: params.enterprise ?? '' };
}

/** The repository `{owner}/{repo}`. */
export function repositoryIn(params: Params): ResourceKey {
  return { type: 'repository', owner: params.owner ?? '', name: params.repo ?? '' };
}

/** The account `{username}`. */
export function accountIn(params: Params): ResourceKey {
  return { type: 'account', login: params.username ?? '' };
}

/** The person who calls. */
export function theHolder(): ResourceKey {
  return { type: 'holder' };
}
