// Teams, as GitHub shapes them.

import { Type } from 'typebox';
import { ROLE_WORDS } from '../../domain/role-words.ts';
import { Id, Login, RepositoryName, Strict, Time, Url } from './common.ts';
import { ignored } from './ignored.ts';

const NAME_CHARACTERS_MAX = 255;
/** Members, or repositories, with which a team can be made in one call. */
const FIRST_MAX = 100;
const FULL_NAME_CHARACTERS_MAX = 255;
/** Teams that were made when slugs might be longer are found by them still. */
const Slug = Type.String({ pattern: '^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?$' });

export const TeamPath = Type.Object({ org: Login, team_slug: Slug });
export const TeamMembershipPath = Type.Object({ org: Login, team_slug: Slug, username: Login });
export const TeamRepositoryPath = Type.Object({ org: Login, team_slug: Slug, owner: Login, repo: RepositoryName });

const TEAM = {
  id: Id,
  name: Type.String(),
  slug: Type.String(),
  description: Type.Null(),
  privacy: Type.Literal('closed', { description: 'Every member of the organization sees it' }),
  permission: Type.Literal('pull', { description: 'What the team gets on a repository where nothing else is said' }),
  url: Url,
  html_url: Url,
  parent: Type.Null(),
};

export const Team = Type.Object(TEAM, { $id: 'Team' });

export const TeamProfile = Type.Object(
  {
    ...TEAM,
    members_count: Type.Integer({ minimum: 0 }),
    repos_count: Type.Integer({ minimum: 0 }),
    created_at: Time,
    organization: Type.Ref('Organization'),
  },
  { $id: 'TeamProfile' },
);

export const NewTeam = Strict(
  {
    name: Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX }),
    maintainers: Type.Optional(
      Type.Array(Login, { maxItems: FIRST_MAX, description: 'Its first members, who are of the organization' }),
    ),
    repo_names: Type.Optional(
      Type.Array(Type.String({ maxLength: FULL_NAME_CHARACTERS_MAX }), {
        maxItems: FIRST_MAX,
        description: 'Its first repositories, as `owner/name`; each needs `administration:write`',
      }),
    ),
    permission: Type.Optional(Type.Enum(['pull', 'push'], { description: 'On `repo_names`; `pull` where not given' })),
    ...ignored(['description', 'privacy', 'notification_setting', 'parent_team_id', 'parent_team_slug']),
  },
  { title: 'Team' },
);

export const TeamMembership = Type.Object(
  {
    url: Url,
    role: Type.Enum(['member', 'maintainer'], { description: 'Owners of the organization maintain every team' }),
    state: Type.Literal('active'),
  },
  { $id: 'TeamMembership' },
);

export const TeamMembershipWish = Strict(
  { role: Type.Optional(Type.Enum(['member', 'maintainer'], { description: 'Accepted and ignored' })) },
  { title: 'TeamMember' },
);

export const TeamRepositoryWish = Strict(
  { permission: Type.Optional(Type.Enum([...ROLE_WORDS], { description: '`pull` where it is not given' })) },
  { title: 'TeamRepository' },
);
