// Where fuzzed requests go: the whole service after its story, with everybody's credentials. An answer of ours is never a fault (5xx),
// is in the shape that it says, and never repeats a secret that somebody else has.

import type { AddressInfo } from 'node:net';
import type { InjectOptions } from 'fastify';
import type { App } from '../../src/http/app-type.ts';
import { playStory } from '../examples/record.ts';
import type { Sent } from './mutate.ts';

export type Ground = {
  /** The calls of the story, each once. */
  readonly seeds: readonly Sent[];
  /** What is wrong with the answer to the request; null: nothing. */
  readonly judge: (request: Sent) => Promise<string | null>;
  /** Whether the story's people still have what they had: requests do what they say, deletion included. */
  readonly isWorn: () => Promise<boolean>;
  /** The same service behind a socket, and the `Authorization` of one of its clients. */
  readonly listen: () => Promise<{ readonly port: number; readonly client: string }>;
};

const AMPLE = {
  MAX_LAG_MS: '0', // how busy the machine is
  RATE_LIMIT_PER_HOUR: '1000000000',
  ANONYMOUS_PER_HOUR: '1000000000',
  BAD_CREDENTIALS_PER_MINUTE: '1000000000',
  REVOCATION_CALLS_PER_HOUR: '1000000000',
};

/** The address of keys of issuers, and the mail server, are nowhere: who asks for them is told so. */
const ELSEWHERE = /^\/(?:user\/sso-sessions|user\/email\/verification)/;

type Answer = { readonly statusCode: number; readonly body: string; readonly headers: Record<string, unknown> };

function fault(request: Sent, { statusCode, body, headers }: Answer): string | null {
  if (statusCode >= 500 && !(statusCode === 503 && ELSEWHERE.test(request.url)))
    return `${statusCode} ${body.slice(0, 300)}`;
  if (statusCode < 200) return `${statusCode}`;
  if (typeof headers['x-request-id'] !== 'string') return 'no X-Request-Id';
  const is_json = String(headers['content-type']).startsWith('application/json');
  if (statusCode >= 400 && !is_json && request.method !== 'HEAD') return `${statusCode} is not JSON`;
  if (/(?:\n|\\n)\s+at /.test(body)) return 'a stack';
  if (!is_json || body === '') return null;
  try {
    JSON.parse(body);
    return null;
  } catch {
    return 'is no JSON';
  }
}

/** Plays the story in the database and lets the work at it. */
export function onGround<Result>(url: string, work: (ground: Ground) => Promise<Result>): Promise<Result> {
  return playStory(
    url,
    async ({ app }) => {
      const inject = app.inject.bind(app) as unknown as (request: InjectOptions) => Promise<Answer>;
      const seeds = new Map<string, Sent>();
      const credentials: string[] = [];
      const named = (authorization: string) => {
        if (!credentials.includes(authorization)) credentials.push(authorization);
        return `@${credentials.indexOf(authorization)}`;
      };
      Object.assign(app, {
        inject: (request: InjectOptions) => {
          const sent = toSent(request, named);
          seeds.set(JSON.stringify(sent), sent);
          return inject(request);
        },
      } satisfies Partial<Record<keyof App, unknown>>);
      const credential = (text: string | undefined) => {
        const [, number] = /^@([0-9]+)$/.exec(text ?? '') ?? [];
        return number === undefined ? text : credentials[Number(number) % credentials.length];
      };
      async function send(request: Sent): Promise<Answer | null> {
        const headers = Object.entries(request.headers).map(([name, value]) => [name, credential(value) ?? '']);
        try {
          return await inject({
            method: request.method as 'GET',
            url: request.url,
            headers: Object.fromEntries(headers),
            ...(request.body !== null && { payload: Buffer.from(request.body.toWellFormed()) }),
          });
        } catch (error) {
          // What cannot stand in a request at all was not sent.
          if (error instanceof TypeError && /invalid|url/i.test(error.message)) return null;
          throw error;
        }
      }
      return {
        heard: () => undefined,
        end: () => {
          const ground: Ground = {
            seeds: [...seeds.values()],
            judge: async (request) => {
              const answer = await send(request);
              return answer === null ? null : fault(request, answer);
            },
            listen: async () => {
              if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
              const { port } = app.server.address() as AddressInfo;
              return { port, client: credentials.find((each) => each.startsWith('Basic ')) ?? '' };
            },
            isWorn: async () => {
              const answers = await Promise.all(
                credentials.map((_, n) =>
                  send({ method: 'GET', url: '/token', headers: { authorization: `@${n}` }, body: null }),
                ),
              );
              const live = answers.filter((answer) => answer?.statusCode === 200 || answer?.statusCode === 403);
              return live.length < credentials.length / 3;
            },
          };
          return work(ground);
        },
      };
    },
    AMPLE,
  );
}

function toSent({ method = 'GET', url, headers = {}, payload }: InjectOptions, named: (text: string) => string): Sent {
  const entries = Object.entries(headers as Record<string, string>).map(([name, value]): [string, string] => {
    const lower = name.toLowerCase();
    return [lower, /authorization$/.test(lower) ? named(value) : value];
  });
  return {
    method,
    url: String(url),
    headers: Object.fromEntries(entries),
    body: payload === undefined ? null : String(payload),
  };
}
