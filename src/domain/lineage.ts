// Whether the database that a service starts on is the one that it knew: judged from what the database says of itself, what its server
// is, and what was kept of it elsewhere. Pure.

/** What a server says of the database; null: it does not say. */
export type Lineage = {
  readonly system_identifier: string | null;
  readonly timeline: number | null;
  readonly database_oid: number | null;
  readonly table_oid: number | null;
};

/** The last commit that was known, by its number and by which one it was. */
export type KeptEpoch = { readonly epoch: number; readonly mark: string | null };

export type LineageState = {
  /** What the service has written down of it; every member null before its first start. */
  readonly recorded: Lineage;
  /** What it is now. */
  readonly found: Lineage;
  readonly set_back_at: Date | null;
  /** The last commit of the database. */
  readonly epoch: number;
  /** The mark of the commit with the number that was kept; null: the database tells of it no longer, or has none. */
  readonly mark_of_kept: string | null;
};

/**
 * Codes that operators may rely on. `database_restored`: another cluster, database or set of tables. `database_set_back`: it lacks
 * commits that were given out. `database_promoted`: another history of the same cluster, and nobody knows whether it lacks any.
 */
export type LineageFault = 'database_restored' | 'database_set_back' | 'database_promoted';

export type LineageVerdict = {
  /** Null: it is the one that was known, as far as anybody can know. */
  readonly fault: LineageFault | null;
  /** What was found, in words. */
  readonly why: string;
  /** Whether another history was confirmed by the last commit that was kept: a promotion that lost nothing. */
  readonly is_confirmed_promotion: boolean;
};

const KNOWN: LineageVerdict = { fault: null, why: 'it is the database that was known', is_confirmed_promotion: false };

/** Whether the database lacks what was known of it, or goes on in another way from there. */
export function lacksKept(
  { epoch, mark_of_kept }: Pick<LineageState, 'epoch' | 'mark_of_kept'>,
  kept: KeptEpoch,
): boolean {
  if (epoch < kept.epoch) return true;
  if (mark_of_kept === null) return epoch === kept.epoch && kept.mark !== null;
  return mark_of_kept !== kept.mark;
}

export function judgeLineage(state: LineageState, kept: KeptEpoch | null): LineageVerdict {
  const { recorded, found, set_back_at, epoch } = state;
  const refused = (fault: LineageFault, why: string): LineageVerdict => ({ fault, why, is_confirmed_promotion: false });
  if (set_back_at !== null)
    return refused(
      'database_set_back',
      `a running node found at ${set_back_at.toISOString()} that it lacks commits that were answered`,
    );
  if (kept !== null && lacksKept(state, kept)) {
    const what =
      epoch < kept.epoch ? `its last commit has the number ${epoch}` : 'it has another commit with that number';
    return refused('database_set_back', `EPOCH_FILE knows the commit ${kept.epoch}, and ${what}`);
  }
  if (differ(recorded.system_identifier, found.system_identifier))
    return refused(
      'database_restored',
      `it was made in the cluster ${recorded.system_identifier}, and this is the cluster ${found.system_identifier}`,
    );
  if (differ(recorded.database_oid, found.database_oid))
    return refused('database_restored', 'it is another database of the cluster than the one that was used');
  if (differ(recorded.table_oid, found.table_oid))
    return refused('database_restored', 'its tables were made anew, as a dump that is restored makes them');
  if (!differ(recorded.timeline, found.timeline)) return KNOWN;
  if (kept !== null && kept.mark !== null && kept.mark === state.mark_of_kept)
    return { ...KNOWN, is_confirmed_promotion: true };
  return refused(
    'database_promoted',
    `its server is on timeline ${found.timeline}, was on ${recorded.timeline}, and no node and no EPOCH_FILE knows whether commits were lost between`,
  );
}

function differ<Value>(recorded: Value | null, found: Value | null): boolean {
  return recorded !== null && found !== null && recorded !== found;
}
