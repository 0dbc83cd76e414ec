// The table as a picture: a bar for each figure, against what has to be reached. Reads on light and on dark paper.

import { isReached, printNumber, printWanted, type Row } from './rows.ts';

const WIDTH = 960;
const TITLE_HEIGHT = 64;
const ROW_HEIGHT = 40;
const LABEL_WIDTH = 430;
const VALUE_WIDTH = 120;
const BAR_HEIGHT = 12;
/** The bar of what just reaches what is wanted ends here; twice as much ends at the border. */
const WANTED_AT = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / 2;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 18px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .reached { fill: #1a7f37 } .missed { fill: #cf222e } .told { fill: #6e7781 }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  .wanted { stroke: #59636e; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 }
    .reached { fill: #3fb950 } .missed { fill: #f85149 } .told { fill: #9198a1 }
    .spread { stroke: #f0f6fc } .wanted { stroke: #9198a1 }
  }`;

/** For the text of an element. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Of a time or a growth less is better: its bar is as long as it is better than what is wanted. */
function lengthOf({ wanted }: Row, value: number): number {
  if (wanted === null || !Number.isFinite(value)) return 0;
  const share = wanted.at === 'least' ? value / wanted.value : wanted.value / Math.max(value, Number.MIN_VALUE);
  return Math.min(2, Math.max(0, share)) * WANTED_AT;
}

function classOf(row: Row): string {
  if (row.wanted === null) return 'told';
  return isReached(row) ? 'reached' : 'missed';
}

function drawn(row: Row, index: number): string {
  const top = TITLE_HEIGHT + index * ROW_HEIGHT;
  const middle = top + ROW_HEIGHT / 2;
  const [from, to] = [lengthOf(row, row.seen.minimum), lengthOf(row, row.seen.maximum)].map(
    (each) => LABEL_WIDTH + each,
  );
  const value = `${printNumber(row.seen.median)} (${printWanted(row) || 'told'})`;
  return [
    `<text x="12" y="${middle - 2}">${escaped(row.figure)}</text>`,
    `<text x="12" y="${middle + 13}" class="small">${escaped(row.unit)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${middle - BAR_HEIGHT / 2}" width="${lengthOf(row, row.seen.median).toFixed(1)}" height="${BAR_HEIGHT}" rx="2" class="${classOf(row)}"/>`,
    `<line x1="${from?.toFixed(1)}" x2="${to?.toFixed(1)}" y1="${middle}" y2="${middle}" class="spread"/>`,
    `<text x="${WIDTH - VALUE_WIDTH + 8}" y="${middle + 4}">${escaped(value)}</text>`,
  ].join('\n');
}

/** The picture of these rows, with a line below the title that says when and where they were seen. */
export function plot(rows: readonly Row[], circumstances: string): string {
  const height = TITLE_HEIGHT + rows.length * ROW_HEIGHT + 12;
  const wanted_x = LABEL_WIDTH + WANTED_AT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>What the bench saw, against what has to be reached</title>
<style>${STYLE}
</style>
<text x="12" y="26" class="title">Seen, against what has to be reached (dashed; longer is better)</text>
<text x="12" y="46" class="small">${escaped(circumstances)}</text>
<line x1="${wanted_x}" x2="${wanted_x}" y1="${TITLE_HEIGHT}" y2="${height - 12}" class="wanted"/>
${rows.map(drawn).join('\n')}
</svg>
`;
}
