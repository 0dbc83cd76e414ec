// Collaborators and deploy keys of a repository, as GitHub shapes them.

import { Type } from 'typebox';
import { ROLE_WORDS } from '../../domain/role-words.ts';
import { ROLES } from '../../domain/vocabulary.ts';
import { Account } from './account.ts';
import { Id, Login, Nullable, PAGE_QUERY, RepositoryName, Strict, Time, Url } from './common.ts';
import { RoleFlags } from './repositories.ts';

const KEY_CHARACTERS_MAX = 8192;
const TITLE_CHARACTERS_MAX = 255;

export const CollaboratorPath = Type.Object({ owner: Login, repo: RepositoryName, username: Login });
export const DeployKeyPath = Type.Object({ owner: Login, repo: RepositoryName, key_id: Id });

export const CollaboratorsQuery = Type.Object({
  ...PAGE_QUERY,
  affiliation: Type.Optional(
    Type.Enum(['all', 'direct', 'outside'], {
      description:
        '`direct`: added to this repository; `outside`: those of them who are no members of the organization',
    }),
  ),
  permission: Type.Optional(Type.Enum([...ROLE_WORDS], { description: 'At least this' })),
});

export const Collaborator = Type.Object(
  { ...Account.properties, permissions: RoleFlags, role_name: Type.Enum([...ROLES]) },
  { $id: 'Collaborator' },
);

export const CollaboratorPermission = Type.Object(
  {
    permission: Type.Enum(['admin', 'write', 'read', 'none'], { description: '`maintain` is write, `triage` is read' }),
    role_name: Type.Enum([...ROLES, 'none']),
    user: Type.Object({ ...Account.properties, permissions: RoleFlags, role_name: Type.Enum([...ROLES, 'none']) }),
  },
  { $id: 'CollaboratorPermission' },
);

export const CollaboratorWish = Strict(
  { permission: Type.Optional(Type.Enum([...ROLE_WORDS], { description: '`push` where it is not given' })) },
  { title: 'Collaborator' },
);

export const DeployKey = Type.Object(
  {
    id: Id,
    key: Type.String({ description: 'Type and key, without the comment' }),
    url: Url,
    title: Type.String(),
    verified: Type.Boolean(),
    created_at: Time,
    read_only: Type.Boolean(),
    added_by: Type.String(),
    last_used: Nullable(Time),
    enabled: Type.Boolean(),
  },
  { $id: 'DeployKey' },
);

export const NewDeployKey = Strict(
  {
    title: Type.Optional(
      Type.String({ minLength: 1, maxLength: TITLE_CHARACTERS_MAX, description: "Without it the key's comment" }),
    ),
    key: Type.String({ minLength: 1, maxLength: KEY_CHARACTERS_MAX, description: 'An SSH public key' }),
    read_only: Type.Optional(Type.Boolean({ description: '`true` where it is not given' })),
  },
  { title: 'PublicKey' },
);
