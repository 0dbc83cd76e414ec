// Pages of a list: the size and number that were asked for, and the `Link` header that leads to the others (contract 1).

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';

const PER_PAGE_DEFAULT = 30;
export const PER_PAGE_MAX = 100;

/** What a list query of a use-case gets: fetch `limit + 1` rows to know whether there are more. */
export type Page = { readonly limit: number; readonly offset: number };

type Asked = { readonly per_page?: number; readonly page?: number };
type Rel = 'first' | 'prev' | 'next' | 'last';

/** The page that a validated query asks for. */
export function pageOf(query: Asked): Page {
  const limit = Math.min(query.per_page ?? PER_PAGE_DEFAULT, PER_PAGE_MAX);
  return { limit, offset: ((query.page ?? 1) - 1) * limit };
}

/**
 * Sets the `Link` header of a numbered list and answers its rows. `total` is the number of all rows where it is cheap to
 * know; without it there is no `last`.
 */
export function paginate<Row>(
  deps: Pick<Deps, 'config'>,
  request: FastifyRequest,
  reply: FastifyReply,
  list: { readonly rows: Row[]; readonly has_more: boolean; readonly total?: number },
): Row[] {
  const asked = request.query as Asked; // the route's schema has PAGE_QUERY
  const page = asked.page ?? 1;
  const last = list.total === undefined ? undefined : Math.max(1, Math.ceil(list.total / pageOf(asked).limit));
  const links: Partial<Record<Rel, { page: number }>> = {};
  if (page > 1) links.prev = { page: page - 1 };
  if (list.has_more) links.next = { page: page + 1 };
  if (list.has_more && last !== undefined) links.last = { page: last };
  if (page > 1) links.first = { page: 1 };
  setLinks(deps, request, reply, links);
  return list.rows;
}

/**
 * Sets the `Link` header: for each relation the address of this request under PUBLIC_URL with these parameters put in
 * (null takes one out). Parameters that the route does not declare are not repeated, so that a stray secret is not either.
 */
export function setLinks(
  deps: Pick<Deps, 'config'>,
  request: FastifyRequest,
  reply: FastifyReply,
  links: Partial<Record<Rel, Readonly<Record<string, string | number | null>>>>,
): void {
  const entries = Object.entries(links);
  if (entries.length === 0) return;
  const here = new URL(request.url, 'http://localhost');
  const declared = declaredParameters(request);
  for (const name of [...here.searchParams.keys()]) {
    if (!declared.has(name.replace(/\[\]$/, ''))) here.searchParams.delete(name);
  }
  const header = entries.map(([rel, parameters]) => {
    const query = new URLSearchParams(here.searchParams);
    for (const [name, value] of Object.entries(parameters)) {
      if (value === null) query.delete(name);
      else query.set(name, String(value));
    }
    const search = query.toString();
    return `<${deps.config.public_url}${here.pathname}${search === '' ? '' : `?${search}`}>; rel="${rel}"`;
  });
  reply.header('link', header.join(', '));
}

function declaredParameters(request: FastifyRequest): ReadonlySet<string> {
  const schema = request.routeOptions.schema?.querystring as { properties?: Record<string, unknown> } | undefined;
  return new Set(Object.keys(schema?.properties ?? {}));
}
