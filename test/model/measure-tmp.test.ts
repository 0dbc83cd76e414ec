import t from 'tap';
import { playHistories, startHistories } from './histories.ts';
import { FAULTS, switchable } from './planted.ts';
import { STEPS } from './steps.ts';
t.test('m', { timeout: 0 }, async (t) => {
  const { plant, set } = switchable();
  const service = await startHistories(t, { nodes: 1, plant });
  for (const fault of Object.keys(FAULTS)) {
    const counts: string[] = [];
    for (let s = 1; s <= 6; s++) {
      set(fault);
      const at = Date.now();
      const told = await playHistories(service, STEPS, { runs: 250, seed: s * 7919, shrinks: false });
      counts.push(`${told.failed ? told.seen.histories : 'none'}/${told.seen.steps}/${Date.now() - at}`);
    }
    console.error(fault, counts.join(' '));
  }
});
