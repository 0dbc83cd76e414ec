// F9: transactions of somebody else hold the rows that are to be changed, so that calls which change something fill the pool and wait.
// Checks go on, also those that have to ask the database (promises P7), and who waits in vain is told 503.

import pg from 'pg';
import type { Test } from 'tap';
import { tokenRowsOf } from '../support/token-rows.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Rig } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

const POOL = 4;
const LOCKED = 12;
const ASKED = 30;
/** A statement waits half of it for its lock, and who waits for a connection not so long: far enough apart for a busy machine. */
const TIMEOUT_MS = 16_000;
/** Who waits longer has waited for a lock. */
const WAIT_MS_MAX = TIMEOUT_MS / 4;

/**
 * How many checks that nobody remembers are answered while the rows of tokens are locked that others want to end, and so many connections
 * wait for them.
 */
async function answeredWhileLocked(
  t: Test,
  rig: Rig,
  waiting: number,
): Promise<{ answered: number; ended: readonly (number | null)[]; most_ms: number }> {
  const [node] = rig.nodes;
  if (node === undefined) return { answered: 0, ended: [], most_ms: 0 };
  const [ada] = await rig.postgres.execute(`select id::int as id from accounts where login = 'ada'`);
  const rows = tokenRowsOf(rig.deps);
  const unknown = await Promise.all(
    Array.from({ length: ASKED }, () => rows.classic({ id: Number(ada?.id), login: 'ada' }, { scopes: ['repo'] })),
  );
  const tokens = await Promise.all(Array.from({ length: LOCKED }, () => rig.token(node)));
  const holder = new pg.Client({ connectionString: rig.postgres.url });
  holder.on('error', () => undefined);
  await holder.connect();
  t.teardown(() => holder.end());
  await holder.query('begin');
  await holder.query('select from tokens where id = any ($1) for update', [tokens.map(({ id }) => id)]);
  const ends = Promise.all(tokens.map((token) => rig.end(node, token)));
  // Until the pool is as full as it gets.
  for (;;) {
    const [row] = await rig.postgres.execute(`select count(*)::int as n from pg_stat_activity
      where application_name = 'gatehouse' and wait_event_type = 'Lock'`);
    if (Number(row?.n) >= waiting) break;
  }
  const answers = await Promise.all(unknown.map(({ text }) => rig.may(node, text, 'acme/mill')));
  const ended = (await ends).map(({ status }) => status);
  await holder.query('rollback');
  const most_ms = Math.round(Math.max(...answers.map(({ sent_at, got_at }) => got_at - sent_at)));
  return { answered: answers.filter(({ decision }) => decision === true).length, ended, most_ms };
}

export const exhaustedPool: Scenario = {
  ids: ['F9'],
  title: 'calls that wait for locks keep no check waiting',
  run: async (t) => {
    const settings = { DATABASE_POOL: String(POOL), REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) };
    await t.test('sound', async (t) => {
      const rig = await startEmbeddedRig(t, [null], settings);
      const { answered, ended, most_ms } = await answeredWhileLocked(t, rig, POOL - 1);
      const told = [...new Set(ended)];
      tell(t, `${answered} of ${ASKED} checks that nobody remembers were answered, at most after ${most_ms} ms`);
      tell(t, `${ended.length} ends told ${told}`);
      t.equal(answered, ASKED);
      t.ok(most_ms < WAIT_MS_MAX, 'and none waited for a lock');
      t.same(told, [503], 'who waits in vain is told');
    });
    await t.test('control: where changes may take the whole pool, checks wait for locks', async (t) => {
      const rig = await startEmbeddedRig(t, ['no reserve'], settings);
      const { answered, most_ms } = await answeredWhileLocked(t, rig, POOL);
      t.ok(answered < ASKED || most_ms > WAIT_MS_MAX, `${answered} of ${ASKED}, at most after ${most_ms} ms`);
    });
  },
};
