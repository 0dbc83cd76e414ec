// What is documented of the metrics, and what dashboard and alerts name, is what a scrape of a real application says. Series are compared
// with a scrape in which everything is set up: jobs, a file of roots, webhooks, a pool.

import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Refusal } from '../../src/domain/refusal.ts';
import { startJobs } from '../../src/jobs/run.ts';
import {
  countAsOneOfMany,
  countsOf,
  metricsOfProcess,
  type ProcessMetrics,
  sumOfEnded,
} from '../../src/metric-print.ts';
import { countDecision } from '../../src/metrics.ts';
import { nodeSettings } from '../../src/node-settings.ts';
import { exportAuditRoot } from '../../src/use-cases/audit/export-audit-root.ts';
import { createNodeComparison } from '../../src/use-cases/service/compare-nodes.ts';
import type { TestApp } from '../support/build-app.ts';
import { hookWorld, startReceiver, startWorker } from '../support/hook-world.ts';
import { programs } from '../support/programs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { type Exported, namedIn, readScrape } from './promql.ts';

const DOCS = new URL('../../docs/', import.meta.url);
/** What Prometheus itself adds to every series, and what `WORKERS` does. */
const FROM_OUTSIDE = ['instance', 'worker'];
const OF_PROMETHEUS = /^up$/;
/** Whose values are not a closed list of ours. */
const OPEN = [...FROM_OUTSIDE, 'status'];

type Scraped = {
  readonly deps: TestApp['deps'];
  readonly scrape: () => Promise<Exported>;
  readonly text: () => Promise<string>;
  readonly inject: TestApp['inject'];
};

async function scrapeOfAll(t: Test): Promise<Scraped> {
  const AUDIT_ROOT_FILE = join(scratchFolder(t), 'roots');
  const world = await hookWorld(t, { settings: { AUDIT_ROOT_FILE } });
  const { deps, inject, hook, token, idle } = world;
  const receiver = await startReceiver(t);
  await startWorker(t, deps);
  await hook(receiver.url, { events: ['personal_access_token_request'] });
  await token();
  await idle();
  const stop = startJobs(deps);
  t.teardown(stop);
  await exportAuditRoot(deps);
  countDecision('allowed');
  /** Where the database was asked in time: on a busy machine that may be the next one. */
  async function text(): Promise<string> {
    let found = '';
    await eventually(async () => {
      found = (await inject('/metrics')).body;
      return /^gatehouse_database_up 1$/m.test(found);
    });
    return found;
  }
  await eventually(async () => /^gatehouse_audit_root_age_seconds \d/m.test(await text()));
  return { deps, inject, text, scrape: async () => readScrape(await text()) };
}

/** Name, type and labels of every row of the tables. */
function documentedIn(text: string): readonly { name: string; type: string; labels: readonly string[] }[] {
  const rows = text.matchAll(/^\| `(gatehouse_\w+)` \| (\w+) \|([^|]*)\|/gm);
  return [...rows].map(([, name = '', type = '', labels = '']) => {
    return { name, type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort() };
  });
}

const figureOf = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1) ?? Number.NaN,
  );

t.test('metrics, dashboard and alerts', async (t) => {
  const { deps, scrape, text, inject } = await scrapeOfAll(t);
  const exported = await scrape();

  await t.test('docs/metrics.md lists exactly the series of a scrape, with their types and labels', async (t) => {
    const documented = documentedIn(await readFile(new URL('metrics.md', DOCS), 'utf8'));
    const own = [...exported].filter(([name]) => name.startsWith('gatehouse_'));
    const said = own.map(([name, { type, labels }]) => ({
      name,
      type,
      labels: [...labels.keys()].filter((label) => label !== 'le').sort(),
    }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    t.same(documented.toSorted(byName), said.toSorted(byName));
    t.ok(said.length > 25);
  });

  /** What is named and not exported; nothing where all is. */
  function missing(expressions: readonly string[]): readonly string[] {
    return expressions.flatMap(namedIn).flatMap(({ name, labels, grouped }) => {
      if (OF_PROMETHEUS.test(name)) return [];
      const found = exported.get(name);
      if (found === undefined) return [name];
      const known = (label: string) => found.labels.has(label) || FROM_OUTSIDE.includes(label);
      const unknown = [...labels.map(([label]) => label), ...grouped].filter((label) => !known(label));
      const values = labels.filter(
        ([label, value]) => value !== null && !OPEN.includes(label) && !found.labels.get(label)?.has(value),
      );
      return [
        ...unknown.map((label) => `${name}{${label}}`),
        ...values.map(([label, value]) => `${name}{${label}="${value}"}`),
      ];
    });
  }

  await t.test('the dashboard names only what is exported', async (t) => {
    const dashboard = JSON.parse(await readFile(new URL('monitoring/dashboard.json', DOCS), 'utf8'));
    const panels: { targets?: { expr: string; legendFormat: string }[] }[] = dashboard.panels;
    const targets = panels.flatMap((panel) => panel.targets ?? []);
    t.ok(targets.length > 20);
    t.same(missing(targets.map(({ expr }) => expr)), []);
    for (const { expr, legendFormat } of targets)
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        t.ok(FROM_OUTSIDE.includes(label) || expr.includes(label), `${label} of ${expr}`);
    const ids = dashboard.panels.map(({ id }: { id: number }) => id);
    t.equal(new Set(ids).size, ids.length);
  });

  await t.test('the alert rules name only what is exported', async (t) => {
    const rules = await readFile(new URL('monitoring/alerts.yml', DOCS), 'utf8');
    const expressions = [...rules.matchAll(/^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/gm)].map(
      ([, folded, plain]) => folded ?? plain ?? '',
    );
    t.equal(expressions.length, rules.match(/- alert:/g)?.length);
    t.same(missing(expressions), []);
  });

  await t.test('what is not exported is noticed', async (t) => {
    t.same(missing(['rate(gatehouse_absent_total[5m])']), ['gatehouse_absent_total']);
    t.same(missing(['sum by (code) (gatehouse_decisions_total)']), ['gatehouse_decisions_total{code}']);
    t.same(missing(['gatehouse_refusals_total{code="typo"}']), ['gatehouse_refusals_total{code="typo"}']);
    t.same(missing(['gatehouse_pool_waiting{pool="primary"} > 0', 'up == 0']), []);
  });

  await t.test('every refusal because of a limit is counted', async (t) => {
    const source = new URL('../../src/', import.meta.url);
    const files = (await readdir(source, { recursive: true })).filter((file) => file.endsWith('.ts'));
    let refusing = 0;
    for (const file of files) {
      const text = await readFile(new URL(file, source), 'utf8');
      if (!text.includes("new Refusal('rate_limited'")) continue;
      refusing += 1;
      t.match(text, /countLimitHit\(/, file);
    }
    t.ok(refusing > 0);
  });

  await t.test('promtool reads a scrape, and finds nothing to say of our series', async (t) => {
    const found = await programs(t, { promtool: { name: 'promtool', debian_package: 'prometheus' } });
    if (found === null) return;
    const check = (input: string) => spawnSync(found.promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
    const { stdout, stderr } = check(await text());
    t.notMatch(`${stdout}${stderr}`, /error|gatehouse_/);
    t.match(check('gatehouse_count{a="1" 1\n').stderr, /error/);
  });

  await t.test('figures are those of now', async (t) => {
    // The program above may have been installed meanwhile, which takes minutes: roots are old then, and who has not been asked
    // for a while has let its lease end.
    await exportAuditRoot(deps);
    await eventually(async () => {
      deps.freshness.isFresh();
      return figureOf(await text(), 'gatehouse_nodes') >= 1;
    });
    const now = await text();
    t.equal(figureOf(now, 'gatehouse_changes_connected'), 1, 'changes are followed');
    t.ok(figureOf(now, 'gatehouse_webhook_attempts_total{outcome="delivered"}') >= 1);
    for (const state of ['due', 'later', 'under_way'])
      t.equal(figureOf(now, `gatehouse_webhook_queue{state="${state}"}`), 0, state);
    t.ok(Math.abs(figureOf(now, 'gatehouse_database_clock_skew_seconds')) < 5);
    t.match(now, /^gatehouse_audit_root_age_seconds [0-5]?[0-9](\.\d+)?$/m);
    await eventually(async () => figureOf(await text(), 'gatehouse_pool_waiting{pool="primary"}') === 0);
    t.ok(figureOf(now, 'gatehouse_pool_connections_max{pool="primary"}') > 0);
    t.ok(figureOf(now, 'gatehouse_job_runs_total{name="notice expiry",outcome="done"}') >= 1);
  });

  await t.test('F25: nodes that differ in a setting are told of, by its name, and only while they live', async (t) => {
    const [told, own] = [[] as unknown[], nodeSettings(deps.config)];
    const log = { warn: (...said: unknown[]) => told.push(said), info: (...said: unknown[]) => told.push(said) };
    const compare = createNodeComparison({ db: deps.db, log } as unknown as typeof deps);
    const differs = async (setting: string) =>
      figureOf(await text(), `gatehouse_settings_differ{setting="${setting}"}`);
    await compare();
    t.same([await differs('FRESHNESS_MS'), await differs('PUBLIC_URL'), told], [0, 0, []], 'one node cannot differ');
    for (const settings of [own, null, { ...own, FRESHNESS_MS: 'another' }]) {
      const row = { epoch: 0, bound_ms: 2000, lease_ends_at: new Date(Date.now() + 600_000) };
      await deps.db
        .insertInto('nodes')
        .values({ ...row, settings: settings && JSON.stringify(settings) })
        .execute();
      await compare();
    }
    await compare();
    t.match(
      told,
      [[{ settings: ['FRESHNESS_MS'] }, /nodes differ/]],
      'told once, of what is not the same; an older version does not say',
    );
    await eventually(async () => (await differs('FRESHNESS_MS')) === 1);
    t.equal(await differs('PUBLIC_URL'), 0);
    await deps.db
      .updateTable('nodes')
      .set({ lease_ends_at: new Date(0) })
      .where('epoch', '=', 0)
      .execute();
    await compare();
    t.match(told[1], [/the same again/]);
    await eventually(async () => (await differs('FRESHNESS_MS')) === 0);
    t.notMatch(JSON.stringify(own), deps.config.public_url, 'digests, not values');
  });

  // From here on this process counts as one of several.
  await t.test(
    'of several processes counts are added up, figures stand side by side, and a part is no answer',
    async (t) => {
      const scraped = async () => (await inject('/metrics')).body;
      const alone = await metricsOfProcess();
      let others: readonly ProcessMetrics[] | null = [];
      countAsOneOfMany('1', async () => {
        if (others === null) throw new Refusal('unavailable');
        return [await metricsOfProcess(), ...others];
      });
      const series = 'gatehouse_decisions_total{effect="allow",reason="allowed"}';
      const one = figureOf(await scraped(), series);
      t.ok(one >= 1);
      const buckets =
        /^gatehouse_http_request_duration_seconds_bucket\{le="\+Inf",method="POST",route="\/orgs\/:org\/hooks",status="201"\} (\d+)$/m;
      const posted = (text: string): number => Number(buckets.exec(text)?.[1]);
      const posted_alone = posted(await scraped());
      t.ok(posted_alone >= 1);
      t.notMatch(
        await scraped(),
        /^gatehouse_database_up/m,
        'a worker leaves what is said of the service to the parent',
      );
      t.match(await scraped(), /^process_resident_memory_bytes\{worker="1"\} \d+$/m);
      const ended = await sumOfEnded([countsOf(alone), countsOf(alone)]);
      others = [ended];
      t.equal(figureOf(await scraped(), series), 3 * one, 'two that have ended count as they did');
      t.equal((await scraped()).match(/^process_resident_memory_bytes\{/gm)?.length, 1, 'but have no figures');
      t.equal(posted(await scraped()), 3 * posted_alone, 'and their durations are added up');
      others = null;
      t.equal((await inject('/metrics')).statusCode, 503);
    },
  );
});
