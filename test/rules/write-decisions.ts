// Writes decisions.txt anew from what the engine decides: `node src/launch.mjs test/rules/write-decisions.ts`. Only for a
// decision that was meant to change; the difference is what is reviewed.

import { writeFileSync } from 'node:fs';
import { decide } from '../../src/domain/decide.ts';
import { decisionsText } from './decisions.ts';
import { NOW } from './matrix.ts';

writeFileSync(new URL('decisions.txt', import.meta.url), decisionsText(decide, NOW));
