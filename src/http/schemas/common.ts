// Shapes that several nouns share. In a path a value of another form is 404, in a query or a body 422 (contract 1).

import { type Static, Type } from 'typebox';
import { REASON_CODES } from '../../domain/reason.ts';
import { FIELD_CODES } from '../../domain/refusal.ts';

/** An id: an integer from 1 to 2^53 - 1. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** A login or slug. */
export const LOGIN_FORM = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?';

/** A repository's name at the end of a text. */
export const REPOSITORY_NAME_FORM = '(?!\\.{1,2}$)(?!.*\\.[gG][iI][tT]$)[A-Za-z0-9._-]{1,100}';

/** A login or slug. Compared case-insensitively. */
export const Login = Type.String({ pattern: `^${LOGIN_FORM}$` });

/** A repository's name, without its owner: not `.`, not `..`, not ending in `.git`. */
export const RepositoryName = Type.String({
  pattern: `^${REPOSITORY_NAME_FORM}$`,
});

/** An address. */
export const Url = Type.String({ format: 'uri' });

/** An address with a part to be put in. */
export const UrlTemplate = Type.String({ format: 'uri-template' });

/** A moment as the service prints it: RFC 3339, UTC, no milliseconds. */
export const Time = Type.String({ format: 'date-time', examples: ['2027-03-19T00:00:00Z'] });

/** `Shape` or null. */
export const Nullable = <Shape extends Parameters<typeof Type.Union>[0][number]>(shape: Shape) =>
  Type.Union([shape, Type.Null()]);

/** The query members of every list. More than 100 a page counts as 100. */
export const PAGE_QUERY = {
  per_page: Type.Optional(
    Type.Integer({
      minimum: 1,
      default: 30,
      description: 'Rows on a page; above 100 counts as 100',
    }),
  ),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000, default: 1, description: 'Number of the page' })),
};

/** The query of a list without filters. Unknown parameters are ignored. */
export const PageQuery = Type.Object(PAGE_QUERY);
export type PageQuery = Static<typeof PageQuery>;

/** A body or a part of one: members that are not declared are refused. */
export const Strict = <Properties extends Parameters<typeof Type.Object>[0]>(
  properties: Properties,
  options: { readonly title?: string; readonly description?: string; readonly minProperties?: number } = {},
) => Type.Object(properties, { ...options, additionalProperties: false });

/** An answer without a body. */
export const NoContent = Type.Null({ description: 'Done' });

/** The body of every error but those of the OAuth endpoints. */
export const ErrorBody = Type.Object(
  {
    message: Type.String(),
    code: Type.Enum([...REASON_CODES]),
    documentation_url: Url,
    status: Type.String({ description: 'The HTTP status, as text', examples: ['403'] }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          resource: Type.String(),
          field: Type.String({ description: "The member's path, with dots", examples: ['permissions.contents'] }),
          code: Type.Enum([...FIELD_CODES]),
          message: Type.String(),
        }),
        { description: 'With status 422: what is wrong with which member' },
      ),
    ),
    needed: Type.Optional(
      Type.Object(
        { permissions: Type.Array(Type.Array(Type.String())), scopes: Type.Array(Type.String()) },
        { description: 'With status 403: what would have been enough' },
      ),
    ),
  },
  { $id: 'Error' },
);
export type ErrorBody = Static<typeof ErrorBody>;

/** The same where the body was a document: what is wrong with it stands by JSON pointer. */
export const DocumentErrorBody = Type.Object(
  {
    ...ErrorBody.properties,
    errors: Type.Array(
      Type.Object({
        pointer: Type.String({ description: 'JSON pointer (RFC 6901)', examples: ['/3/permission_sets/0/contents'] }),
        message: Type.String(),
      }),
      { description: 'The first 100 faults' },
    ),
  },
  { $id: 'DocumentError' },
);
export type AnyErrorBody = Omit<ErrorBody, 'errors'> & { readonly errors?: readonly object[] };

/** 409: routes that can answer so say it; the other errors of a route follow from what it declares. */
export const Conflict = Type.Ref('Error', { description: 'Not in a state for it' });

/** The body of every error of the OAuth endpoints (RFC 6749 section 5.2). */
export const OAuthErrorBody = Type.Object(
  { error: Type.String(), error_description: Type.String() },
  { $id: 'OAuthError' },
);

/** What a repetition with the same `Idempotency-Key` is answered with. */
export const Replay = Type.Object(
  { replayed: Type.Literal(true) },
  {
    $id: 'Replay',
    additionalProperties: true,
    description: 'The same answer as before to the same `Idempotency-Key`; what was secret in it is null',
  },
);
