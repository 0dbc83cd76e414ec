// Times as the wire has them: RFC 3339, UTC, without milliseconds (contract 1).

export function printTime(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

export function printTimeOrNull(moment: Date | null): string | null {
  return moment === null ? null : printTime(moment);
}
