// The bodies of AuthZEN's searches (Authorization API 1.0 section 8, contract 10). Members that are not declared are ignored, and
// the id of what is searched is not declared.

import { Type } from 'typebox';
import { ActionShape, AnyMembers, ContextShape, ResourceShape, SubjectShape } from './evaluation.ts';

const PAGE_LIMIT_MAX = 1000;
const PAGE_LIMIT_DEFAULT = 100;

const Page = Type.Object({
  token: Type.Optional(Type.String({ description: '`next_token` of the page before, with the same question' })),
  limit: Type.Optional(
    Type.Integer({
      ...{
        minimum: 1,
        maximum: PAGE_LIMIT_MAX,
        description: `Results on a page; ${PAGE_LIMIT_DEFAULT}, or as many as before`,
      },
    }),
  ),
  properties: Type.Optional(AnyMembers),
});

const COMMON = { context: Type.Optional(ContextShape), page: Type.Optional(Page) };

export const SubjectSearch = Type.Object(
  {
    subject: Type.Object(
      {
        type: Type.String({ description: '`user`; of any other there are none' }),
        properties: Type.Optional(AnyMembers),
      },
      { examples: [{ type: 'user' }] },
    ),
    action: ActionShape,
    resource: ResourceShape,
    ...COMMON,
  },
  { title: 'Subject search' },
);

export const ResourceSearch = Type.Object(
  {
    subject: SubjectShape,
    action: ActionShape,
    resource: Type.Object(
      {
        type: Type.String({
          description: '`repository`, `organization`, `user` or `enterprise`; of any other there are none',
        }),
        properties: ResourceShape.properties.properties,
      },
      { examples: [{ type: 'repository' }] },
    ),
    ...COMMON,
  },
  { title: 'Resource search' },
);

export const ActionSearch = Type.Object(
  { subject: SubjectShape, resource: ResourceShape, ...COMMON },
  { title: 'Action search' },
);

const PageAnswer = Type.Object({
  next_token: Type.String({ description: 'For the next page; empty: there is none' }),
  count: Type.Integer({ description: 'Results on this page' }),
});

export const EntitiesFound = Type.Object({
  page: PageAnswer,
  results: Type.Array(Type.Object({ type: Type.String(), id: Type.String() })),
});

export const ActionsFound = Type.Object({
  page: PageAnswer,
  results: Type.Array(Type.Object({ name: Type.String({ description: '`permission:level`' }) })),
});
