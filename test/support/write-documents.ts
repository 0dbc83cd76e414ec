// `npm run docs`: writes the pages that are generated. A test compares them with what is committed.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { licencesDocument } from './licences.ts';
import { limitsDocument } from './limits.ts';
import { openapiText } from './openapi-document.ts';
import { rulesDocument } from './rule-index.ts';
import { statusCodesDocument } from './status-codes.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
writeFileSync(join(DOCS, 'licences.md'), licencesDocument());
writeFileSync(join(DOCS, 'limits.md'), limitsDocument(JSON.parse(await openapiText())));
writeFileSync(join(DOCS, 'rules.md'), rulesDocument());
writeFileSync(join(DOCS, 'status-codes.md'), statusCodesDocument());
