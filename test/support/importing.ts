// Calling the bulk import in tests: lines as values in, results as values out.

import type { TestApp } from './build-app.ts';
import { worldOf } from './world.ts';

export type Line = Readonly<Record<string, unknown>>;
export type Result = { line: number; external_id: string | null; result: string; message?: string };

export const LINES = 'application/x-ndjson';

/** As a body; a text stands for itself. */
export function bodyOf(lines: readonly (Line | string)[]): string {
  return lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
}

export function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Imports with a client of its own. */
export async function importerOf({ inject, deps }: TestApp) {
  const { authorization } = await worldOf(deps).client(['directory']);
  const headers = { authorization, 'content-type': LINES };
  const post = (payload: string | Buffer) => inject({ method: 'POST', url: '/directory/import', headers, payload });

  /** The results, without the counts. */
  async function send(lines: readonly (Line | string)[]): Promise<Result[]> {
    const answer = await post(bodyOf(lines));
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`);
    const lines_told = parseLines(answer.body);
    const broken_off = lines_told.at(-1) as { readonly code?: string };
    if (broken_off.code !== undefined) throw new Error(`broken off: ${answer.body.slice(-500)}`);
    return lines_told.slice(0, -1) as Result[];
  }

  /** Just the words: `created`, `stale` and so on. */
  async function words(lines: readonly (Line | string)[]): Promise<string[]> {
    return (await send(lines)).map(({ result }) => result);
  }

  return { authorization, headers, post, send, words };
}
