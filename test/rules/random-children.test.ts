// Random exchanged tokens of random tokens: the engine and the reference agree in each, and none may what its token may not.

import fc from 'fast-check';
import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { deny } from '../../src/domain/decision.ts';
import { narrowFacts } from '../../src/domain/exchanged.ts';
import { referenceChild } from '../model/reference-child.ts';
import { cases } from '../support/effort.ts';
import { NOW } from './matrix.ts';
import { differ, inShort } from './mismatches.ts';
import { type Case, caseOf, childOf, type RandomChild, TAPE_LENGTH } from './random-cases.ts';
import { aTape, seed } from './tape.ts';

const RUNS = cases({ short: 6000, long: 200_000 });
const CHILD_TAPE_LENGTH = 48;

function decideChild({ facts, request }: Case, { exchange, listed }: RandomChild) {
  const narrowed = narrowFacts(facts, exchange, listed);
  return narrowed === null ? deny('bad_credential') : decide(narrowed, request, NOW);
}

t.test(
  'engine and reference agree on exchanged tokens, which never do more than their token @rule T3 F1 F5',
  async (t) => {
    let allowed = 0;
    let narrower = 0;
    const reasons = new Set<string>();
    const property = fc.property(aTape(TAPE_LENGTH), aTape(CHILD_TAPE_LENGTH), (tape, child_tape) => {
      const drawn = caseOf(tape);
      const child = childOf(child_tape, drawn);
      const decision = decideChild(drawn, child);
      const answer = referenceChild(drawn.facts, { child: child.exchange, listed: child.listed }, drawn.request, NOW);
      const of_token = decide(drawn.facts, drawn.request, NOW);
      reasons.add(inShort(decision));
      if (decision.effect === 'allow') allowed += 1;
      if (decision.effect === 'deny' && of_token.effect === 'allow') narrower += 1;
      const wrong = differ(decision, answer) ? `reference ${inShort(answer)}` : null;
      const wider = decision.effect === 'allow' && of_token.effect === 'deny' ? `token ${inShort(of_token)}` : null;
      if (wrong === null && wider === null) return;
      throw new Error(`${inShort(decision)}, ${wrong ?? wider}: ${JSON.stringify({ ...drawn, child }, null, 1)}`);
    });
    const run = fc.check(property, { numRuns: RUNS, seed: seed() });
    t.comment(`seed ${run.seed}, ${run.numRuns} cases, ${allowed} allowed, ${narrower} denied that the token may`);
    if (run.failed) t.comment(`SEED=${run.seed} shows it again: ${String(run.errorInstance)}`);
    t.notOk(run.failed, 'engine and reference agree, and no child is wider');
    t.ok(run.failed || allowed > 0.15 * RUNS, 'a good part is allowed');
    t.ok(run.failed || narrower > 0.05 * RUNS, 'and a good part is narrower');
    t.ok(run.failed || reasons.size >= 20, 'most reasons occur');
  },
);
