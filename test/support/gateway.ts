// The questions of a gateway, in the way of each kind, and what it is answered.

import type { InjectOptions } from 'fastify';

export const STYLES = ['nginx', 'forward-auth', 'envoy'] as const;
export type Style = (typeof STYLES)[number];

type Answer = {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};
type Inject = (request: InjectOptions) => Promise<Answer>;
type Headers = Readonly<Record<string, string | string[]>>;

export type Checked = {
  /** What the end caller is to be answered; nginx is told it in a header. */
  readonly status: number;
  /** On the wire. */
  readonly answered: number;
  /** The code of an error; empty for a yes. */
  readonly code: string;
  readonly text: string;
  readonly headers: Answer['headers'];
};

/** How this kind puts its question. */
export function questionOf(style: Style, method: string, target: string): InjectOptions {
  switch (style) {
    case 'nginx':
      return {
        method: 'GET',
        url: '/gateway/nginx',
        headers: { 'x-original-method': method, 'x-original-uri': target },
      };
    case 'forward-auth':
      return {
        method: 'GET',
        url: '/gateway/forward-auth',
        headers: { 'x-forwarded-method': method, 'x-forwarded-uri': target },
      };
    case 'envoy':
      return { method: method as 'GET', url: `/gateway/envoy${target}` };
  }
}

/** What was answered, in the same form for all kinds. */
export function checkedOf({ statusCode, body, headers }: Answer): Checked {
  const told = headers['x-error-status'];
  const code = body === '' ? '' : (JSON.parse(body) as { code: string }).code;
  return { status: told === undefined ? statusCode : Number(told), answered: statusCode, code, text: body, headers };
}

/** The five headers of a yes, in their order. */
export function handedOn({ headers }: Checked): readonly unknown[] {
  return ['user', 'user-id', 'token-id', 'scopes', 'workflows'].map((name) => headers[`x-auth-${name}`]);
}

/** Asks as the gateway with this credential. */
export function gatewayOf(inject: Inject, authorization: string) {
  const own = { 'x-gateway-authorization': authorization };
  return async (style: Style, request: string, caller: Headers = {}): Promise<Checked> => {
    const [method = '', target = ''] = request.split(' ');
    const question = questionOf(style, method, target);
    return checkedOf(await inject({ ...question, headers: { ...own, ...question.headers, ...caller } }));
  };
}
