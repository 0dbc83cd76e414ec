// The golden table: the engine and the reference agree in every valid cell of the matrix, and what they decide is what
// decisions.txt says. A changed decision is reviewed as a change of that file (see its top for how it is written).

import { readFileSync } from 'node:fs';
import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { reference } from '../model/reference.ts';
import { cases } from '../support/effort.ts';
import { CELLS_OF_TOKENS, CELLS_TOTAL, FamilyTable, textOf } from './decisions.ts';
import { FAMILIES, forEachCell, inWords, NOW } from './matrix.ts';
import { differ, inShort, Mismatches } from './mismatches.ts';

/**
 * The reference is asked about every so many of the cells, of each family about others; what the engine decides is compared with
 * decisions.txt in all of them. No dimension has thirteen values, so every value is met with every other.
 */
const EVERY = cases({ short: 13, long: 1 });
const GOLDEN = new URL('decisions.txt', import.meta.url);
const tables = FAMILIES.map((family) => ({ family, table: new FamilyTable(family) }));

t.test('the matrix has every valid cell of tokens and strangers, and those of a person beside', async (t) => {
  t.equal(CELLS_OF_TOKENS, 2_309_481);
});

for (const [from, { family, table }] of tables.entries()) {
  t.test(
    `engine and reference agree in every cell of "${family.name}" @rule F1 F2 F3 F5 F7 K1 K2 K3 K4 K6 M5 P1 P2 P4 P5 P6 O1`,
    async (t) => {
      const mismatches = new Mismatches();
      forEachCell(family, (cell, facts, request) => {
        const decision = decide(facts, request, NOW);
        table.add(decision);
        if ((table.cells + from) % EVERY !== 0) return;
        const answer = reference(facts, request, NOW);
        if (differ(decision, answer))
          mismatches.add(inWords(cell), `${inShort(decision)} instead of ${inShort(answer)}`);
      });
      t.comment(
        `${table.cells} cells, ${table.allowed} allowed (${((100 * table.allowed) / table.cells).toFixed(2)} %)`,
      );
      t.equal(table.cells, CELLS_TOTAL);
      if (mismatches.count > 0) t.comment(mismatches.text());
      t.equal(mismatches.count, 0, 'engine and reference agree');
    },
  );
}

t.test('the decisions are those of decisions.txt', async (t) => {
  t.equal(textOf(tables.map(({ table }) => table)), readFileSync(GOLDEN, 'utf8'));
});

t.test('the table is not vacuous: each family allows cells to each kind that can be allowed there', async (t) => {
  for (const { family, table } of tables) {
    t.ok(table.allowed > 4_000, `${family.name}: ${table.allowed}`);
    for (const kind of ['person', 'classic', 'fine_grained'] as const)
      t.ok(table.allowedOf(kind) > 0, `${family.name}: ${kind}`);
  }
});
