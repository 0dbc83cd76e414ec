// A person or an organization with all the members that GitHub's clients expect of one. The addresses of things that this
// service does not have lead nowhere.

import { Type } from 'typebox';
import { Id, Url, UrlTemplate } from './common.ts';

export const SimpleUser = Type.Object(
  {
    login: Type.String(),
    id: Id,
    node_id: Type.String(),
    avatar_url: Url,
    gravatar_id: Type.Literal(''),
    url: Url,
    html_url: Url,
    followers_url: Url,
    following_url: UrlTemplate,
    gists_url: UrlTemplate,
    starred_url: UrlTemplate,
    subscriptions_url: Url,
    organizations_url: Url,
    repos_url: Url,
    events_url: UrlTemplate,
    received_events_url: Url,
    type: Type.Enum(['User', 'Organization']),
    site_admin: Type.Boolean(),
  },
  { $id: 'SimpleUser' },
);
