// A person or an organization where an answer names one.

import { Type } from 'typebox';
import { Id } from './common.ts';

export const Account = Type.Object(
  {
    login: Type.String(),
    id: Id,
    type: Type.Enum(['User', 'Organization']),
    url: Type.String({ format: 'uri' }),
    html_url: Type.String({ format: 'uri' }),
  },
  { $id: 'Account' },
);
