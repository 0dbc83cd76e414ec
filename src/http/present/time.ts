// Times as the wire has them: RFC 3339, UTC, without milliseconds (contract 1).

import { printMoment, secondsOf } from '../../domain/moment.ts';

/** The second that was printed last: answers of one second all tell it. */
let last = { second: Number.NaN, text: '' };

export function printTime(moment: Date): string {
  const second = secondsOf(moment);
  if (second !== last.second) last = { second, text: printMoment(moment) };
  return last.text;
}

export function printTimeOrNull(moment: Date | null): string | null {
  return moment === null ? null : printTime(moment);
}
