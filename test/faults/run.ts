// `npm run test:faults`: every scenario in its whole form, one after the other; `npm run test:faults -- F1 F12` those alone. What was
// seen stands in the comments of the output. It takes hours; `KILLS=50` and `ROUNDS=1` make the longest of them shorter.

import t from 'tap';
import { COMPILED } from '../support/run-files.ts';
import { behindAPooler } from './behind-a-pooler.ts';
import { clockSkew } from './clock-skew.ts';
import { contention } from './contention.ts';
import { differentSettings } from './different-settings.ts';
import { diskFull } from './disk-full.ts';
import { evilReceivers } from './evil-receivers.ts';
import { exhaustedPool } from './exhausted-pool.ts';
import { failover } from './failover.ts';
import { freshness, stoppedForLong } from './freshness-scenarios.ts';
import { junkNotifications } from './junk-notifications.ts';
import { keyRotation } from './key-rotation.ts';
import { killControls, killedNodes, killedServer } from './kill-scenarios.ts';
import { lostParts } from './lost-parts.ts';
import { lostRoots } from './lost-roots.ts';
import { mixedPrincipals } from './mixed-principals.ts';
import { nodeStart } from './node-start.ts';
import { patroni } from './patroni.ts';
import { pausedServer } from './paused-server.ts';
import { poisonRows } from './poison-rows.ts';
import { pressure } from './pressure.ts';
import { restartStorm } from './restart-storm.ts';
import { rollingUpgrade } from './rolling-upgrade.ts';
import type { Scenario } from './scenario.ts';
import { databaseSetBack } from './set-back.ts';
import { slowDatabase } from './slow-database.ts';
import { takenOverDeliveries } from './taken-over.ts';

const SCENARIOS: readonly Scenario[] = [
  freshness,
  killControls,
  killedNodes,
  killedServer,
  pausedServer,
  junkNotifications,
  poisonRows,
  restartStorm,
  nodeStart,
  lostParts,
  slowDatabase,
  exhaustedPool,
  contention,
  evilReceivers,
  takenOverDeliveries,
  keyRotation,
  lostRoots,
  mixedPrincipals,
  behindAPooler,
  pressure,
  differentSettings,
  diskFull,
  clockSkew,
  failover,
  databaseSetBack,
  rollingUpgrade,
  stoppedForLong,
  patroni,
];

// Nodes are started hundreds of times: each reads what the one before has compiled.
process.env.NODE_COMPILE_CACHE ??= COMPILED;
const wanted = process.argv.slice(2);
t.setTimeout(0);
const known = new Set(SCENARIOS.flatMap(({ ids }) => ids));
for (const id of wanted) if (!known.has(id)) t.fail(`${id} is no scenario of the rig: ${[...known].join(', ')}`);
for (const { ids, title, run } of SCENARIOS) {
  if (wanted.length > 0 && !ids.some((id) => wanted.includes(id))) continue;
  await t.test(`${ids.join(', ')}: ${title}`, { timeout: 0 }, (t) => run(t, 'whole'));
}
