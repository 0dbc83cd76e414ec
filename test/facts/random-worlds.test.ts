// From memory = straight from the database, in a world that changes at random while it is asked about (promises P1, P4, P5): with room
// for everything, with hardly any, with none, and fenced. Nodes that are deaf to one kind of change show that the test sees what is
// stale.

import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { type Logger, pino } from 'pino';
import t, { type Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { openChangeFeed } from '../../src/db/change-feed.ts';
import type { Change } from '../../src/db/changes.ts';
import { createCachedFacts } from '../../src/facts/cached.ts';
import { type Freshness, followChanges } from '../../src/facts/freshness.ts';
import { createOutage } from '../../src/facts/outage.ts';
import type { FactsQuestion, FactsSource, LoadedFacts } from '../../src/facts/source.ts';
import { createStrictFacts } from '../../src/facts/strict.ts';
import { drawing } from '../bench/remembered.ts';
import { seed } from '../rules/tape.ts';
import { pickBy, plantChangingWorld } from '../support/changing-world.ts';
import { createDatabase } from '../support/database.ts';
import { cases } from '../support/effort.ts';
import { plain } from '../support/random-answers.ts';

const QUESTIONS = 80;
const ASKED_AT_ONCE = 24;
const KINDS = ['token', 'account', 'repository', 'enterprise', 'client'] as const satisfies readonly Change['kind'][];
/** No divisor of the number of changes. */
const STRIDE = 11;
const CLIENT = 'organizations of the client';
/** Of a change that the database refuses. */
const TRIES_MAX = 5;
const OFTEN = 5;
const ROOM = 2 ** 20;
const HARDLY_ANY_ROOM = 20_000;
const BOUND_MS = 30_000;
const LAST_CHANGES = 100;

type Node = { readonly name: string; readonly facts: FactsSource };

/** Nodes that hear of the same commits at the same moment. */
async function startNodes(t: Test) {
  const { pool, url } = await createDatabase(t);
  const clock = () => new Date();
  const strict = createStrictFacts(pool, clock);
  const parts = {
    open: (events: Parameters<typeof openChangeFeed>[1]) =>
      openChangeFeed(
        { url, connect_ms_max: 5000, relied_ms: BOUND_MS, node: { id: null }, onSetBack: () => undefined },
        events,
      ),
    clock,
    monotonic_ms: () => performance.now(),
    bound_ms: BOUND_MS,
    read_ms_max: BOUND_MS,
    onFault: () => undefined,
  };
  const freshness = followChanges(parts);
  const outage = createOutage({ stale_ms_max: 0, freshness, monotonic_ms: parts.monotonic_ms });
  function node(name: string, bytes_max: number, is_fenced: boolean, deaf_to: Change['kind'] | null): Node {
    const listen: Freshness['listen'] = (listener) =>
      freshness.listen((changes) => listener(changes.filter(({ kind }) => kind !== deaf_to)));
    const heard = { ...freshness, listen };
    return { name, facts: createCachedFacts({ strict, freshness: heard, outage, bytes_max, clock, is_fenced }) };
  }
  const nodes = [
    node('with room', ROOM, false, null),
    node('with hardly any room', HARDLY_ANY_ROOM, false, null),
    node('that remembers nothing', 0, false, null),
    node('that is fenced', ROOM, true, null),
  ] as const;
  const deaf = KINDS.map((kind) => node(`that is deaf to ${kind}`, ROOM, false, kind));
  t.teardown(() => freshness.stop());
  const config = loadConfig({ CACHE_MIB: '4' });
  const deps = composeDeps({ pool, config, clock, log: pino({ level: 'silent' }) as Logger });
  return { pool, strict, nodes, deaf, deps, freshness };
}

/** What the two say differently, with the question. */
function difference(questions: readonly FactsQuestion[], told: readonly unknown[], right: readonly unknown[]): string {
  const index = questions.findIndex((_, each) => !isDeepStrictEqual(told[each], right[each]));
  return JSON.stringify({ question: questions[index], told: told[index], right: right[index] }, null, 1);
}

/** What was answered, but when, and how late a state it is of. */
function said(answers: readonly LoadedFacts[]): readonly unknown[] {
  return answers.map(({ now: _now, epoch: _epoch, ...answer }) => plain(answer));
}

async function askAll({ facts }: Node, questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
  const answers = await Promise.all(questions.map((question) => facts.load(question)));
  for (const [index, question] of questions.entries()) {
    const answer = answers[index];
    if (answer !== undefined) facts.remember(question, answer);
  }
  return answers;
}

t.test(
  'P1, P4, P5: what is told from memory is what the database says, whatever changes while it is asked',
  async (t) => {
    const { pool, strict, nodes, deaf, deps, freshness } = await startNodes(t);
    const { changes, steady, question } = await plantChangingWorld(deps);
    const from = seed();
    const draw = drawing(from);
    const asked_of = Array.from({ length: QUESTIONS }, () => question(draw));
    const [roomy, , , fenced] = nodes;
    const stale = new Map<string, number>();
    const changed = new Set<string>();
    const changes_made: string[] = [];
    let from_memory = 0;
    let compared = 0;
    let refused = 0;

    async function changeSomething(round: number): Promise<void> {
      // Everything by turns, and often what concerns few questions.
      const by_turns = Object.entries(changes)[(round * STRIDE) % Object.keys(changes).length];
      const [name, statement] = round % OFTEN === 0 ? [CLIENT, changes[CLIENT]] : (by_turns ?? []);
      if (name === undefined || statement === undefined) throw new Error('nothing to change');
      // Two of the same name, for example: then nothing has changed, and another is drawn.
      for (let tries = 0; tries < TRIES_MAX && !(await hasChanged(name, statement(draw))); tries += 1) refused += 1;
    }

    async function hasChanged(name: string, said_to_database: string): Promise<boolean> {
      changes_made.push(said_to_database);
      try {
        await pool.query(said_to_database);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        return false;
      }
      changed.add(name);
      return true;
    }

    const rounds = cases({ short: 110, long: 4000 });
    for (let round = 0; round < rounds; round += 1) {
      const questions = [...steady, ...Array.from({ length: ASKED_AT_ONCE }, () => pickBy(draw, asked_of))];
      const expectSame = (name: string, told: readonly unknown[], right: readonly unknown[]): void => {
        if (isDeepStrictEqual(told, right)) return;
        t.comment(difference(questions, told, right), changes_made.slice(-LAST_CHANGES));
        t.fail(`seed ${from}, round ${round}: a node ${name}`);
      };
      const before = said(await strict.loadAll(questions));
      // While it changes: one state or the other, and all that is asked at once of the same.
      const [at_once] = await Promise.all([
        roomy.facts.loadAll(questions),
        changeSomething(round),
        ...[...nodes, ...deaf].map((node) => askAll(node, questions)),
      ]);
      const after = said(await strict.loadAll(questions));
      const is_of_one_state = isDeepStrictEqual(said(at_once), before) || isDeepStrictEqual(said(at_once), after);
      if (!is_of_one_state) t.fail(`seed ${from}, round ${round}: an answer of two states`);
      const of_fenced = said(await askAll(fenced, questions));
      expectSame('that is fenced, without waiting', of_fenced, after);
      await freshness.catchUp();
      from_memory += questions.filter((each) => roomy.facts.known(each) !== null).length;
      for (const node of nodes) {
        const told = said(await askAll(node, questions));
        compared += questions.length;
        expectSame(node.name, told, after);
      }
      for (const node of deaf) {
        const is_right = isDeepStrictEqual(said(await askAll(node, questions)), after);
        if (!is_right) stale.set(node.name, (stale.get(node.name) ?? 0) + 1);
      }
      if (!t.passing()) return;
    }
    t.comment(
      `${compared} answers compared, ${from_memory} known, ${changed.size} kinds of change, ${refused} refused`,
    );
    t.ok(from_memory > (rounds * ASKED_AT_ONCE) / 16, 'much was told from memory');
    t.same(
      Object.keys(changes).filter((name) => !changed.has(name)),
      [],
      'everything was changed',
    );
    for (const { name } of deaf)
      t.ok((stale.get(name) ?? 0) > 0, `a node ${name} was wrong ${stale.get(name) ?? 0} times`);
  },
);
