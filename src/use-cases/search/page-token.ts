// The token of a page (AuthZEN section 8.2): the place where the last one ended and how many go on one, sealed together with the
// question and the client that asked it. For any other question, or for another client, it is none of ours.

import { openSealed, sealText } from '../../secrets.ts';

export type PageQuestion = {
  readonly search: 'subject' | 'resource' | 'action';
  /** Its internal id. */
  readonly client_id: number;
  /** The entities as they were asked, with the context. */
  readonly entities: unknown;
};

export type PagePlace = { readonly limit: number; readonly after: string };

/** The same text for the same value, in whatever order its members were written. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`;
}

function boundOf({ search, client_id, entities }: PageQuestion): string {
  return `page:${search}:${client_id}:${canonical(entities)}`;
}

/** The token of the page after this place. */
export function printPageToken(key: Buffer, question: PageQuestion, { limit, after }: PagePlace): string {
  return sealText(key, `${limit} ${after}`, boundOf(question));
}

/** The place that the token stands for; null where it is none of this question. */
export function readPageToken(key: Buffer, question: PageQuestion, token: string): PagePlace | null {
  const opened = openSealed(key, token, boundOf(question));
  if (opened === null) return null;
  const blank = opened.indexOf(' ');
  return { limit: Number(opened.slice(0, blank)), after: opened.slice(blank + 1) };
}
