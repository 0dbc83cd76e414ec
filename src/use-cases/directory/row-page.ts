// A page of rows, from a query that fetched one row more than the page holds.

export type RowPage<Row> = { readonly rows: Row[]; readonly has_more: boolean };

/** The rows of the page, and whether there are more behind it. */
export function rowPage<Row>(fetched: readonly Row[], limit: number): RowPage<Row> {
  return { rows: fetched.slice(0, limit), has_more: fetched.length > limit };
}
