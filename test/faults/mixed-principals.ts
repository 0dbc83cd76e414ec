// F22: many people ask at once by everything that they have, three of ten calls are given up by who asked, and the database takes so long
// now and then that the service gives up what it has asked. Whoever is answered is answered about himself, and no connection is left with
// an answer that somebody else would get (promises P19, law I5).

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { ask } from '../support/backend.ts';
import { eventually } from '../support/service.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer } from '../support/world.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Plant } from './rig/plants.ts';
import type { Node, Rig } from './rig/rig.ts';
import { type Effort, type Scenario, tell } from './scenario.ts';

const PEOPLE = 60;
const AT_ONCE = 64;
const CALLS = { quick: 6000, whole: Number(process.env.CALLS ?? 200_000) } as const;
const ABORTED_PERCENT = 30;
const ABORTED_MS_MAX = 30;
const TIMEOUT_MS = 1000;
/** Of what the database sends, one part of so many comes later than anybody waits for it. */
const LATE_ONE_OF = 400;
const TOUCH_MS = 5;
const POOL = 10;

type Person = { readonly login: string; readonly session: string; readonly id: number; readonly text: string };
type Way = {
  readonly path: string;
  readonly headers: (of: Person) => Record<string, string>;
  readonly body?: (of: Person) => string;
  /** Whom the answer is about. */
  readonly about: (answer: Response, text: string) => unknown;
};

async function people(rig: Rig): Promise<readonly Person[]> {
  const rows = tokenRowsOf(rig.deps);
  const all: Person[] = [];
  for (let n = 0; n < PEOPLE; n += 1) {
    const person = await rig.world.person(`person-${n}`);
    const { id, text } = await rows.classic(person, { scopes: ['repo', 'user'] });
    all.push({ login: person.login, session: await rig.world.session(person), id, text });
  }
  return all;
}

async function waysOf(rig: Rig): Promise<readonly Way[]> {
  const { authorization } = await rig.world.client(['introspect', 'evaluate', 'gateway']);
  const json = { authorization, 'content-type': 'application/json' };
  const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  const login = (_: Response, text: string): unknown => JSON.parse(text).login;
  return [
    { path: '/user', headers: ({ text }) => bearer(text), about: login },
    { path: '/user', headers: ({ session }) => bearer(session), about: login },
    {
      path: '/oauth/introspect',
      headers: () => form,
      body: ({ text }) => `token=${text}`,
      about: (_, text) => JSON.parse(text).username,
    },
    {
      path: '/access/v1/evaluation',
      headers: () => json,
      body: ({ text, login: of }) => JSON.stringify(ask(text, 'metadata:read', ['user', of])),
      about: (_, text) => JSON.parse(text).context.holder?.login,
    },
    {
      path: '/gateway/forward-auth',
      headers: ({ text }) => ({
        ...bearer(text),
        'x-gateway-authorization': authorization,
        'x-forwarded-method': 'GET',
        'x-forwarded-uri': '/user',
      }),
      about: (answer) => answer.headers.get('x-auth-user'),
    },
  ];
}

type Counts = { right: number; wrong: number; told: number; aborted: number; readonly others: string[] };

async function once(node: Node, way: Way, of: Person, counts: Counts): Promise<void> {
  const is_given_up = randomInt(100) < ABORTED_PERCENT;
  const body = way.body?.(of);
  try {
    const answer = await fetch(`${node.url()}${way.path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: way.headers(of),
      ...(body !== undefined && { body }),
      ...(is_given_up && { signal: AbortSignal.timeout(randomInt(ABORTED_MS_MAX)) }),
    });
    const text = await answer.text();
    if (answer.status === 503) counts.told += 1;
    else if (answer.status !== 200) counts.others.push(`${way.path}: ${answer.status} ${text}`);
    else if (way.about(answer, text) === of.login) counts.right += 1;
    else counts.wrong += 1;
  } catch (error) {
    if (is_given_up) counts.aborted += 1;
    else counts.others.push(`${way.path}: ${error}`);
  }
}

/** Changes what is remembered of one after the other, until it is told to stop: who asks next asks the database. */
function keepTouching(rig: Rig, all: readonly Person[]): () => Promise<void> {
  let is_over = false;
  const touching = (async () => {
    for (let n = 0; !is_over; n += 1) {
      const id = all[n % all.length]?.id ?? 0;
      await rig.deps.db
        .updateTable('tokens')
        .set({ description: `touched ${n}` })
        .where('id', '=', id)
        .execute();
      await delay(TOUCH_MS);
    }
  })();
  return async () => {
    is_over = true;
    await touching;
  };
}

async function mix(t: Test, plant: Plant | null, calls: number): Promise<Counts> {
  const settings = { REQUEST_TIMEOUT_MS: String(TIMEOUT_MS), DATABASE_POOL: String(POOL) };
  const rig = await startEmbeddedRig(t, [plant, plant], settings);
  const [all, ways] = [await people(rig), await waysOf(rig)];
  const stop = keepTouching(rig, all);
  for (const { way } of rig.nodes) way.delay(() => (randomInt(LATE_ONE_OF) === 0 ? 2 * TIMEOUT_MS : 0));
  const counts: Counts = { right: 0, wrong: 0, told: 0, aborted: 0, others: [] };
  let left = calls;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        left -= 1;
        const [node, way, of] = [rig.nodes[left % 2], ways[left % ways.length], all[randomInt(all.length)]];
        if (node !== undefined && way !== undefined && of !== undefined) await once(node, way, of, counts);
      }
    }),
  );
  for (const { way } of rig.nodes) way.heal();
  await stop();
  const { right, wrong, told, aborted, others } = counts;
  tell(
    t,
    `${calls} calls: ${right} answered, ${wrong} of them about somebody else, ${told} told 503, ${aborted} given up, ${others.length} else`,
  );
  if (plant === null) await isWell(t, rig, all, ways);
  return counts;
}

/** Nothing is left of what was given up. */
async function isWell(t: Test, rig: Rig, all: readonly Person[], ways: readonly Way[]): Promise<void> {
  for (const node of rig.nodes)
    await eventually(async () => (await fetch(`${node.url()}/health/ready`)).status === 200);
  const counts: Counts = { right: 0, wrong: 0, told: 0, aborted: 0, others: [] };
  for (const of of all) {
    for (const way of ways) for (const node of rig.nodes) await once(node, way, of, counts);
  }
  t.match(counts, { wrong: 0, told: 0, others: [] }, 'everybody is answered again');
  await eventually(async () => {
    const [row] = await rig.postgres.execute(`select count(*)::int as n,
      count(*) filter (where state like 'idle in transaction%' or state = 'active')::int as busy
      from pg_stat_activity where application_name like 'gatehouse%' and pid <> pg_backend_pid()`);
    return Number(row?.n) <= (rig.nodes.length + 1) * (POOL + 2) && Number(row?.busy) === 0;
  });
  t.pass('no connection is left behind');
}

export const mixedPrincipals: Scenario = {
  ids: ['F22'],
  title: 'calls are given up on both sides, and whoever is answered is answered about himself',
  run: async (t, effort: Effort) => {
    const { right, wrong, others } = await mix(t, null, CALLS[effort]);
    t.equal(wrong, 0, 'nobody is answered about somebody else');
    t.same(others, [], 'answered, or told');
    t.ok(right > 0);
    await t.test('control: where questions share the answer of another, that is found', async (t) => {
      const found = await mix(t, 'shares the answer of another question', CALLS.quick);
      t.not(found.wrong, 0, `${found.wrong} of ${found.right + found.wrong}`);
    });
  },
};
