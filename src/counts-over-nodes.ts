// Counts that hold over all nodes (T2, T4, T5) without a write per request: each node counts in memory, and about once a second tells the
// database what is new and hears what counts everywhere. So what one key may do in a window is at most what is allowed, and for
// each further node what comes to it within such a second (of a large number: a hundredth besides). Where the database is away, each
// node goes on by itself; what was told survives a restart.

import type { Kysely } from 'kysely';
import {
  type CountedEverywhere,
  type CountedHere,
  type CountedWindows,
  countWindows,
  type Sharing,
  type WindowKey,
} from './counted-windows.ts';
import { addToWindows, resetWindows, type WindowRow } from './db/counted-windows.ts';
import type { Database } from './db/schema.ts';
import { digestOf } from './secrets.ts';

export const SHARE_SECONDS = 1;
/** Keys of one kind that are told at once; further ones the next time. */
const TOLD_MAX = 5000;

type Limits = { readonly count_max: number; readonly window_ms: number };

export type SharedCounts = {
  /** The windows of this name, always the same ones; the limits are those of the first call. */
  readonly windows: (name: string, limits: Limits) => CountedWindows;
  /** Tells and hears; at the end also of what was not worth it before. On a fault it is kept for the next time. */
  readonly share: (everything: boolean) => Promise<void>;
};

type Told = {
  readonly windows: CountedWindows & Sharing;
  readonly news: readonly CountedHere[];
  readonly digests: readonly string[];
};

export function shareCounts({
  db,
  clock,
}: {
  readonly db: Kysely<Database>;
  readonly clock: () => Date;
}): SharedCounts {
  const named = new Map<string, CountedWindows & Sharing>();
  /** Windows that are full somewhere, by digest, as they were heard of last. */
  let elsewhere: ReadonlyMap<string, CountedEverywhere> = new Map();
  let is_failing = false;

  const digest = (name: string, key: WindowKey) => digestOf(`${name} ${key}`);

  function windows(name: string, limits: Limits): CountedWindows {
    const known = named.get(name);
    if (known !== undefined) return known;
    const knownElsewhere = (key: WindowKey) =>
      elsewhere.size === 0 ? null : (elsewhere.get(digest(name, key)) ?? null);
    const made = countWindows({ ...limits, knownElsewhere });
    named.set(name, made);
    return made;
  }

  function collect(everything: boolean): Told[] {
    const limit = everything ? Number.POSITIVE_INFINITY : TOLD_MAX;
    return [...named].map(([name, each]) => {
      const news = each.takeNews(limit, everything);
      return { windows: each, news, digests: news.map(({ key }) => digest(name, key)) };
    });
  }

  function hear(rows: readonly WindowRow[], told: readonly Told[], now: Date): void {
    const live = rows.filter(({ ends_at }) => ends_at > now);
    const heard = new Map(live.map((row) => [row.digest, { count: row.count, ends_at_ms: row.ends_at.getTime() }]));
    for (const { windows: each, news, digests } of told) {
      for (const [index, { key }] of news.entries()) {
        const own = digests[index] ?? '';
        const found = heard.get(own);
        heard.delete(own);
        if (found !== undefined) each.hear(key, found);
      }
    }
    elsewhere = heard;
  }

  async function tell(told: readonly Told[], now: Date): Promise<void> {
    const all = told.flatMap(({ windows: { count_max }, news, digests }) =>
      news.map((each, index) => ({
        ...each,
        count_max,
        digest: digests[index] ?? '',
        ends_at: new Date(each.ends_at_ms),
      })),
    );
    const replaced = all.filter(({ replaces }) => replaces).map((each) => each.digest);
    if (replaced.length > 0) await resetWindows(db, replaced);
    const counting = all.filter(({ more, ends_at }) => more !== 0 && ends_at > now);
    hear(await addToWindows(db, counting, now), told, now);
  }

  async function share(everything: boolean): Promise<void> {
    const told = collect(everything);
    try {
      await tell(told, clock());
      is_failing = false;
    } catch (error) {
      for (const { windows: each, news } of told) each.putBack(news);
      const is_known = is_failing;
      is_failing = true;
      if (!is_known) throw error; // once for each time that the database is away: this is tried every second
    }
  }

  return { windows, share };
}
