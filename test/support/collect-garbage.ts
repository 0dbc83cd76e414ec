// The garbage collector on demand, for tests of what is kept.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects everything that nothing leads to. */
export const collectGarbage = runInNewContext('gc') as () => void;
