// Waits that are not as long on every node: what all of them lost at one moment they do not all ask for again at one moment (promises
// P10), nor do those that were started together go on in step.

import { drawPart } from './secrets.ts';

/** A part of 1: 0 is never, 1 is nearly. For tests. */
export type Random = () => number;

/** Between half of this time and the whole. */
export function spread(ms: number, random: Random = drawPart): number {
  return (ms * (1 + random())) / 2;
}

/** A period between three quarters of this and the whole: nothing is done more rarely than it is said to be. */
export function spreadPeriod(ms: number, random: Random = drawPart): number {
  return (ms * (3 + random())) / 4;
}
