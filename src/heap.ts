// How large the heap may grow before it is collected as a whole. What this process remembers is not on it (facts/slab.ts); what is, is
// small, and collected in some milliseconds. Left to itself the engine lets garbage grow to several times of what lives, and most where a
// process has too much to do (promises P23).

import { setFlagsFromString } from 'node:v8';

/** Of what lived after the last collection. */
const GROWTH_PERCENT = 30;

/** Once, when the process begins. The engine reads it at each collection. */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
