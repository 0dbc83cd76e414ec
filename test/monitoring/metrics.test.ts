// What is documented of the metrics, and what dashboard and alerts name, is what a scrape of a real application says. Series are compared
// with a scrape in which everything is set up: jobs, a file of roots, webhooks, a pool.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startJobs } from '../../src/jobs/run.ts';
import { countDecision } from '../../src/metrics.ts';
import { exportAuditRoot } from '../../src/use-cases/audit/export-audit-root.ts';
import { hookWorld, startReceiver, startWorker } from '../support/hook-world.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { eventually } from '../support/service.ts';
import { type Exported, namedIn, readScrape } from './promql.ts';

const DOCS = new URL('../../docs/', import.meta.url);
/** What Prometheus itself adds to every series, and what `WORKERS` does. */
const FROM_OUTSIDE = ['instance', 'worker'];
const OF_PROMETHEUS = /^up$/;
/** Whose values are not a closed list of ours. */
const OPEN = [...FROM_OUTSIDE, 'status'];

async function scrapeOfAll(t: Test): Promise<{ scrape: () => Promise<Exported>; text: () => Promise<string> }> {
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
  const text = async () => (await inject('/metrics')).body;
  await eventually(async () => /^gatehouse_audit_root_age_seconds \d/m.test(await text()));
  return { text, scrape: async () => readScrape(await text()) };
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
  const { scrape, text } = await scrapeOfAll(t);
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

  await t.test('figures are those of now', async (t) => {
    const now = await text();
    t.equal(figureOf(now, 'gatehouse_database_up'), 1);
    t.equal(figureOf(now, 'gatehouse_changes_connected'), 1, 'changes are followed');
    t.ok(figureOf(now, 'gatehouse_nodes') >= 1);
    t.ok(figureOf(now, 'gatehouse_webhook_attempts_total{outcome="delivered"}') >= 1);
    for (const state of ['due', 'later', 'under_way'])
      t.equal(figureOf(now, `gatehouse_webhook_queue{state="${state}"}`), 0, state);
    t.ok(Math.abs(figureOf(now, 'gatehouse_database_clock_skew_seconds')) < 5);
    t.match(now, /^gatehouse_audit_root_age_seconds [0-5]?[0-9](\.\d+)?$/m);
    await eventually(async () => figureOf(await text(), 'gatehouse_pool_waiting{pool="primary"}') === 0);
    t.ok(figureOf(now, 'gatehouse_pool_connections_max{pool="primary"}') > 0);
    t.ok(figureOf(now, 'gatehouse_job_runs_total{name="notice expiry",outcome="done"}') >= 1);
  });
});
