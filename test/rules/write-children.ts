// Writes children.txt anew from what the engine decides: `node src/launch.mjs test/rules/write-children.ts`. Only for a decision
// that was meant to change; the difference is what is reviewed.

import { writeFileSync } from 'node:fs';
import { childrenText } from './children.ts';
import { CONTENTS } from './matrix.ts';

writeFileSync(new URL('children.txt', import.meta.url), childrenText(CONTENTS));
