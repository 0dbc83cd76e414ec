// Plays a story: makes each call as it stands, sees to it that the answer has the expected status, and keeps what later calls
// refer to.

import type { App } from '../../src/http/app-type.ts';
import { CONTENT_TYPES } from '../../src/http/body.ts';
import { exampleIdToken } from './id-token.ts';
import { type Caller, From, FromMail, IdToken, type Step } from './step.ts';

/** A call with all references replaced, and its answer. */
export interface Played {
  readonly step: Step;
  readonly request: {
    readonly path?: Readonly<Record<string, unknown>>;
    readonly query?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  /** Absent for who calls without a credential. */
  readonly credential?: readonly string[];
  /** Absent where no gateway asks. */
  readonly gateway?: readonly string[];
  readonly answer: { readonly status: number; readonly body?: unknown };
  /** Of the answer, by their names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
}

type Kept = Map<string, unknown>;

export interface Player {
  readonly play: (step: Step) => Promise<Played>;
}

export type Surroundings = {
  /** What the service's clock says. */
  readonly clock?: () => Date;
  /** The text of the last mail that the service sent. */
  readonly lastMail?: () => string;
};

/** `toReal`: a text of the story as it is now, with its moments moved. */
export function makePlayer(
  app: App,
  toReal: (text: string) => string,
  { clock = () => new Date(), lastMail = () => '' }: Surroundings = {},
): Player {
  const kept: Kept = new Map();

  async function play(step: Step): Promise<Played> {
    const request = {
      ...(step.path && { path: resolved(step.path) as Record<string, unknown> }),
      ...(step.query && { query: resolved(step.query) as Record<string, unknown> }),
      ...(step.headers && { headers: step.headers }),
      ...('body' in step && { body: resolved(step.body) }),
    };
    const credential = credentialOf(kept, step.by);
    const gateway = step.gateway && credentialOf(kept, { type: 'client', kept: step.gateway });
    const sent = bodyOf(step, request.body);
    const reply = await app.inject({
      method: step.operation.split(' ')[0] as 'GET', // a story names only methods that there are
      url: urlOf(step, request.path ?? {}, request.query ?? {}),
      headers: {
        'x-request-id': 'a-request-of-yours',
        'user-agent': 'an-example',
        ...request.headers,
        ...(credential && { authorization: authorizationOf(credential) }),
        ...(gateway && { 'x-gateway-authorization': authorizationOf(gateway) }),
        ...(sent && { 'content-type': sent.type }),
      },
      ...(sent && { payload: sent.text }),
    });
    if (reply.statusCode !== step.status) {
      throw new Error(`${step.operation} (${step.summary}): ${reply.statusCode} and not ${step.status}: ${reply.body}`);
    }
    const body = readBody(reply.headers['content-type'], reply.body);
    if (step.keep !== undefined) kept.set(step.keep, body);
    const answer = { status: reply.statusCode, ...(body !== undefined && { body }) };
    const { headers } = reply;
    return { step, request, ...(credential && { credential }), ...(gateway && { gateway }), answer, headers };
  }

  function resolved(value: unknown): unknown {
    if (value instanceof From) return memberOf(kept, value);
    if (value instanceof FromMail) return value.pattern.exec(lastMail())?.[1];
    if (value instanceof IdToken) return exampleIdToken(value.sub, clock().getTime() / 1000);
    if (typeof value === 'string') return toReal(value);
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each)]));
  }

  return { play };
}

/** The header that presents this credential: one text, or the id and secret of a client. */
export function authorizationOf(credential: readonly string[]): string {
  return credential.length === 1
    ? `Bearer ${credential[0]}`
    : `Basic ${Buffer.from(credential.join(':')).toString('base64')}`;
}

function credentialOf(kept: Kept, by: Caller): string[] | undefined {
  if (by.type === 'nobody') return undefined;
  const members = by.type === 'client' ? ['client_id', 'client_secret'] : ['token'];
  return members.map((member) => String(memberOf(kept, new From(by.kept, member))));
}

function memberOf(kept: Kept, { kept: name, member }: From): unknown {
  let value = kept.get(name);
  for (const part of member.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  if (value === undefined) throw new Error(`the answer \`${name}\` has no member \`${member}\` so far`);
  return value;
}

function urlOf({ operation }: Step, path: Record<string, unknown>, query: Record<string, unknown>): string {
  const template = operation.slice(operation.indexOf(' ') + 1);
  const url = template.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) parameters.append(name, String(each));
  }
  return parameters.size === 0 ? url : `${url}?${parameters}`;
}

function bodyOf(step: Step, body: unknown): { type: string; text: string } | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'string') return { type: CONTENT_TYPES.lines, text: body };
  if (!step.form) return { type: CONTENT_TYPES.json, text: JSON.stringify(body) };
  const members = Object.entries(body as Record<string, string | readonly string[]>);
  const pairs = members.flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each]));
  return { type: CONTENT_TYPES.form, text: new URLSearchParams(pairs).toString() };
}

function readBody(type: unknown, text: string): unknown {
  if (text === '') return undefined;
  return String(type).startsWith('application/json') ? JSON.parse(text) : text;
}
