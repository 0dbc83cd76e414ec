// The headers of answers in the OpenAPI document (contract 1, 8 and 9): each stands once among the components, and answers refer to it.

import type { DocumentContent, DocumentOperation, DocumentPaths } from './openapi-examples.ts';

type Header = { readonly description: string; readonly schema: { readonly type: 'string' | 'integer' } };
type Answer = DocumentContent & { headers?: Record<string, unknown> };

const text = (description: string): Header => ({ description, schema: { type: 'string' } });
const number = (description: string): Header => ({ description, schema: { type: 'integer' } });

const HEADERS = {
  'X-Request-Id': text('Of the request, as it came where it was well-formed'),
  Link: text('The pages around this one: `<URL>; rel="next"`, also `prev` and `first`'),
  'X-Consistency-Token': text('Of this change: a check that sends it back is answered by a state that contains it'),
  'X-Wait': text('With `wait`: `all` where every node has taken the change into account, else `incomplete`'),
  'X-OAuth-Scopes': text('To a classic token: its scopes'),
  'X-Accepted-OAuth-Scopes': text('To a classic token: the scopes of which any one suffices'),
  'X-Accepted-GitHub-Permissions': text(
    'To a fine-grained token: the permissions that are needed; `,` is and, `;` is or',
  ),
  'GitHub-Authentication-Token-Expiration': text('To a token: when the text that was presented ends; absent: never'),
  'X-GitHub-SSO': text('Single sign-on: `required; url=…`, or `partial-results; organizations=…` at a list'),
  'X-RateLimit-Limit': number('Calls an hour'),
  'X-RateLimit-Remaining': number('Calls that are left of them'),
  'X-RateLimit-Used': number('Calls that were made'),
  'X-RateLimit-Reset': number('When they are given anew, in seconds since 1970'),
  'X-RateLimit-Resource': text('What is counted: `core`'),
  'Retry-After': number('Seconds until it may go better'),
  'WWW-Authenticate': text('How to present a credential'),
  'X-Error-Status': text('The true status, where nginx can be told only of 200, 401 and 403'),
  'X-Auth-User': text('The login of the holder; empty: nobody'),
  'X-Auth-User-Id': text('The id of the holder; empty: nobody'),
  'X-Auth-Token-Id': text('The id of the token; empty: none'),
  'X-Auth-Scopes': text('What the token may, as introspection prints it'),
  'X-Auth-Workflows': text('A push: whether it may change workflows, `allowed` or `denied`; else empty'),
} as const;
type Name = keyof typeof HEADERS;

const LIMITS: readonly Name[] = [
  ...(['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Used'] as const),
  ...(['X-RateLimit-Reset', 'X-RateLimit-Resource'] as const),
];
const OF_TOKEN: readonly Name[] = [
  ...(['X-OAuth-Scopes', 'X-Accepted-OAuth-Scopes', 'X-Accepted-GitHub-Permissions'] as const),
  'GitHub-Authentication-Token-Expiration',
];
const OF_GATEWAY: readonly Name[] = [
  ...(['X-Auth-User', 'X-Auth-User-Id', 'X-Auth-Token-Id', 'X-Auth-Scopes', 'X-Auth-Workflows'] as const),
];
const OF_ERROR: Readonly<Record<string, readonly Name[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Puts to each answer what it may carry. Answers the headers that are referred to. */
export function addHeaders(paths: DocumentPaths): Record<string, Header> {
  const used = new Set<Name>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const operation of Object.values(methods)) {
      for (const [status, answer] of Object.entries<Answer>(operation.responses ?? {})) {
        const names = Number(status) < 400 ? ofSuccess(operation) : ofError(path, status, operation);
        for (const name of names) used.add(name);
        const entries = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
        if (entries.length > 0) answer.headers = Object.fromEntries(entries);
      }
    }
  }
  return Object.fromEntries([...used].sort().map((name) => [name, HEADERS[name]]));
}

function ofSuccess({ parameters = [], security = [] }: DocumentOperation): Name[] {
  const takes = new Set(security.flatMap((each) => Object.keys(each)));
  const has = (name: string): boolean => parameters.some((each) => each.in === 'query' && each.name === name);
  if (takes.has('gateway')) return ['X-Request-Id', ...OF_GATEWAY];
  const of_person = takes.has('session') || takes.has('token');
  return [
    'X-Request-Id',
    ...(has('per_page') ? (['Link'] as const) : []),
    ...(has('per_page') && takes.has('token') ? (['X-GitHub-SSO'] as const) : []),
    ...(has('wait') ? (['X-Consistency-Token', 'X-Wait'] as const) : []),
    ...(takes.has('token') ? OF_TOKEN : []),
    ...(of_person ? LIMITS : []),
  ];
}

function ofError(path: string, status: string, { security = [] }: DocumentOperation): readonly Name[] {
  const of_nginx = path === '/gateway/nginx' && status !== '503' ? (['X-Error-Status'] as const) : [];
  const of_token = status === '403' && security.some((each) => 'token' in each && !('gateway' in each));
  return [...(OF_ERROR[status] ?? []), ...(of_token ? (['X-GitHub-SSO'] as const) : []), ...of_nginx];
}
