// `npm run docs`: writes the pages that are generated. A test compares them with what is committed.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesDocument } from './rule-index.ts';
import { statusCodesDocument } from './status-codes.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
writeFileSync(join(DOCS, 'rules.md'), rulesDocument());
writeFileSync(join(DOCS, 'status-codes.md'), statusCodesDocument());
