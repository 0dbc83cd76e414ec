// The decision table of the matrix: one byte a cell in the order of the cells, its digest, and a summary that a person can
// read as a diff. decisions.txt is this text for decide().

import { createHash } from 'node:crypto';
import type { Facts } from '../../src/domain/facts.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import {
  CELLS,
  type Cell,
  DIMENSION_NAMES,
  DIMENSIONS,
  FAMILIES,
  type Family,
  forEachCell,
  varyingOf,
} from './matrix.ts';
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

/** What was decided in the cells of one family, gathered cell by cell. */
export class FamilyTable {
  readonly #family: Family;
  readonly #codes = new Uint8Array(CELLS_TOTAL);
  readonly #outcomes: Outcome[] = [];
  /** For each kind, dimension and value how often each outcome was answered. */
  readonly #counts = KINDS.map(() => DIMENSION_NAMES.map((name) => DIMENSIONS[name].map((): number[] => [])));
  readonly #varying = KINDS.map((kind) =>
    (['kind', ...varyingOf(kind)] as const).map((name) => DIMENSION_NAMES.indexOf(name)),
  );
  cells = 0;
  allowed = 0;

  constructor(family: Family) {
    this.#family = family;
  }

  add(cell: Cell, outcome: Outcome): void {
    const code = this.#codeOf(outcome);
    this.#codes[this.cells] = code;
    this.cells += 1;
    if (outcome.effect === 'allow') this.allowed += 1;
    for (const dimension of this.#varying[cell.kind] ?? []) {
      const counts = this.#counts[cell.kind]?.[dimension]?.[cell[DIMENSION_NAMES[dimension] ?? 'kind']];
      if (counts !== undefined) counts[code] = (counts[code] ?? 0) + 1;
    }
  }

  allowedOf(kind: Kind): number {
    const counts = this.#counts[KINDS.indexOf(kind)]?.[0]?.[KINDS.indexOf(kind)] ?? [];
    return counts.reduce((sum, count, code) => sum + (this.#outcomes[code]?.effect === 'allow' ? count : 0), 0);
  }

  #codeOf(outcome: Outcome): number {
    const known = this.#outcomes.findIndex((each) => !differ(each, outcome));
    if (known >= 0) return known;
    const { effect, reason, status, fine_reason } = outcome;
    this.#outcomes.push({ effect, reason, status, fine_reason });
    return this.#outcomes.length - 1;
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
    for (const [place, kind] of KINDS.entries()) lines.push('', `### ${kind}`, ...this.#rowsOf(place));
    return lines.join('\n');
  }

  #rowsOf(kind: number): string[] {
    return (this.#varying[kind] ?? []).flatMap((dimension) => {
      const name = DIMENSION_NAMES[dimension] ?? 'kind';
      const values = name === 'kind' ? [kind] : DIMENSIONS[name].map((_, value) => value);
      return values.map((value) => this.#row(name, value, this.#counts[kind]?.[dimension]?.[value] ?? []));
    });
  }

  #row(name: keyof typeof DIMENSIONS, value: number, counts: readonly number[]): string {
    const title = name === 'kind' ? 'all' : `${name} ${DIMENSIONS[name][value]}`;
    const outcomes = this.#outcomes.map((outcome, code) => `${inShort(outcome)} ${counts[code]}`);
    const answered = outcomes.filter((_, code) => counts[code] !== undefined);
    return `${title}: ${answered.toSorted().join('; ')}`;
  }
}

type Decide = (facts: Facts, request: DecisionRequest, now: Date) => Outcome;

/** The text of decisions.txt for what `decide` answers. */
export function decisionsText(decide: Decide, now: Date): string {
  const families = FAMILIES.map((family) => {
    const table = new FamilyTable(family);
    forEachCell(family, (cell, facts, request) => table.add(cell, decide(facts, request, now)));
    return table;
  });
  return textOf(families);
}

export function textOf(families: readonly FamilyTable[]): string {
  return `${HEADER}\n${families.map((family) => family.text()).join('\n\n')}\n`;
}
