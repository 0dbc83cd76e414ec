// The decision table of the matrix: one byte a cell in the order of the cells, its digest, and a summary that a person can
// read as a diff. decisions.txt is this text for decide().

import { createHash } from 'node:crypto';
import type { Facts } from '../../src/domain/facts.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import { CELLS, DIMENSIONS, type Dimension, FAMILIES, type Family, forEachCell, varyingOf } from './matrix.ts';
import { differ, inShort, type Outcome } from './mismatches.ts';

type Kind = (typeof DIMENSIONS.kind)[number];
const KINDS: readonly Kind[] = DIMENSIONS.kind;

export const CELLS_TOTAL = KINDS.reduce((sum, kind) => sum + CELLS[kind], 0);
export const CELLS_OF_TOKENS = CELLS_TOTAL - CELLS.person;

const HEADER = `# What the engine decides in every cell of the matrix (test/rules/matrix.ts), as a digest and a summary.
# Compared by test/rules/golden-table.test.ts. Written only by
#   node src/launch.mjs test/rules/write-decisions.ts
# in a commit of its own, whose difference is reviewed line by line: every changed number is a changed decision.
`;

/** What was decided in the cells of one family, told cell by cell in the order of forEachCell. */
export class FamilyTable {
  readonly #family: Family;
  readonly #codes = new Uint8Array(CELLS_TOTAL);
  readonly #outcomes: Outcome[] = [];
  cells = 0;
  allowed = 0;

  constructor(family: Family) {
    this.#family = family;
  }

  add(outcome: Outcome): void {
    this.#codes[this.cells] = this.#codeOf(outcome);
    this.cells += 1;
    if (outcome.effect === 'allow') this.allowed += 1;
  }

  allowedOf(kind: Kind): number {
    const [counts = []] = this.#countsOf(kind, 'kind');
    return counts.reduce((sum, count, code) => sum + (this.#outcomes[code]?.effect === 'allow' ? count : 0), 0);
  }

  #codeOf(outcome: Outcome): number {
    for (let code = 0; code < this.#outcomes.length; code += 1) {
      if (!differ(this.#outcomes[code] as Outcome, outcome)) return code;
    }
    const { effect, reason, status, fine_reason } = outcome;
    return this.#outcomes.push({ effect, reason, status, fine_reason }) - 1;
  }

  /** How often each outcome was answered to this kind of caller, for each value of a dimension; of `kind` itself in all. */
  #countsOf(kind: Kind, dimension: Dimension): number[][] {
    const values = dimension === 'kind' ? [kind] : DIMENSIONS[dimension];
    const counts = values.map(() => this.#outcomes.map(() => 0));
    const varying = dimension === 'kind' ? [] : varyingOf(kind);
    const faster = varying.slice(varying.indexOf(dimension) + 1);
    const run = dimension === 'kind' ? CELLS[kind] : faster.reduce((cells, name) => cells * DIMENSIONS[name].length, 1);
    const begin = KINDS.slice(0, KINDS.indexOf(kind)).reduce((cells, each) => cells + CELLS[each], 0);
    for (let from = begin, value = 0; from < begin + CELLS[kind]; from += run, value = (value + 1) % values.length) {
      const here = counts[value] as number[];
      for (let cell = from; cell < from + run; cell += 1) {
        const code = this.#codes[cell] ?? 0;
        here[code] = (here[code] ?? 0) + 1;
      }
    }
    return counts;
  }

  digest(): string {
    const outcomes = this.#outcomes.map(inShort);
    const sorted = outcomes.toSorted();
    const place = outcomes.map((outcome) => sorted.indexOf(outcome));
    const table = this.#codes.map((code) => place[code] ?? 255);
    return createHash('sha256').update(sorted.join('\n')).update(table).digest('hex');
  }

  text(): string {
    const ratio = ((100 * this.allowed) / this.cells).toFixed(2);
    const lines = [
      `## ${this.#family.name}: ${this.#family.about}`,
      `cells ${this.cells}, allowed ${this.allowed} (${ratio} %), sha256 ${this.digest()}`,
    ];
    for (const kind of KINDS) lines.push('', `### ${kind}`, ...this.#rowsOf(kind));
    return lines.join('\n');
  }

  #rowsOf(kind: Kind): string[] {
    return (['kind', ...varyingOf(kind)] as const).flatMap((dimension) =>
      this.#countsOf(kind, dimension).map((counts, value) => {
        const title = dimension === 'kind' ? 'all' : `${dimension} ${DIMENSIONS[dimension][value]}`;
        const outcomes = this.#outcomes.map((outcome, code) => `${inShort(outcome)} ${counts[code]}`);
        const answered = outcomes.filter((_, code) => counts[code] !== 0);
        return `${title}: ${answered.toSorted().join('; ')}`;
      }),
    );
  }
}

type Decide = (facts: Facts, request: DecisionRequest, now: Date) => Outcome;

/** The text of decisions.txt for what `decide` answers. */
export function decisionsText(decide: Decide, now: Date): string {
  const families = FAMILIES.map((family) => {
    const table = new FamilyTable(family);
    forEachCell(family, (_cell, facts, request) => table.add(decide(facts, request, now)));
    return table;
  });
  return textOf(families);
}

export function textOf(families: readonly FamilyTable[]): string {
  return `${HEADER}\n${families.map((family) => family.text()).join('\n\n')}\n`;
}
