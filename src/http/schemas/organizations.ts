// Organizations, memberships and teams, as GitHub shapes them.

import { Type } from 'typebox';
import { MEMBERSHIP_ROLES } from '../../domain/vocabulary.ts';
import { Id, Login, Nullable, PAGE_QUERY, Strict, Time, Url, UrlTemplate } from './common.ts';
import { ignored } from './ignored.ts';

const NAME_CHARACTERS_MAX = 255;
const BASE_PERMISSIONS = ['none', 'read', 'write', 'admin'] as const;

export const OrganizationPath = Type.Object({ org: Login });
export const MembershipPath = Type.Object({ org: Login, username: Login });

export const Organization = Type.Object(
  { login: Type.String(), id: Id, url: Url, repos_url: Url, members_url: UrlTemplate, description: Type.Null() },
  { $id: 'Organization' },
);

export const OrganizationProfile = Type.Object(
  {
    login: Type.String(),
    id: Id,
    type: Type.Literal('Organization'),
    name: Nullable(Type.String()),
    profile_name: Nullable(Type.String()),
    url: Url,
    html_url: Url,
    repos_url: Url,
    members_url: UrlTemplate,
    description: Type.Null(),
    created_at: Time,
    default_repository_permission: Type.Optional(
      Type.Enum([...BASE_PERMISSIONS], { description: 'Only to who may read the administration of the organization' }),
    ),
  },
  { $id: 'OrganizationProfile' },
);

const ProfileName = Nullable(Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX }));

export const OrganizationPatch = Strict(
  {
    login: Type.Optional(Login),
    profile_name: Type.Optional(ProfileName),
    name: Type.Optional(ProfileName),
    default_repository_permission: Type.Optional(Type.Enum([...BASE_PERMISSIONS])),
    ...ignored([
      'billing_email',
      'company',
      'email',
      'twitter_username',
      'location',
      'description',
      'blog',
      'has_organization_projects',
      'has_repository_projects',
      'members_can_create_repositories',
      'members_can_create_internal_repositories',
      'members_can_create_private_repositories',
      'members_can_create_public_repositories',
      'members_allowed_repository_creation_type',
      'members_can_create_pages',
      'members_can_create_public_pages',
      'members_can_create_private_pages',
      'members_can_fork_private_repositories',
      'web_commit_signoff_required',
      'advanced_security_enabled_for_new_repositories',
      'dependabot_alerts_enabled_for_new_repositories',
      'dependabot_security_updates_enabled_for_new_repositories',
      'dependency_graph_enabled_for_new_repositories',
      'secret_scanning_enabled_for_new_repositories',
      'secret_scanning_push_protection_enabled_for_new_repositories',
      'secret_scanning_push_protection_custom_link_enabled',
      'secret_scanning_push_protection_custom_link',
      'deploy_keys_enabled_for_repositories',
    ]),
  },
  { title: 'Organization', description: '`name` is GitHub’s word for `profile_name`' },
);

export const MembersQuery = Type.Object({
  ...PAGE_QUERY,
  role: Type.Optional(Type.Enum(['all', ...MEMBERSHIP_ROLES])),
  filter: Type.Optional(Type.Enum(['all'], { description: 'Second factors are not known here' })),
});

export const Membership = Type.Object(
  {
    url: Url,
    state: Type.Literal('active'),
    role: Type.Enum([...MEMBERSHIP_ROLES]),
    organization_url: Url,
    organization: Type.Ref('Organization'),
    user: Type.Ref('Account'),
  },
  { $id: 'Membership' },
);

export const MembershipWish = Strict(
  { role: Type.Optional(Type.Enum([...MEMBERSHIP_ROLES], { description: '`member` where it is not given' })) },
  { title: 'Membership' },
);
