// A row of the table: one figure of what the service has to reach, as it was seen.

import type { Spread } from './compare.ts';

export type Row = {
  readonly figure: string;
  /** What it is measured by: `of bare Fastify`, `ms`. */
  readonly unit: string;
  readonly seen: Spread;
  /** What has to be reached: at least, or for times and growth at most. Null: told, not asked for. */
  readonly wanted: { readonly at: 'least' | 'most'; readonly value: number } | null;
  /** More that was seen, in words. */
  readonly notes: string;
};

export function isReached({ wanted, seen: { median } }: Row): boolean {
  if (wanted === null) return true;
  return wanted.at === 'least' ? median >= wanted.value : median <= wanted.value;
}

/** Three digits that count. */
export function printNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toPrecision(Math.abs(value) < 1 ? 2 : 3);
}

export function printWanted({ wanted }: Row): string {
  if (wanted === null) return '';
  return `${wanted.at === 'least' ? '≥' : '≤'} ${wanted.value}`;
}

const cellsOf = (row: Row): readonly string[] => [
  row.figure,
  printNumber(row.seen.median),
  `${printNumber(row.seen.minimum)} – ${printNumber(row.seen.maximum)}`,
  row.unit,
  printWanted(row),
  row.wanted === null ? '' : (isReached(row) && 'yes') || 'no',
  row.notes,
];

const HEAD = ['figure', 'median', 'least – most', 'unit', 'wanted', 'reached', 'seen'];

/** The table as Markdown. */
export function printTable(rows: readonly Row[]): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
