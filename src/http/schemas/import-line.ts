// The lines of the bulk import on the wire (contract 5): what goes in, type by type, and what comes out. docs/import.md explains
// each member.

import { type Static, Type } from 'typebox';
import { IMPORT_RESULTS, IMPORT_TYPES } from '../../domain/import-line.ts';
import { ROLE_WORDS } from '../../domain/role-words.ts';
import { MEMBERSHIP_ROLES, VISIBILITIES } from '../../domain/vocabulary.ts';
import { Login, Nullable, RepositoryName, Strict } from './common.ts';
import { Email, ProfileName } from './people.ts';

/** More are not one enterprise's administrators; a line has to stay a line. */
const ADMINISTRATORS_MAX = 100;

export const ExternalId = Type.String({ minLength: 1, maxLength: 255, description: 'Its id in the source' });

/** A reference: the external id of an object that was imported before, or stands in an earlier line. */
const Ref = ExternalId;

const HEADER = {
  external_id: ExternalId,
  version: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Only ever grows' }),
};

/** GitHub's words, and the two that stand for `pull` and `push` in its answers. */
const Permission = Type.Enum([...ROLE_WORDS, 'read', 'write'] as const);

const MEMBERS = {
  user: {
    login: Login,
    email: Email,
    email_verified: Type.Optional(Type.Boolean()),
    profile_name: Type.Optional(Nullable(ProfileName)),
    suspended: Type.Optional(Type.Boolean()),
  },
  enterprise: {
    slug: Login,
    name: Type.String({ minLength: 1, maxLength: 255 }),
    administrators: Type.Optional(Type.Array(Ref, { maxItems: ADMINISTRATORS_MAX, description: 'All of them' })),
    admin: Type.Optional(Ref),
  },
  organization: {
    login: Login,
    profile_name: Type.Optional(Nullable(ProfileName)),
    enterprise: Type.Optional(Nullable(Ref)),
    default_repository_permission: Type.Optional(Type.Enum(['none', 'read', 'write', 'admin'])),
    admin: Type.Optional(Ref),
  },
  membership: { organization: Ref, user: Ref, role: Type.Enum([...MEMBERSHIP_ROLES]) },
  team: {
    organization: Ref,
    name: Type.String({ minLength: 1, maxLength: 255 }),
    slug: Type.Optional(Login),
  },
  repository: {
    owner: Ref,
    owner_type: Type.Optional(Type.Enum(['user', 'organization'])),
    name: RepositoryName,
    visibility: Type.Optional(Type.Enum([...VISIBILITIES])),
    private: Type.Optional(Type.Boolean()),
    archived: Type.Optional(Type.Boolean()),
    description: Type.Optional(Nullable(Type.String({ maxLength: 1024 }))),
  },
  team_member: { team: Ref, user: Ref, role: Type.Optional(Type.Enum(['member', 'maintainer'])) },
  team_repository: { team: Ref, repository: Ref, permission: Permission },
  collaborator: { repository: Ref, user: Ref, permission: Permission },
} as const;

function header<const Name extends keyof typeof MEMBERS>(type: Name) {
  return { type: Type.Literal(type), ...HEADER, deleted: Type.Optional(Type.Literal(false)) };
}

/** A line about an object that is there. */
export const LIVE_LINES = {
  user: Strict({ ...header('user'), ...MEMBERS.user }),
  enterprise: Strict({ ...header('enterprise'), ...MEMBERS.enterprise }),
  organization: Strict({ ...header('organization'), ...MEMBERS.organization }),
  membership: Strict({ ...header('membership'), ...MEMBERS.membership }),
  team: Strict({ ...header('team'), ...MEMBERS.team }),
  repository: Strict({ ...header('repository'), ...MEMBERS.repository }),
  team_member: Strict({ ...header('team_member'), ...MEMBERS.team_member }),
  team_repository: Strict({ ...header('team_repository'), ...MEMBERS.team_repository }),
  collaborator: Strict({ ...header('collaborator'), ...MEMBERS.collaborator }),
};
export type LiveLine = {
  [Name in keyof typeof LIVE_LINES]: Static<(typeof LIVE_LINES)[Name]>;
}[keyof typeof LIVE_LINES];

/** A line about an object that is gone. What else was known of it may stand there, and does not count. */
export const DELETED_LINES = Object.fromEntries(
  IMPORT_TYPES.map((type) => {
    const header = { type: Type.Literal(type), ...HEADER, deleted: Type.Literal(true) };
    return [type, Strict({ ...header, ...Type.Partial(Type.Object(MEMBERS[type])).properties })];
  }),
);
const Count = Type.Integer({ minimum: 0 });

export const ImportResultLine = Type.Object(
  {
    line: Type.Integer({ minimum: 1, description: 'Its number in the body' }),
    external_id: Nullable(Type.String()),
    result: Type.Enum([...IMPORT_RESULTS]),
    message: Type.Optional(Type.String({ description: 'With `error`: why' })),
  },
  { $id: 'ImportResult', description: 'One for each line, in their order' },
);

export const ImportCountsLine = Type.Object(
  {
    counts: Type.Object({ created: Count, updated: Count, unchanged: Count, stale: Count, error: Count }),
  },
  { $id: 'ImportCounts', description: 'The last line. Where it is missing, not every line was read' },
);

/** A line of the body, for the document: the import reads each by its type. */
export const ImportLineShape = Type.Union([...Object.values(LIVE_LINES), ...Object.values(DELETED_LINES)], {
  $id: 'ImportLine',
  description: 'References are external ids of objects that were imported before or stand in an earlier line',
});
