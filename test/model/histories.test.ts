// Random histories of the whole service against the model that was written from the rules (faults.md section 3): on one node,
// and on three over one database.

import t, { type Test } from 'tap';
import { seed } from '../rules/tape.ts';
import { cases } from '../support/effort.ts';
import { playHistories, startHistories, type Told } from './histories.ts';
import { FAULTS, switchable } from './planted.ts';
import { KIND_NAMES, STEPS, STEPS_OF_NODES, stepsMostly } from './steps.ts';

const RUNS = cases({ short: 5, long: 1500 });
const RUNS_OF_NODES = cases({ short: 3, long: 600 });
/** Of those that are planted, from the first on. */
const FAULTS_TRIED = cases({ short: 1, long: Object.keys(FAULTS).length });
/** Many times what any of them needs (planted.ts): to be found does not depend on luck. */
const RUNS_OF_FAULTS = 150;
/** Of five histories, which may be short ones, nobody can say which kinds of steps they have. */
const KINDS_MISSING_MAX = cases({ short: KIND_NAMES.length - 1, long: 0 });
/** A few histories may be of a world that allows little. */
const ALLOWED_MIN = cases({ short: 0.05, long: 0.3 });

function report(t: Test, told: Told): void {
  const { decisions, sampled, allowed, steps, histories } = told.seen;
  const share = ((100 * allowed) / sampled).toFixed(0);
  t.comment(
    `seed ${told.seed}: ${histories} histories of ${steps} steps, ${decisions} decisions, ${share} % of ${sampled} allowed`,
  );
  if (told.failed) t.comment(`SEED=${told.seed} shows it again:\n${told.story.join('\n')}`);
  t.notOk(told.failed, 'the service and the rules agree');
}

t.test('F1 F4 F5 K1 M7 M8 M10 A1 A2 A3 A4 P1 P2 P4 P5 P6 O1 T1 T3 L1: one node does what the rules say', async (t) => {
  const service = await startHistories(t, { nodes: 1 });
  const told = await playHistories(service, STEPS, { runs: RUNS, seed: seed() });
  report(t, told);
  t.ok(told.failed || told.seen.allowed > ALLOWED_MIN * told.seen.sampled, 'a good part is allowed');
  const missing = KIND_NAMES.filter((each) => !told.seen.kinds.has(each));
  t.ok(told.failed || missing.length <= KINDS_MISSING_MAX, `steps that did not occur: ${missing}`);
});

t.test('F1 F5 M10 A4: three nodes over one database answer as one', async (t) => {
  const service = await startHistories(t, { nodes: 3 });
  const told = await playHistories(service, STEPS_OF_NODES, { runs: RUNS_OF_NODES, seed: seed() });
  report(t, told);
});

t.test('histories find what is planted', async (t) => {
  const { plant, set } = switchable();
  const service = await startHistories(t, { nodes: 1, plant });
  const first = seed();
  for (const [fault, { shown_by }] of Object.entries(FAULTS).slice(0, FAULTS_TRIED)) {
    set(fault);
    const told = await playHistories(service, stepsMostly(shown_by), {
      runs: RUNS_OF_FAULTS,
      seed: first,
      shrinks: false,
    });
    t.ok(told.failed, `${fault}: after ${told.seen.histories} histories of ${told.seen.steps} steps, seed ${first}`);
    t.comment(told.story.at(-1));
  }
});
