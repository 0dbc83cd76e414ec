// A search from the page that was asked for to the token of the next one; what is found is the business of each search.

import type { Deps } from '../../deps.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Page } from './fill-page.ts';
import { type PagePlace, type PageQuestion, printPageToken, readPageToken } from './page-token.ts';

/** Results on a page where the question does not say. */
const LIMIT_DEFAULT = 100;

export type PageAsked = { readonly token?: string; readonly limit?: number };
export type Found = { readonly results: readonly string[]; readonly next_token: string };

type Wanted = { readonly limit: number; readonly after: string | null };

/** Where the page begins and how many go on it: the following ones are as large as the first. */
function wantedBy({ limit }: PageAsked, place: PagePlace | null): Wanted {
  if (place === null || (limit !== undefined && limit !== place.limit)) {
    throw new Refusal('malformed_request', { message: 'The page token is of another question, or none of ours' });
  }
  return place;
}

/** The page that was asked for, and the token of the next one, empty at the end. Refuses: 400 for a token of anything else. */
export async function runSearch(
  deps: Deps,
  { question, page }: { readonly question: PageQuestion; readonly page: PageAsked },
  find: (wanted: Wanted) => Promise<Page<string>>,
): Promise<Found> {
  const { token, limit = LIMIT_DEFAULT } = page;
  const wanted =
    token === undefined
      ? { limit, after: null }
      : wantedBy(page, readPageToken(await deps.page_key(), question, token));
  const { results, next } = await find(wanted);
  if (next === null) return { results, next_token: '' };
  const place = { limit: wanted.limit, after: next };
  return { results, next_token: printPageToken(await deps.page_key(), question, place) };
}
