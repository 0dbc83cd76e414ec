// Random facts and questions of every kind: the engine and the reference agree in each.

import fc from 'fast-check';
import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { reference } from '../model/reference.ts';
import { cases } from '../support/effort.ts';
import { NOW } from './matrix.ts';
import { differ, inShort } from './mismatches.ts';
import { caseOf, TAPE_LENGTH } from './random-cases.ts';
import { aTape, seed } from './tape.ts';

const RUNS = cases({ short: 10_000, long: 250_000 });

t.test('engine and reference agree on random facts and questions @rule F1 F2 F3 F5 F7 C1 C4 C5 C6', async (t) => {
  const settings = { numRuns: RUNS, seed: seed() };
  let allowed = 0;
  const reasons = new Set<string>();
  const property = fc.property(aTape(TAPE_LENGTH), (tape) => {
    const { facts, request } = caseOf(tape);
    const decision = decide(facts, request, NOW);
    const answer = reference(facts, request, NOW);
    if (decision.effect === 'allow') allowed += 1;
    reasons.add(inShort(decision));
    if (differ(decision, answer)) {
      const differs = `engine ${inShort(decision)}, reference ${inShort(answer)}`;
      throw new Error(`${differs}: ${JSON.stringify({ facts, request }, null, 1)}`);
    }
  });
  const run = fc.check(property, settings);
  t.comment(`seed ${run.seed}, ${run.numRuns} cases, ${allowed} allowed, ${reasons.size} different answers`);
  if (run.failed) t.comment(`SEED=${run.seed} shows it again: ${String(run.errorInstance)}`);
  t.notOk(run.failed, 'engine and reference agree');
  t.ok(run.failed || allowed > 0.25 * RUNS, 'a good part is allowed');
  t.ok(run.failed || reasons.size >= 26, 'every reason of a decision occurs');
});
