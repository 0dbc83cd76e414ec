// The shapes of people, organizations and enterprises on the wire (contract 4 and 5).

import { Type } from 'typebox';
import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN } from '../../domain/password.ts';
import { Id, Login, Nullable, Time, Url } from './common.ts';

export const Email = Type.String({ format: 'email', maxLength: 254, examples: ['ada@example.com'] });

export const ProfileName = Type.String({ minLength: 1, maxLength: 255, description: 'The name to show' });

export const NewPassword = Type.String({
  minLength: PASSWORD_CHARACTERS_MIN,
  maxLength: PASSWORD_BYTES_MAX,
  description: `At least ${PASSWORD_CHARACTERS_MIN} characters, at most ${PASSWORD_BYTES_MAX} bytes of UTF-8`,
});

export const UsernameParams = Type.Object({ username: Login });

const PROFILE = {
  id: Id,
  login: Type.String(),
  type: Type.Enum(['User', 'Organization']),
  profile_name: Nullable(Type.String()),
  name: Nullable(Type.String({ description: 'The same as `profile_name`' })),
  url: Url,
  html_url: Url,
  created_at: Time,
};

/** What everybody may know of a person or an organization. */
export const Profile = Type.Object(PROFILE, { $id: 'Profile' });

const EMAIL_SHOWN = 'Null where the credential may not read it (`emails:read`, `user:email`)';

/** Whose credential it is. */
export const OwnAccount = Type.Object(
  {
    ...PROFILE,
    email: Nullable(Type.String({ description: EMAIL_SHOWN })),
    email_verified: Nullable(Type.Boolean({ description: EMAIL_SHOWN })),
    site_admin: Type.Boolean(),
  },
  { $id: 'OwnAccount' },
);

/** A person as site administrators see him. */
export const Person = Type.Object(
  {
    ...PROFILE,
    email: Type.String(),
    email_verified: Type.Boolean(),
    site_admin: Type.Boolean(),
    suspended_at: Nullable(Time),
  },
  { $id: 'Person' },
);

export const PersonWithSetup = Type.Object(
  {
    ...Person.properties,
    password_setup_token: Type.Optional(
      Type.String({
        description: 'Where there is no password: chooses one at `POST /sessions/setup`, once, within 24 hours',
      }),
    ),
  },
  { $id: 'PersonWithSetup' },
);

/** An organization as site administrators see it. */
export const AdministeredOrganization = Type.Object(
  { ...PROFILE, enterprise: Nullable(Type.String({ description: 'The slug of its enterprise' })) },
  { $id: 'AdministeredOrganization' },
);

export const EnterprisePath = Type.Object({ enterprise: Login });
export const Enterprise = Type.Object(
  {
    id: Id,
    slug: Type.String(),
    name: Type.String(),
    created_at: Time,
    administrators: Type.Array(Type.String({ description: 'A login' })),
  },
  { $id: 'Enterprise' },
);
