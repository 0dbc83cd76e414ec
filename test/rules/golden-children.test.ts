// The golden table of exchanged tokens: engine and reference agree in every cell, no child is wider than its token, and what
// they decide is what children.txt says.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { referenceChild } from '../model/reference-child.ts';
import { childrenText, decideChild } from './children.ts';
import { CONTENTS, NOW } from './matrix.ts';
import { differ, inShort } from './mismatches.ts';

t.test('T3: the decisions about exchanged tokens are those of children.txt', async (t) => {
  let cells = 0;
  let narrower = 0;
  const wrong: string[] = [];
  const text = childrenText(CONTENTS, (facts, child, request, outcome) => {
    const answer = referenceChild(facts, child, request, NOW);
    const of_token = decide(facts, request, NOW);
    cells += 1;
    if (outcome.effect === 'deny' && of_token.effect === 'allow') narrower += 1;
    const wider = outcome.effect === 'allow' && of_token.effect === 'deny';
    if (wider || differ(outcome, answer)) {
      wrong.push(`${inShort(outcome)}, reference ${inShort(answer)}, token ${inShort(of_token)}`);
    }
    for (const dead of [{ expires_at: NOW }, { ended_at: NOW }, { expires_at: new Date(Number.NaN) }]) {
      const { status } = decideChild(facts, { ...child, child: { ...child.child, ...dead } }, request, NOW);
      if (status !== 401) wrong.push(`dead: ${status}`);
    }
  });
  t.same(wrong, []);
  t.same([cells, narrower], [2160, 358]);
  t.equal(text, readFileSync(new URL('children.txt', import.meta.url), 'utf8'));
});
