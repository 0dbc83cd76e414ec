// A person or an organization where an answer names one.

import { Type } from 'typebox';
import { Id, Url } from './common.ts';

export const Account = Type.Object(
  {
    login: Type.String(),
    id: Id,
    type: Type.Enum(['User', 'Organization']),
    url: Url,
    html_url: Url,
  },
  { $id: 'Account' },
);
