// How large the heap may grow before it is collected as a whole, and its last collection. What this process remembers is not on it
// (facts/slab.ts); what is, is small, and collected in some milliseconds. Left to itself the engine lets garbage grow to several times of
// what lives, and most where a process has too much to do (promises P23).

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Of what lived after the last collection. */
const GROWTH_PERCENT = 30;

/** Once, when the process begins. The engine reads it at each collection. */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/**
 * Once, when the process begins: however it ends, its garbage is collected before. At its end Node waits for its threads that compile, and
 * one of them may be waiting for this thread to collect: a process that has said its last word, and never ends
 * (https://github.com/nodejs/node/issues/54918; seen once in thousands of ends). Nobody would start it again.
 */
export function collectAtEnd(): void {
  process.on('exit', () => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
  });
}
