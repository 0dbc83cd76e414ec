// `npm run test:faults`: every scenario in its whole form, one after the other; `npm run test:faults -- F1 F12` those alone. What was
// seen stands in the comments of the output. It takes hours; `KILLS=50` makes the longest of them shorter.

import t from 'tap';
import { freshness, stoppedForLong } from './freshness-scenarios.ts';
import { killControls, killedNodes, killedServer } from './kill-scenarios.ts';
import type { Scenario } from './scenario.ts';

const SCENARIOS: readonly Scenario[] = [freshness, killControls, killedNodes, killedServer, stoppedForLong];

const wanted = process.argv.slice(2);
t.setTimeout(0);
for (const { ids, title, run } of SCENARIOS) {
  if (wanted.length > 0 && !ids.some((id) => wanted.includes(id))) continue;
  await t.test(`${ids.join(', ')}: ${title}`, { timeout: 0 }, (t) => run(t, 'whole'));
}
