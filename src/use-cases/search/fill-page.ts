// One page of a search: candidates are read in their order and judged batch by batch, until the page is full, all are seen, or
// enough work was done for one request. The next page goes on where this one ended, so that what is deleted meanwhile moves
// nothing; a page that ended early may be short, or empty, without being the last.

/** One statement loads the facts of that many: of the largest page and one more. */
const BATCH_MAX = 1001;
/** So many are worth a statement, however small the page is. */
const BATCH_MIN = 50;
/** Looked at for one request, at most. */
const LOOKED_AT_MAX = 5000;

export type Page<Result> = {
  readonly results: readonly Result[];
  /** The place after which the next page begins; null: there is nothing more. */
  readonly next: string | null;
};

export type Search<Candidate, Result> = {
  /** The next candidates after this place, in their order; null: from the beginning. */
  readonly list: (after: string | null, count: number) => Promise<readonly Candidate[]>;
  /** What each of them is in the answer, in their order; null: it is none. */
  readonly judge: (candidates: readonly Candidate[]) => Promise<readonly (Result | null)[]>;
  readonly placeOf: (candidate: Candidate) => string;
};

/** The page of at most `limit` results after this place. */
export async function fillPage<Candidate, Result>(
  { list, judge, placeOf }: Search<Candidate, Result>,
  { limit, after }: { readonly limit: number; readonly after: string | null },
): Promise<Page<Result>> {
  const found: { readonly result: Result; readonly place: string }[] = [];
  const pageUntil = (next: string | null) => ({ results: found.slice(0, limit).map(({ result }) => result), next });
  let [place, looked_at] = [after, 0];
  while (looked_at < LOOKED_AT_MAX) {
    // One more than fits, because only that tells whether there is a next page.
    const count = looked_at === 0 ? Math.min(Math.max(limit + 1, BATCH_MIN), BATCH_MAX) : BATCH_MAX;
    const candidates = await list(place, count);
    const judged = await judge(candidates);
    for (const [index, candidate] of candidates.entries()) {
      place = placeOf(candidate);
      const result = judged[index] ?? null;
      if (result !== null) found.push({ result, place });
    }
    if (found.length > limit) return pageUntil(found[limit - 1]?.place ?? null);
    if (candidates.length < count) return pageUntil(null);
    looked_at += candidates.length;
  }
  return pageUntil(place);
}
