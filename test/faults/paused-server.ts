// F4: PostgreSQL is stopped where it is, with everything open. Nobody is let in after the bound, who asks is told 503 in time, and when it
// goes on everything does (promises P2, P8).

import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/service.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import { BOUND_MS } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

const PAUSED_MS = 30_000;
const TIMEOUT_MS = 4000;
const SLACK_MS = 1500;
const CONNECTIONS_MAX = 12;

export const pausedServer: Scenario = {
  ids: ['F4'],
  title: 'PostgreSQL is stopped for half a minute',
  run: async (t) => {
    for (const bug of [null, 'no lease'] as const) {
      await t.test(bug === null ? 'sound' : `control: ${bug}`, async (t) => {
        const rig = await startEmbeddedRig(t, [bug], { REQUEST_TIMEOUT_MS: String(TIMEOUT_MS) });
        const [node] = rig.nodes;
        if (node === undefined) return;
        const token = await rig.token(node);
        await rig.warm(token);
        rig.postgres.pause('SIGSTOP');
        const paused_at = performance.now();
        const asked: Promise<unknown>[] = [];
        while (performance.now() - paused_at < (bug === null ? PAUSED_MS : 2 * BOUND_MS)) {
          asked.push(rig.check(node, token));
          await delay(50);
        }
        await Promise.all(asked);
        const seen = rig.history.checks.filter(({ sent_at }) => sent_at > paused_at);
        rig.postgres.pause('SIGCONT');
        const late = seen.filter(({ sent_at, decision }) => decision === true && sent_at > paused_at + BOUND_MS);
        if (bug !== null) return void t.not(late.length, 0, 'a node without a bound is found');
        t.same(late, [], 'nobody is let in by what cannot be confirmed');
        t.same(
          seen.filter(({ status }) => status !== 200 && status !== 503),
          [],
          'answered, or told',
        );
        t.notOk(
          seen.some(({ decision }) => decision === false),
          'and never denied: a fault is no decision (F3)',
        );
        const most = Math.max(...seen.map(({ sent_at, got_at }) => got_at - sent_at));
        t.ok(most < TIMEOUT_MS + SLACK_MS, `told within ${Math.round(most)} ms`);
        const began = performance.now();
        await eventually(async () => (await rig.check(node, token)) === true);
        tell(t, `${seen.length} asked; answered again ${Math.round(performance.now() - began)} ms after it went on`);
        const [row] = await rig.postgres.execute(
          `select count(*)::int as n from pg_stat_activity where application_name in ('gatehouse', 'gatehouse changes')
             and state is not null and pid <> pg_backend_pid()`,
        );
        t.ok(Number(row?.n) <= 2 * CONNECTIONS_MAX, `${row?.n} connections`);
      });
    }
  },
};
