// The calls of a backend service, for tests of what such services ask.

import type { InjectOptions } from 'fastify';

type Answer = {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};
type Inject = (request: InjectOptions) => Promise<Answer>;
export type Asked = {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a body is looked at, not used
  readonly body: any;
  readonly headers: Answer['headers'];
};

export type Question = {
  readonly subject: { readonly type: string; readonly id: string };
  readonly action: { readonly name: string };
  readonly resource: { readonly type: string; readonly id: string; readonly properties?: object };
};

const FORM = 'application/x-www-form-urlencoded';

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

/** The calls of the client with this `Authorization`. */
export function backendOf(inject: Inject, authorization: string) {
  async function call(
    url: string,
    payload: string | object,
    headers: Readonly<Record<string, string>>,
  ): Promise<Asked> {
    const answer = await inject({ method: 'POST', url, headers: { authorization, ...headers }, payload });
    return {
      status: answer.statusCode,
      text: answer.body,
      body: JSON.parse(answer.body),
      headers: answer.headers,
    };
  }
  const form = (url: string, parameters: Readonly<Record<string, string>> | string): Promise<Asked> =>
    call(url, typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString(), {
      'content-type': FORM,
    });

  return {
    introspect: (token: string) => form('/oauth/introspect', { token }),
    revoke: (token: string) => form('/oauth/revoke', { token }),
    form,
    /** `subject_token` narrowed as the parameters say; a list stands for a repeated one. */
    exchange: (subject_token: string, parameters: Readonly<Record<string, string | readonly string[]>> = {}) => {
      const all = { ...EXCHANGE, subject_token, ...parameters };
      const pairs = Object.entries(all).flatMap(([name, value]) =>
        [value].flat().map((each): [string, string] => [name, each]),
      );
      return form('/oauth/token', new URLSearchParams(pairs).toString());
    },
    evaluate: (question: object, headers: Readonly<Record<string, string>> = {}) =>
      call('/access/v1/evaluation', question, headers),
    evaluateMany: (questions: object) => call('/access/v1/evaluations', questions, {}),
    search: (type: 'subject' | 'resource' | 'action', question: object) =>
      call(`/access/v1/search/${type}`, question, {}),
  };
}

/** A question about a token, by its text or id. */
export function ask(
  token: string | number,
  action: string,
  [type, id]: readonly [string, string],
  properties?: object,
): Question {
  const resource = properties === undefined ? { type, id } : { type, id, properties };
  return { subject: { type: 'token', id: String(token) }, action: { name: action }, resource };
}
