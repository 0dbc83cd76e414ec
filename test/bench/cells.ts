// What is measured: for each cell the request, how its answer is known to be right, and the answer that the bare route gives
// in place of ours. Both sides get the same bytes and have the same schemas.

import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { Account } from '../../src/http/schemas/account.ts';
import { EvaluationAnswer, EvaluationQuestion } from '../../src/http/schemas/evaluation.ts';
import { Introspection } from '../../src/http/schemas/introspection.ts';
import { Repository, RepositoryPath } from '../../src/http/schemas/repositories.ts';
import type { WorkingToken } from '../support/large-world.ts';
import type { Ask } from './asking.ts';

/** What others ask of us, about tokens that people present to them. */
export const CHECK_NAMES = ['introspection', 'evaluation', 'gateway'] as const;
export const CELL_NAMES = [...CHECK_NAMES, 'own route'] as const;
export type CellName = (typeof CELL_NAMES)[number];

/** The credentials of a client that may ask everything: ready as a header. */
export type Credentials = { readonly authorization: string };

export interface BareRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly schema: { readonly body?: TSchema; readonly params?: TSchema; readonly response: Record<number, TSchema> };
  /** Schemas that these refer to. */
  readonly shared: readonly TSchema[];
  /** As long as ours; undefined: no body. */
  readonly answer: object | undefined;
  /** Those of our headers that are part of the answer by contract, as long as ours; not those that any server may add. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Cell {
  /** What is asked about this token. */
  readonly request: (token: WorkingToken, client: Credentials) => string;
  /** All must be in the answer of the service: that it is a yes, and that it is about this token. */
  readonly answers: (token: WorkingToken) => readonly string[];
  readonly bare: BareRoute;
  /** What the bare route's answer is known by. */
  readonly bare_answers: readonly string[];
}

const SECONDS = 1_800_000_000;
const REQUEST_ID = { 'x-request-id': '0192d4c6-6b1c-7c1e-8f3a-1b2c3d4e5f60' };

function get(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export function post(
  path: string,
  headers: Readonly<Record<string, string>> & { readonly 'content-type': string },
  body: string,
): string {
  const all = { host: '127.0.0.1', ...headers, 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

const introspection: Cell = {
  request: ({ text }, client) => post('/oauth/introspect', { ...client, ...FORM }, `token=${text}`),
  answers: ({ id }) => ['"active":true', `"jti":"${id}"`],
  bare: {
    method: 'POST',
    path: '/oauth/introspect',
    schema: {
      body: Type.Object({ token: Type.String(), token_type_hint: Type.Optional(Type.String()) }),
      response: { 200: Introspection },
    },
    shared: [],
    answer: {
      active: true,
      scope: 'contents:read metadata:read',
      token_type: 'Bearer',
      sub: '17000',
      username: 'person-17000',
      iss: 'http://127.0.0.1:8080',
      iat: SECONDS,
      exp: SECONDS,
      jti: '34000',
      token_kind: 'fine_grained',
      state: 'active',
      resource_owner: 'organization-170',
      repository_selection: 'subset',
      repositories: [
        { id: 169, full_name: 'organization-170/repository-169' },
        { id: 1169, full_name: 'organization-170/repository-1169' },
      ],
      permissions: { contents: 'read', metadata: 'read' },
    },
    headers: { ...REQUEST_ID, 'cache-control': 'no-store' },
  },
  bare_answers: ['"active":true'],
};

const evaluation: Cell = {
  request: ({ text, repository }, client) =>
    post(
      '/access/v1/evaluation',
      { ...client, ...JSON_TYPE },
      JSON.stringify({
        subject: { type: 'token', id: text },
        action: { name: 'contents:read' },
        resource: { type: 'repository', id: repository },
      }),
    ),
  answers: ({ id }) => ['"decision":true', `"token_id":${id},`],
  bare: {
    method: 'POST',
    path: '/access/v1/evaluation',
    schema: { body: EvaluationQuestion, response: { 200: EvaluationAnswer } },
    shared: [],
    answer: {
      decision: true,
      context: {
        reason: 'allowed',
        status: 200,
        message: 'Allowed',
        holder: { id: 17000, login: 'person-17000' },
        token_id: 34000,
        as_of: '2027-01-15T08:00:00Z',
      },
    },
    headers: REQUEST_ID,
  },
  bare_answers: ['"decision":true'],
};

const gateway: Cell = {
  request: ({ text, repository }, client) =>
    get('/gateway/nginx', {
      'x-gateway-authorization': client.authorization,
      authorization: `Bearer ${text}`,
      'x-original-method': 'GET',
      'x-original-uri': `/repos/${repository}`,
    }),
  answers: ({ id }) => [`\r\nx-auth-token-id: ${id}\r\n`],
  bare: {
    method: 'GET',
    path: '/gateway/nginx',
    schema: { response: { 200: Type.Null() } },
    shared: [],
    answer: undefined,
    headers: {
      ...REQUEST_ID,
      'cache-control': 'no-store',
      'x-auth-user': 'person-17000',
      'x-auth-user-id': '17000',
      'x-auth-token-id': '34000',
      'x-auth-scopes': 'contents:read metadata:read',
      'x-auth-workflows': 'none',
    },
  },
  bare_answers: ['\r\nx-auth-token-id: 34000\r\n'],
};

const repository_url = 'http://127.0.0.1:8080/repos/organization-170/repository-169';

const own_route: Cell = {
  request: ({ text, repository }) => get(`/repos/${repository}`, { authorization: `Bearer ${text}` }),
  answers: ({ repository }) => [`"full_name":"${repository}"`],
  bare: {
    method: 'GET',
    path: '/repos/:owner/:repo',
    schema: { params: RepositoryPath, response: { 200: Type.Ref('Repository') } },
    shared: [Account, Repository],
    answer: {
      id: 169,
      name: 'repository-169',
      full_name: 'organization-170/repository-169',
      owner: {
        login: 'organization-170',
        id: 10_170,
        type: 'Organization',
        url: 'http://127.0.0.1:8080/orgs/organization-170',
        html_url: 'http://127.0.0.1:8080/organization-170',
      },
      private: true,
      visibility: 'private',
      description: null,
      archived: false,
      disabled: false,
      fork: false,
      url: repository_url,
      html_url: repository_url,
      created_at: '2027-01-15T08:00:00Z',
      permissions: { admin: false, maintain: false, push: false, triage: true, pull: true },
    },
    headers: {
      ...REQUEST_ID,
      'x-accepted-github-permissions': 'metadata=read',
      'github-authentication-token-expiration': '2027-03-19 00:00:00 UTC',
      'x-ratelimit-limit': '1000000000',
      'x-ratelimit-remaining': '999999990',
      'x-ratelimit-used': '10',
      'x-ratelimit-reset': String(SECONDS),
      'x-ratelimit-resource': 'core',
    },
  },
  bare_answers: ['"full_name":"organization-170/repository-169"'],
};

export const CELLS: Readonly<Record<CellName, Cell>> = {
  introspection,
  evaluation,
  gateway,
  'own route': own_route,
};

/** What is asked of the service, one for each token. */
export function asksOf(cell: CellName, tokens: readonly WorkingToken[], client: Credentials): readonly Ask[] {
  const { request, answers } = CELLS[cell];
  return tokens.map((token) => ({ request: request(token, client), answers: answers(token) }));
}

/** The same bytes, asked of the bare route. */
export function bareAsksOf(cell: CellName, tokens: readonly WorkingToken[], client: Credentials): readonly Ask[] {
  const { request, bare_answers } = CELLS[cell];
  return tokens.map((token) => ({ request: request(token, client), answers: bare_answers }));
}
