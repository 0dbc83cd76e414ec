// Where fuzzed requests go: the whole service after its story, with everybody's credentials, called without and with a socket.

import type { AddressInfo } from 'node:net';
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import type { App } from '../../src/http/app-type.ts';
import { playStory } from '../examples/record.ts';
import { credentialText } from './disguise.ts';
import type { Sent } from './mutate.ts';
import { converse, type Talk } from './talk.ts';
import type { Drawn, Handed } from './targets.ts';
import { listenToLog } from './told.ts';
import { NOT_SENT, type Verdict, verdictOn, verdictOnHeard } from './verdict.ts';
import { judgeWire, type Wire } from './wire.ts';

/** As every call of the story has it. */
const ID_OF_STORY = 'a-request-of-yours';

export type Ground = {
  /** The calls of the story, each once. */
  readonly seeds: readonly Sent[];
  readonly handed: Handed;
  /** On each request that was sent. */
  readonly judge: (drawn: Drawn) => Promise<readonly Verdict[]>;
  /** Whether the story's people still have what they had: requests do what they say, deletion included. */
  readonly isWorn: () => Promise<boolean>;
};

const REQUEST_TIMEOUT_MS = 20_000;
const AMPLE = {
  MAX_LAG_MS: '0', // how busy the machine is
  STANDING_REQUESTS: '10000',
  RATE_LIMIT_PER_HOUR: '1000000000',
  ANONYMOUS_PER_HOUR: '1000000000',
  BAD_CREDENTIALS_PER_MINUTE: '1000000000',
  REVOCATION_CALLS_PER_HOUR: '1000000000',
  REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
  DATABASE_POOL: '8',
};

type Injected = { readonly statusCode: number; readonly body: string; readonly headers: Record<string, unknown> };

/** What a list and a change answer for whoever goes on from there. */
function handedOut() {
  const [cursors, consistency_tokens] = [new Set<string>(), new Set<string>()];
  return {
    keep: ({ headers, body }: Injected): void => {
      for (const [, token] of body.matchAll(/"next_token":"([^"]+)"/g)) cursors.add(String(token));
      const { link, 'x-consistency-token': token } = headers;
      for (const [, cursor] of String(link ?? '').matchAll(/[?&](?:after|before|cursor)=([^&>]+)/g))
        cursors.add(decodeURIComponent(String(cursor)));
      if (typeof token === 'string' && consistency_tokens.size < CONSISTENCY_TOKENS) consistency_tokens.add(token);
    },
    all: (): Handed => ({ cursors: [...cursors], consistency_tokens: [...consistency_tokens] }),
  };
}

const CONSISTENCY_TOKENS = 20;
const NOTHING: Injected = { statusCode: 0, body: '', headers: {} };

/** The same for one row; null: it is no list. */
function byRows(seed: Sent): Sent | null {
  const { method, url, body } = seed;
  if (method === 'GET') return { ...seed, url: `${url}${url.includes('?') ? '&' : '?'}per_page=1` };
  if (!url.startsWith('/access/v1/search/')) return null;
  return { ...seed, body: JSON.stringify({ ...JSON.parse(body ?? '{}'), page: { limit: 1 } }) };
}

/** Plays the story in the database and lets the work at it. */
export function onGround<Result>(url: string, work: (ground: Ground) => Promise<Result>): Promise<Result> {
  const { stream, told } = listenToLog(REQUEST_TIMEOUT_MS);
  return playStory(
    url,
    async ({ app }) => {
      const inject = app.inject.bind(app) as unknown as (request: InjectOptions) => Promise<Injected>;
      const seeds = new Map<string, Sent>();
      const handed = handedOut();
      const credentials: string[] = [];
      const named = (authorization: string) => {
        if (!credentials.includes(authorization)) credentials.push(authorization);
        return `@${credentials.indexOf(authorization)}`;
      };
      Object.assign(app, {
        inject: async (request: InjectOptions) => {
          const sent = toSent(request, named);
          seeds.set(JSON.stringify(sent), sent);
          const answer = await inject(request);
          handed.keep(answer);
          return answer;
        },
      } satisfies Partial<Record<keyof App, unknown>>);

      /** With the credentials that stand by their number, and an id that tells this request from all others. */
      function real({ headers, ...request }: Sent): Sent {
        const entries = Object.entries(headers).map(([name, value]) => [name, credentialText(credentials, value)]);
        return { ...request, headers: Object.fromEntries(entries) };
      }

      let count = 0;
      async function send(request: Sent): Promise<Injected | null> {
        const { method, url, headers, body } = real(request);
        count += 1;
        const is_ours = headers['x-request-id'] === ID_OF_STORY;
        try {
          return await inject({
            method: method as 'GET',
            url,
            headers: { ...headers, ...(is_ours && { 'x-request-id': `s${count}` }) },
            ...(body !== null && { payload: Buffer.from(body.toWellFormed()) }),
          });
        } catch (error) {
          // What cannot stand in a request at all was not sent.
          if (error instanceof TypeError && /invalid|url/i.test(error.message)) return null;
          throw error;
        }
      }

      async function judgeTalk(port: number, { requests, ...talk }: Talk): Promise<readonly Verdict[]> {
        const verdicts: Verdict[] = [];
        await converse({ requests: requests.map(real), ...talk }, port, (request, id, heard) =>
          verdicts.push(verdictOnHeard(request, id, heard, told)),
        );
        return verdicts;
      }

      /** Its answers are no single requests': as often as it has some. */
      async function judgeBytes(port: number, wire: Wire): Promise<readonly Verdict[]> {
        const fault = await judgeWire(wire, port, credentials.find((each) => each.startsWith('Basic ')) ?? '');
        return wire.pieces.map(() => ({ class: fault === null ? 'in order' : 'fault', fault }));
      }

      /** Every list once more by single rows: what leads on from there. */
      async function readByRows(): Promise<void> {
        for (const seed of [...seeds.values()]) {
          const rows = byRows(seed);
          if (rows !== null) handed.keep((await send(rows)) ?? NOTHING);
        }
      }

      return {
        heard: () => undefined,
        end: async () => {
          await app.listen({ host: '127.0.0.1', port: 0 });
          const { port } = app.server.address() as AddressInfo;
          await readByRows();
          return work({
            seeds: [...seeds.values()],
            handed: handed.all(),
            judge: async (drawn) => {
              if ('talk' in drawn) return judgeTalk(port, drawn.talk);
              if ('wire' in drawn) return judgeBytes(port, drawn.wire);
              const answer = await send(drawn.request);
              if (answer === null) return [NOT_SENT];
              return [verdictOn(drawn.request, { status: answer.statusCode, ...answer }, told)];
            },
            isWorn: async () => {
              const asked = credentials.map((_, n) =>
                send({ method: 'GET', url: '/token', headers: { authorization: `@${n}` }, body: null }),
              );
              const live = (await Promise.all(asked)).filter(
                (each) => each?.statusCode === 200 || each?.statusCode === 403,
              );
              return live.length < credentials.length / 3;
            },
          });
        },
      };
    },
    AMPLE,
    pino({ level: 'info' }, stream),
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
