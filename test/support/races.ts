// Two calls at once over one world, at every place where it could matter: the one waits before one of its statements while the other is
// answered, or waits for it. What both come to must be what they come to one after the other, in one of the two orders: answers, rows,
// entries of the record, messages. Neither is told of a fault, none waits for the other in a circle (a deadlock costs a second, and the
// call is made three times at most), and what another node remembers is what is there.

import pg from 'pg';
import { type Logger, pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openPool } from '../../src/db/pool.ts';
import type { FactsQuestion, LoadedFacts } from '../../src/facts/source.ts';
import { buildApp } from '../../src/http/app.ts';
import { createDatabase } from './database.ts';
import { type Act, actsOf } from './race-acts.ts';
import { gateAt, watchStatements } from './race-gate.ts';
import { type Difference, ENTRIES, keepState, type RaceState } from './race-state.ts';
import { FINE_GRAINED_TOKENS_MAX, plantRaceWorld, type RaceWorld } from './race-world.ts';
import { REUSE } from './reuse.ts';

const DEADLOCK = '40P01';
/** So soon a deadlock is looked for: mostly nobody would wait a second for that. */
const DEADLOCK_MS = 30;
const LOOK_MS = 3;
const NEVER = Number.POSITIVE_INFINITY;
const TIMEOUT_MS = 20_000;
const SETTINGS = {
  ...{ CACHE_MIB: '4', REQUEST_TIMEOUT_MS: String(TIMEOUT_MS), MAX_LAG_MS: '0', FRESHNESS_MS: '30000' },
  ...{
    RATE_LIMIT_PER_HOUR: '1000000',
    REVOCATION_CALLS_PER_HOUR: '1000000',
    MAX_FINE_GRAINED_TOKENS: FINE_GRAINED_TOKENS_MAX,
  },
};

/**
 * Who names by a path what is renamed meanwhile may mean it by its former name, and whose session ends may still be answered: the answer then
 * is one that neither order gives, and both did what they should.
 */
const BY_NAME = /rename|session: close|a session leak/;
/** Of what is told while hooks change, some is told by the state before. */
const OF_HOOKS = /^hook: (?:make|edit|delete)/;
const TOLD = ['public.hook_messages', 'pgboss.job'];
/** The second of two imports, and of two calls with one key, is told to come again; so is who signs on while the settings change. */
const ONE_AT_A_TIME = [/^import/, /keyed/, /^sso: (?:require|other issuer|unset|sign on)/];

type Pair = readonly [first: string, second: string];
type Outcome = { readonly answers: readonly string[]; readonly difference: Difference };

export type Race = {
  /** How many statements the first has in its transactions. */
  readonly statements: number;
  /** What is wrong with both at once, the first of which waits before its statement of this number. */
  readonly faultsAt: (at: number) => Promise<readonly string[]>;
};

export type Races = {
  readonly acts: ReadonlyMap<string, Act>;
  readonly raceOf: (pair: Pair) => Promise<Race>;
};

/** What was answered, as far as it is the same in every run. Of a refusal that it is one: of several reasons another may be found first. */
function printed({ statusCode, body }: { readonly statusCode: number; readonly body: string }): string {
  if (statusCode >= 500) return `${statusCode} ${body}`;
  if (statusCode >= 300) return 'refused';
  if (!body.includes('"counts"')) return String(statusCode);
  const lines = body.trim().split('\n');
  return lines.flatMap((line) => JSON.parse(line).result ?? []).join(' ');
}

/** The members of every object in one order. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_name, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

const withoutMoment = ({ now: _now, epoch: _epoch, ...facts }: LoadedFacts) => facts;

/** What a node remembers: some questions about everything that the calls change. */
function questionsOf({ tokens }: RaceWorld): readonly FactsQuestion[] {
  const subjects = [
    ...Object.values(tokens).map(({ digest }) => ({ type: 'token_text', digest }) as const),
    ...['bob', 'ada', 'cyd', 'dan'].map((login) => ({ type: 'login', login }) as const),
  ];
  const resources = [
    ...['mill', 'press', 'fresh'].map((name) => ({ type: 'repository', owner: 'acme', name }) as const),
    ...[{ type: 'organization', login: 'acme' } as const, { type: 'granted' } as const],
    { type: 'enterprise', slug: 'galaxy' } as const,
  ];
  const all = subjects.flatMap((subject) => resources.map((resource) => ({ subject, resource })));
  return all.filter((_, index) => index % 3 === 0).map((each) => ({ ...each, bounded_client_id: null }));
}

/** What is compared of an outcome of this pair. */
function comparable(pair: Pair, { answers, difference }: Outcome): string {
  const [by_name, of_hooks] = [BY_NAME, OF_HOOKS].map((kind) => pair.some((each) => kind.test(each)));
  const apart = [...(of_hooks ? TOLD : []), ...(by_name ? [ENTRIES] : [])];
  const tables = Object.entries(difference).filter(([name]) => !apart.includes(name));
  return inOrder([by_name ? [] : answers, Object.fromEntries(tables)]);
}

/** What is in the one and not in the other, shortly. */
function unlike(one: Outcome, other: Outcome): string {
  const tables = [...new Set([...Object.keys(one.difference), ...Object.keys(other.difference)])];
  const lines = tables.flatMap((table) => {
    const [these, those] = [one.difference[table] ?? ['as before'], other.difference[table] ?? ['as before']];
    const more = these.filter((each) => !those.includes(each)).map((each) => `+ ${each}`);
    const less = those.filter((each) => !these.includes(each)).map((each) => `- ${each}`);
    const is_like = more.length + less.length === 0 && these.length === those.length;
    return is_like ? [] : [`${table} (${these.length}, ${those.length})`, ...more, ...less];
  });
  return [`${one.answers.join(', ')} | ${other.answers.join(', ')}`, ...lines].join('\n  ');
}

/** Two nodes over a database of their own, which is set back after every race. Null where nobody may do that. */
export async function startRaces(t: Test, options: { readonly sso_required?: boolean } = {}): Promise<Races | null> {
  const { url, pool } = await createDatabase(t, { is_new: true });
  const superuser = superuserOf(url);
  if (superuser === null) return null;
  await lookForDeadlocksSoon(superuser);
  const parts = { config: loadConfig(SETTINGS), clock: () => new Date(), log: pino({ level: 'silent' }) as Logger };
  const deps = composeDeps({ ...parts, pool, is_fenced: true });
  const app = await buildApp(deps);
  const limits = { connections_max: 3, request_timeout_ms: TIMEOUT_MS, onIdleError: () => undefined };
  const other = composeDeps({ ...parts, pool: openPool({ url, ...limits }) });
  t.teardown(() => other.db.destroy());
  for (const { freshness } of [deps, other]) t.teardown(() => freshness.stop());
  t.teardown(() => app.close());
  const world = await plantRaceWorld(deps, options);
  const acts = actsOf(world);
  await deps.page_key(); // made at its first use
  const state = await keepState(superuser);
  t.teardown(() => state.end());
  let deadlocks = 0;
  const onError = (code: string): void => {
    if (code === DEADLOCK) deadlocks += 1;
  };
  t.teardown(watchStatements(onError));
  const questions = questionsOf(world);

  async function call(name: string): Promise<string> {
    const request = await (acts.get(name) as Act)();
    const headers = { ...request.headers, 'x-request-id': name.replaceAll(/[^a-z]+/g, '-') };
    return printed(await app.inject({ ...request, headers }));
  }

  async function remember(): Promise<void> {
    await other.freshness.catchUp();
    for (const question of questions) {
      if (other.facts.known(question) === null) other.facts.remember(question, await other.facts.load(question));
    }
  }

  /** What the other node remembers otherwise than it is. */
  async function staleFacts(): Promise<readonly string[]> {
    await other.freshness.catchUp();
    const known = questions.map((question) => other.facts.known(question));
    const loaded = await deps.facts.loadAll(questions);
    return loaded.flatMap((is, index) => {
      const said = known[index] ?? null;
      if (said === null || inOrder(withoutMoment(said)) === inOrder(withoutMoment(is))) return [];
      return [`remembered wrongly: ${inOrder(questions[index])}`];
    });
  }

  async function inTurn([first, second]: Pair): Promise<Outcome & { readonly statements: number }> {
    const gate = gateAt(NEVER);
    const answers = [await gate.run(() => call(first)), await call(second)];
    const difference = await state.difference();
    await state.reset();
    return { answers, difference, statements: gate.count() };
  }

  async function raceOf(pair: Pair): Promise<Race> {
    const [first, second] = pair;
    const forth = await inTurn(pair);
    const back = await inTurn([second, first]);
    const turned = { ...back, answers: back.answers.toReversed() };
    const possible = [forth, turned].map((each) => comparable(pair, each));
    const is_alone = ONE_AT_A_TIME.some((each) => each.test(first) && each.test(second));

    async function faultsAt(at: number): Promise<readonly string[]> {
      await remember();
      const before = deadlocks;
      const gate = gateAt(at);
      const one = gate.run(() => call(first));
      await Promise.race([one, gate.reached]);
      const two = call(second);
      await untilWaiting(state, two);
      gate.open();
      const answers = [await one, await two];
      const outcome = { answers, difference: await state.difference() };
      const stale = await staleFacts();
      await state.reset();
      const fits = is_alone || possible.includes(comparable(pair, outcome));
      return [
        ...answers.filter((each) => /^5\d\d /.test(each)),
        ...stale,
        ...(deadlocks > before ? [`${deadlocks - before} deadlocks`] : []),
        ...(fits ? [] : [`neither order gives this:\n  ${unlike(outcome, forth)}\n  ${unlike(outcome, turned)}`]),
      ];
    }
    return { statements: forth.statements, faultsAt };
  }
  return { acts, raceOf };
}

/** The same database for a role that may switch triggers off. */
function superuserOf(url: string): string | null {
  const reuse = process.env[REUSE];
  if (reuse === undefined) return null;
  const changed = new URL(url);
  changed.username = JSON.parse(reuse).superuser;
  return changed.href;
}

/** For sessions that begin from now on. */
async function lookForDeadlocksSoon(superuser: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuser });
  await client.connect();
  const name = new URL(superuser).pathname.slice(1);
  await client.query(`alter database ${name} set deadlock_timeout = ${DEADLOCK_MS}`);
  await client.end();
}

/** Until the call is answered, or waits for a lock. */
async function untilWaiting(state: RaceState, call: Promise<unknown>): Promise<void> {
  let answered = false;
  const end = call.then(() => {
    answered = true;
  });
  for (;;) {
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
    if (answered || (await state.waiting()) > 0) return;
  }
}
