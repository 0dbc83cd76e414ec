// `npm run bench:router`: the compiled router of a catalogue beside find-my-way (measure-routers.ts), as a ratio of pairs.

import { parseArgs } from 'node:util';
import { middle } from './compare.ts';
import { measureRouters, type RouterPair } from './measure-routers.ts';

const { values } = parseArgs({
  options: { operations: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '10' } },
});
const pairs = measureRouters(Number(values.operations), Number(values.rounds));
const typical = (side: keyof RouterPair): string =>
  middle(pairs.map((pair) => pair[side]).sort((a, b) => a - b)).toFixed(2);
const ratio = middle(pairs.map(({ own_us, other_us }) => own_us / other_us).sort((a, b) => a - b)).toFixed(2);
process.stdout.write(
  `${values.operations} operations: ${typical('own_us')} µs a match, find-my-way ${typical('other_us')} µs, ${ratio} of it\n`,
);
