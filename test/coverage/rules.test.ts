import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ruleEntries, rulesDocument } from '../support/rule-index.ts';
import { statusCodesDocument } from '../support/status-codes.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

for (const { id, code, tests } of ruleEntries()) {
  t.ok(code.length > 0, `${id} is carried by code`);
  t.ok(tests.length > 0, `${id} is carried by the name of a test`);
}

t.equal(readFileSync(join(DOCS, 'rules.md'), 'utf8'), rulesDocument(), 'docs/rules.md is current: `npm run docs`');
t.equal(readFileSync(join(DOCS, 'status-codes.md'), 'utf8'), statusCodesDocument(), 'docs/status-codes.md is current');
