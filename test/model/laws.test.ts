// The twelve laws of faults.md section 3 through HTTP, over three nodes that remember and one that does not; and each of them over a
// service that lies, which it has to notice.

import fc from 'fast-check';
import t from 'tap';
import { createStrictFacts } from '../../src/facts/strict.ts';
import { seed } from '../rules/tape.ts';
import { cases } from '../support/effort.ts';
import { grownWorld, type Plant, type Service, startHistories } from './histories.ts';
import { LAWS, type Law, type Outcome, type View } from './http-laws.ts';
import { STEPS, type Step, stepOf } from './steps.ts';

const WORLDS = cases({ short: 1, long: 150 });
/** The first two change the world. */
const IN_ORDER = [...LAWS.slice(2), ...LAWS.slice(0, 2)];
const STEPS_BEFORE = 25;
const REMEMBERING = 3;

/** Whatever has come before: everybody may act, and has tokens. */
const AT_THE_END = [0, 1, 2].flatMap((a) => [
  stepOf('suspend', { a, b: 1 }),
  stepOf('issueClassic', { a, b: 0, c: 1 }),
  stepOf('issueFineGrained', { a, b: 1, c: 0 }),
]);

/** Steps that follow from a seed. */
function drawn(from: number, count: number): Step[] {
  return (
    fc.sample(fc.array(fc.oneof(...STEPS), { minLength: count, maxLength: count, size: 'max' }), {
      numRuns: 1,
      seed: from,
    })[0] ?? []
  );
}

function viewOf(service: Service, world: View['world'], choice: number): View {
  // Time goes on for all: what ends by it is no stranger's doing.
  const others = drawn(choice + 1, STEPS_BEFORE).filter(({ kind }) => kind !== 'advance');
  return { service, world, send: service.send, choice, others };
}

/** The law as it holds, or as it holds where the service lies. */
async function judge(law: Law, view: View, lies: boolean): Promise<Outcome> {
  await view.service.settle(); // of what a world was grown by past the service
  let later = false;
  const lie = law.lie();
  const send: View['send'] = async (request, node) => {
    const got = await view.send(request, node);
    return lies ? lie(request, got, { node, later }) : got;
  };
  return law.holds({
    ...view,
    send,
    turn: () => {
      later = true;
    },
  });
}

t.test(
  'F1 F4 F5 F6 F8 K1 K4 M10 T3: the laws of decisions (faults.md 3) hold, and what breaks them is seen',
  async (t) => {
    const nodes: number[] = [];
    // The last node asks the database about everything.
    const plant: Plant = (deps, pool) => {
      nodes.push(nodes.length);
      if (nodes.length !== REMEMBERING + 1) return deps;
      const strict = createStrictFacts(pool, deps.clock);
      return { ...deps, facts: { ...deps.facts, ...strict, known: () => null, remember: () => undefined } };
    };
    const service = await startHistories(t, { nodes: REMEMBERING + 1, plant });
    const first = seed();
    t.comment(`seed ${first}`);
    const seen = new Map<string, number>();
    for (let index = 0; index < WORLDS; index += 1) {
      const from = first + index;
      const world = await grownWorld(service, [...drawn(from, STEPS_BEFORE), ...AT_THE_END]);
      for (const law of IN_ORDER) {
        const outcome = await judge(law, viewOf(service, world, from), false);
        seen.set(law.name, (seen.get(law.name) ?? 0) + outcome.seen);
        t.same(outcome.faults.slice(0, 3), [], `${law.name} @rule ${law.rules}`);
      }
    }
    t.comment(LAWS.map(({ name }) => `${name.split(':')[0]} ${seen.get(name)}`).join(', '));
    const world = await grownWorld(service, [...drawn(first, STEPS_BEFORE), ...AT_THE_END]);
    for (const law of IN_ORDER) {
      const outcome = await judge(law, viewOf(service, world, first), true);
      t.ok(outcome.faults.length > 0, `${law.name}: and a service that does otherwise is seen`);
    }
  },
);
