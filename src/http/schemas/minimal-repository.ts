// A repository with all the members that GitHub's clients expect of one in a list. The addresses of things that this service
// does not have lead nowhere.

import { Type } from 'typebox';
import { VISIBILITIES } from '../../domain/vocabulary.ts';
import { Id, Nullable, Time, Url, UrlTemplate } from './common.ts';

/** Members that are addresses, and what comes after the repository's own address there. */
export const REPOSITORY_URLS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
} as const;

/** A value for each of the addresses. */
export function eachRepositoryUrl<Value>(make: (suffix: string) => Value): Record<keyof typeof REPOSITORY_URLS, Value> {
  const entries = Object.entries(REPOSITORY_URLS).map(([name, suffix]) => [name, make(suffix)]);
  return Object.fromEntries(entries) as Record<keyof typeof REPOSITORY_URLS, Value>; // the same names
}

export const MinimalRepository = Type.Object(
  {
    id: Id,
    node_id: Type.String(),
    name: Type.String(),
    full_name: Type.String(),
    owner: Type.Ref('SimpleUser'),
    private: Type.Boolean({ description: 'Not public' }),
    visibility: Type.Enum([...VISIBILITIES]),
    description: Nullable(Type.String()),
    fork: Type.Boolean(),
    archived: Type.Boolean(),
    disabled: Type.Boolean(),
    html_url: Url,
    url: Url,
    ...eachRepositoryUrl(() => UrlTemplate),
    created_at: Time,
  },
  { $id: 'MinimalRepository' },
);
