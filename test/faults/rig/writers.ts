// Writers: each leads tokens through a life (made, named, asked for, approved, exchanged, ended) and asks again, with the same
// Idempotency-Key where a call makes something, until it knows the outcome. Every attempt has a request id of its own, by which its
// entries of the record are found.

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Attempt } from './history.ts';
import { send } from './history.ts';
import type { Node, Rig } from './rig.ts';

const RETRY_MS = 150;
const ATTEMPTS_MAX = 2000;
const TIMEOUT_MS = 8000;
/** Of so many attempts one is given up by its caller soon: somewhere in the middle of what it does. */
const GIVEN_UP = 12;
const GIVEN_UP_MS = { min: 2, max: 60 } as const;
/** One token of so many is left alive: nobody may have any number of them. */
const STAYING = 20;

/** What each act writes into the record when it does something. */
export const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  make: ['oauth_access.create'],
  name: ['oauth_access.update'],
  exchange: ['personal_access_token.exchange'],
  ask: ['personal_access_token.create', 'personal_access_token.request_created'],
  approve: ['personal_access_token.access_granted'],
  end: ['oauth_access.destroy'],
  drop: ['personal_access_token.destroy'],
};

/** An answer that nothing here gives a reason for; the checker finds it among the attempts. */
class Refused extends Error {}

type Act = {
  readonly act: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly by: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Beside 2xx: what says that an earlier attempt has done it. */
  readonly done_before?: number;
};

export type Writing = {
  /** Ends when what each writer is at has an outcome. */
  readonly stop: () => Promise<void>;
  readonly lives: () => number;
};

/** Starts so many writers; each attempt goes to the node that the number of the attempt says. */
export function startWriters(rig: Rig, { count, nodes }: { count: number; nodes: readonly Node[] }): Writing {
  let is_over = false;
  let [lives, sent] = [0, 0];
  const run = Date.now().toString(36);
  const { ada, bob } = rig.sessions;
  const of_ada = { authorization: `Bearer ${ada}` };
  const of_bob = { authorization: `Bearer ${bob}` };

  async function once({ act, key, method, path, by, body, done_before }: Act): Promise<Answer | null> {
    sent += 1;
    const node = nodes[sent % nodes.length] as Node;
    const request_id = `${key}-${sent}`;
    const headers = { ...by, 'x-request-id': request_id, ...(method === 'POST' && { 'idempotency-key': key }) };
    const timeout_ms = sent % GIVEN_UP === 0 ? randomInt(GIVEN_UP_MS.min, GIVEN_UP_MS.max) : TIMEOUT_MS;
    const answer = await send({ method, url: `${node.url()}${path}`, headers, body, timeout_ms });
    const { sent_at, got_at, status, text } = answer;
    const is_repetition = answer.status === done_before || text.includes('"replayed":true');
    const attempt: Attempt = { sent_at, got_at, status, node: node.name, act, key, request_id, is_repetition };
    rig.history.attempts.push(attempt);
    const is_known = status !== null && (status < 400 || status === done_before);
    if (is_known) return answer;
    // An attempt that was cut off may still be at work under its key.
    const may_be_tried = status === null || status >= 500 || status === 409 || status === 429;
    if (!may_be_tried) throw new Refused(`${act} ${method} ${path}: ${status} ${text}`);
    return null;
  }

  async function until(act: Act): Promise<Answer> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !rig.over.aborted; attempt += 1) {
      const answer = await once(act);
      if (answer !== null) return answer;
      await delay(RETRY_MS);
    }
    throw new Error(`${act.act} has no outcome`);
  }

  const id = (answer: Answer): number => Number((JSON.parse(answer.text) as { id: number }).id);
  const text = (answer: Answer): string | null => (JSON.parse(answer.text) as { token: string | null }).token;
  const TOKENS = '/user/personal-access-tokens';

  async function classicLife(key: string): Promise<void> {
    const body = { kind: 'classic', name: key, scopes: ['repo'] };
    const made = await until({ act: 'make', key: `${key}-make`, method: 'POST', path: TOKENS, by: of_ada, body });
    const path = `${TOKENS}/${id(made)}`;
    const described = { description: `${key} named` };
    await until({ act: 'name', key: `${key}-name`, method: 'PATCH', path, by: of_ada, body: described });
    const token = text(made);
    if (token !== null) {
      const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }).toString();
      const by = { authorization: rig.authorization };
      await until({ act: 'exchange', key: `${key}-exchange`, method: 'POST', path: '/oauth/token', by, body: form });
    }
    if (lives % STAYING !== 0) {
      await until({ act: 'end', key: `${key}-end`, method: 'DELETE', path, by: of_ada, done_before: 404 });
    }
  }

  async function fineGrainedLife(key: string): Promise<void> {
    const permissions = { contents: 'read' };
    const body = { kind: 'fine_grained', name: key, resource_owner: 'guard', repository_selection: 'all', permissions };
    const made = await until({ act: 'ask', key: `${key}-ask`, method: 'POST', path: TOKENS, by: of_bob, body });
    const { approval } = JSON.parse(made.text) as { approval: { request_id: number } };
    const path = `/orgs/guard/personal-access-token-requests/${approval.request_id}`;
    const action = { action: 'approve' };
    await until({
      act: 'approve',
      key: `${key}-approve`,
      method: 'POST',
      path,
      by: of_ada,
      body: action,
      done_before: 409,
    });
    if (lives % STAYING !== 0) {
      const token = `${TOKENS}/${id(made)}`;
      await until({ act: 'drop', key: `${key}-drop`, method: 'DELETE', path: token, by: of_bob, done_before: 404 });
    }
  }

  async function write(writer: number): Promise<void> {
    for (let life = 0; !is_over && !rig.over.aborted; life += 1) {
      const key = `${run}-${writer}-${life}`;
      try {
        await ((writer + life) % 2 === 0 ? classicLife(key) : fineGrainedLife(key));
        lives += 1;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
  }

  const writers = Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
  // An error of one is seen by who stops them.
  writers.catch(() => undefined);
  return {
    stop: async () => {
      is_over = true;
      await writers;
    },
    lives: () => lives,
  };
}
