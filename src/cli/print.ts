// How answers look to people: records as `member: value`, lists as columns. What others have named is printed without the characters that
// would move the cursor or colour the terminal of who reads it.

/** Control characters of ASCII and Latin-1, and those that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export type Column = {
  readonly title: string;
  /** The member, with dots where it is inside of another. */
  readonly member: string;
};

/** The text without what would do something to the terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One value in one line. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(valueText).join(', ');
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).map(([name, inner]) => `${printable(name)}=${valueText(inner)}`);
  return members.length === 0 ? '-' : members.join(' ');
}

/** Lines of a record: names in one column, values in the next. */
export function recordLines(record: Readonly<Record<string, unknown>>, members?: readonly string[]): readonly string[] {
  const shown = (members ?? Object.keys(record)).filter((name) => name in record);
  const width = Math.max(0, ...shown.map((name) => name.length));
  return shown.map((name) => `${`${printable(name)}:`.padEnd(width + 2)}${valueText(record[name])}`);
}

/** Lines of a list: a header, and a line each; an empty list has none. */
export function tableLines(rows: readonly unknown[], columns: readonly Column[]): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => columns.map(({ member }) => valueText(memberOf(row, member))));
  const lines = [columns.map(({ title }) => title), ...cells];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function memberOf(row: unknown, path: string): unknown {
  let value = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
