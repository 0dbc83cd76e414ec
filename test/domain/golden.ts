// Golden texts: what pure functions answer, one line a question, reviewed as code. `WRITE_GOLDEN=1 npm test -- test/domain` writes
// them anew; what differs is then looked at line by line.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import { Refusal } from '../../src/domain/refusal.ts';

const WRITES = process.env.WRITE_GOLDEN === '1';

/** What a function answers, or refuses. */
function answerOf(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refused: error.code, ...error.details };
  }
}

function printed(value: unknown): string {
  if (value === undefined) return 'undefined';
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'number' && Number.isNaN(member)) return 'NaN';
    if (member instanceof Set || member instanceof Map) return [...member];
    return member;
  });
}

type Lines = {
  readonly head: (text: string) => void;
  /** A question in words, and what is answered to it. */
  readonly line: (question: string, ask: () => unknown) => void;
};

/** A test that gathers lines and compares them with the file of this name. */
export function golden(name: string, gather: (lines: Lines) => void): (t: Test) => Promise<void> {
  const place = new URL(`golden/${name}.txt`, import.meta.url);
  return async (t) => {
    const lines: string[] = [];
    gather({
      head: (text) => void lines.push(lines.length === 0 ? `# ${text}` : `\n# ${text}`),
      line: (question, ask) => void lines.push(`${question} → ${printed(answerOf(ask))}`),
    });
    const text = `${lines.join('\n')}\n`;
    if (WRITES) writeFileSync(place, text);
    const found = text.split('\n');
    const kept = readFileSync(place, 'utf8').split('\n');
    const first = found.findIndex((line, index) => line !== kept[index]);
    t.equal(found[first], kept[first], `${name}.txt:${first + 1}`);
    t.equal(found.length, kept.length, 'and no more');
  };
}
