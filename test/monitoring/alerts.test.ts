// The alert rules, by Prometheus' own tool: they are well-formed, and those that page are raised by what they are for, and by nothing else.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { programs } from '../support/programs.ts';

const RULES = fileURLToPath(new URL('../../docs/monitoring/alerts.yml', import.meta.url));
const CASES = fileURLToPath(new URL('alerts.cases.yml', import.meta.url));

t.test('promtool accepts the alert rules, and they are raised by what they are for', async (t) => {
  const found = await programs(t, { promtool: { name: 'promtool', debian_package: 'prometheus' } });
  if (found === null) return;
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(found.promtool, args, { encoding: 'utf8' });
    return { status, output: `${stdout}${stderr}` };
  };
  const checked = run('check', 'rules', RULES);
  t.equal(checked.status, 0, checked.output);
  const tested = run('test', 'rules', CASES);
  t.equal(tested.status, 0, tested.output);
});
