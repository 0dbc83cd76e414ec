// What is wrong where in a document that somebody wrote: by JSON pointer (RFC 6901), which leads to the member.

/** The members and indexes that lead to a place in a document. */
export type DocumentPath = readonly (string | number)[];

export type DocumentFault = {
  /** RFC 6901; empty: the document itself. */
  readonly pointer: string;
  readonly message: string;
};

/** Takes note of a fault. */
export type Report = (path: DocumentPath, message: string) => void;

const SHOWN_CHARACTERS_MAX = 100;

/** `['paths', '/user', 'get']` → `/paths/~1user/get`. */
export function pointerOf(path: DocumentPath): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A word of the document in a message: quoted, and not longer than a line. */
export function shown(word: string): string {
  const short = word.length > SHOWN_CHARACTERS_MAX ? `${word.slice(0, SHOWN_CHARACTERS_MAX)}…` : word;
  return `\`${short}\``;
}

/** Whether the value is an object with members. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The line of this place in the text, counted from 1. */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index >= 0 && index < at; index = text.indexOf('\n', index + 1)) line += 1;
  return line;
}
