// Repositories, as GitHub shapes them.

import { Type } from 'typebox';
import { AFFILIATION_WORDS } from '../../domain/affiliation.ts';
import { ROLE_WORDS } from '../../domain/role-words.ts';
import { VISIBILITIES } from '../../domain/vocabulary.ts';
import { Id, Login, Nullable, PAGE_QUERY, RepositoryName, Strict, Time, Url } from './common.ts';
import { ignored } from './ignored.ts';

const DESCRIPTION_CHARACTERS_MAX = 1024;
/** More than a login has: what is no login is told so as one that is nobody's. */
const OWNER_CHARACTERS_MAX = 255;
const AFFILIATIONS_MAX = 10;

export const RepositoryPath = Type.Object({ owner: Login, repo: RepositoryName });

const Flag = Type.Boolean();
export const RoleFlags = Type.Object(Object.fromEntries(ROLE_WORDS.map((word) => [word, Flag])), {
  description: 'What the holder himself may do, whatever his token says',
});

export const Repository = Type.Object(
  {
    id: Id,
    name: Type.String(),
    full_name: Type.String(),
    owner: Type.Ref('Account'),
    private: Type.Boolean({ description: 'Not public' }),
    visibility: Type.Enum([...VISIBILITIES]),
    description: Nullable(Type.String()),
    archived: Type.Boolean(),
    disabled: Type.Boolean(),
    fork: Type.Boolean(),
    url: Url,
    html_url: Url,
    created_at: Time,
    permissions: Type.Optional(RoleFlags),
  },
  { $id: 'Repository', description: '`permissions` is left out where the answer is what a stranger would get' },
);

const WISH = {
  description: Type.Optional(Nullable(Type.String({ maxLength: DESCRIPTION_CHARACTERS_MAX }))),
  private: Type.Optional(
    Type.Boolean({ description: '`true`: private, `false`: public. May not differ from `visibility`' }),
  ),
  visibility: Type.Optional(
    Type.Enum([...VISIBILITIES], { description: '`internal` needs an organization of an enterprise' }),
  ),
};

/** What GitHub's repositories have beyond ours, when they are made and when they are edited. */
const BEYOND = [
  'homepage',
  'has_issues',
  'has_projects',
  'has_wiki',
  'has_discussions',
  'has_downloads',
  'is_template',
  'allow_squash_merge',
  'allow_merge_commit',
  'allow_rebase_merge',
  'allow_auto_merge',
  'delete_branch_on_merge',
  'use_squash_pr_title_as_default',
  'squash_merge_commit_title',
  'squash_merge_commit_message',
  'merge_commit_title',
  'merge_commit_message',
] as const;

export const NewRepository = Strict(
  {
    name: RepositoryName,
    ...WISH,
    ...ignored([...BEYOND, 'auto_init', 'gitignore_template', 'license_template', 'team_id', 'custom_properties']),
  },
  {
    title: 'Repository',
    description: 'Without `private` and `visibility` it is private, where GitHub would say public',
  },
);

export const RepositoryPatch = Strict(
  {
    name: Type.Optional(RepositoryName),
    ...WISH,
    archived: Type.Optional(Type.Boolean()),
    ...ignored([
      ...BEYOND,
      'default_branch',
      'has_pull_requests',
      'pull_request_creation_policy',
      'allow_update_branch',
      'allow_forking',
      'web_commit_signoff_required',
      'security_and_analysis',
    ]),
  },
  { title: 'Repository' },
);

export const Transfer = Strict(
  {
    new_owner: Type.String({
      maxLength: OWNER_CHARACTERS_MAX,
      description: 'Your own login, or that of an organization that you own',
    }),
    new_name: Type.Optional(RepositoryName),
    ...ignored(['team_ids']),
  },
  { title: 'Repository' },
);

const ORDER = {
  sort: Type.Optional(
    Type.Enum(['created', 'updated', 'pushed', 'full_name'], {
      description: 'Pushes and updates are not known here: `updated` and `pushed` sort like `created`',
    }),
  ),
  direction: Type.Optional(
    Type.Enum(['asc', 'desc'], { description: 'Without it `asc` for `full_name`, else `desc`' }),
  ),
};

export const OwnRepositoriesQuery = Type.Object({
  ...PAGE_QUERY,
  ...ORDER,
  visibility: Type.Optional(Type.Enum(['all', 'public', 'private'], { description: '`private`: not public' })),
  affiliation: Type.Optional(Type.Array(Type.Enum([...AFFILIATION_WORDS]), { maxItems: AFFILIATIONS_MAX })),
  type: Type.Optional(
    Type.Enum(['all', 'owner', 'public', 'private', 'member'], {
      description: 'Not together with `visibility` or `affiliation`',
    }),
  ),
});

export const OrganizationRepositoriesQuery = Type.Object({
  ...PAGE_QUERY,
  ...ORDER,
  type: Type.Optional(
    Type.Enum(['all', 'public', 'private', 'forks', 'sources', 'member'], {
      description: '`member`: where the caller has a role. Nothing is a fork here: `forks` are none, `sources` all',
    }),
  ),
});
