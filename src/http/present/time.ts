// Times as the wire has them: RFC 3339, UTC, without milliseconds (contract 1).

/** The second that was printed last: answers of one second all tell it. */
let last = { second: Number.NaN, text: '' };

export function printTime(moment: Date): string {
  const second = Math.floor(moment.getTime() / 1000);
  if (second !== last.second) last = { second, text: `${moment.toISOString().slice(0, 19)}Z` };
  return last.text;
}

export function printTimeOrNull(moment: Date | null): string | null {
  return moment === null ? null : printTime(moment);
}
