// One step of an import: the lines of a group, taken with a few statements in one transaction. Every type takes its own lines
// through this; what becomes of them, what is known afterwards, and what the record says is collected here.

import type { Kysely } from 'kysely';
import type { ImportEntry } from '../../db/import/audit.ts';
import type { Database } from '../../db/schema.ts';
import type { ImportContent, ImportLine, ImportType, LineResult, Reference } from '../../domain/import-line.ts';
import { keyOf } from '../../domain/import-line.ts';
import { idOf, type KnownObject, namesOf, type Planned } from '../../domain/import-plan.ts';

/** What an object is to be. */
export type Wish<Type extends ImportType = ImportType> = {
  readonly line: ImportLine<Type>;
  readonly content: ImportContent<Type>;
  /** Undefined: nothing was known of it before. Known and deleted: it is made anew (F4). */
  readonly known: KnownObject | undefined;
  readonly act: 'create' | 'update';
};

/** What an object is, once its line is taken. */
export type Taken = {
  readonly result: 'created' | 'updated' | 'unchanged';
  readonly object_id: number | null;
  readonly second_id?: number | null;
  readonly parent_id?: number | null;
  readonly suspended?: boolean;
};

export type Step = {
  readonly db: Kysely<Database>;
  readonly now: Date;
  readonly find: (reference: Reference) => KnownObject | undefined;
  /** The line is taken, and this is known of its object. */
  readonly accept: (line: ImportLine, taken: Taken) => void;
  /** The line is refused for this reason, and changes nothing. */
  readonly refuse: (line: ImportLine, message: string) => void;
  /** An act for the record. External id and version of its line are added. */
  readonly record: (
    line: ImportLine | null,
    entry: Omit<ImportEntry, 'data'> & Partial<Pick<ImportEntry, 'data'>>,
  ) => void;
};

export type StepOutcome = {
  readonly step: Step;
  readonly results: Map<number, LineResult>;
  readonly known: Map<string, KnownObject>;
  /** Lines that were taken and of which this is not yet remembered. */
  readonly unsaved: ImportLine[];
  /** The entries so far; who writes them takes them out. */
  readonly entries: ImportEntry[];
};

/** A new step over what was known before. */
export function beginStep(db: Kysely<Database>, now: Date, before: ReadonlyMap<string, KnownObject>): StepOutcome {
  const results = new Map<number, LineResult>();
  const known = new Map<string, KnownObject>();
  const unsaved: ImportLine[] = [];
  const entries: ImportEntry[] = [];
  const find = (reference: Reference): KnownObject | undefined => {
    const key = keyOf(reference);
    return known.get(key) ?? before.get(key);
  };
  const accept = (line: ImportLine, taken: Taken): void => {
    const { result, object_id, second_id = null, parent_id = null, suspended = false } = taken;
    const { version, fingerprint, external_id } = line;
    const deleted = line.content === null;
    const names = namesOf(line, find);
    const after = {
      version,
      fingerprint,
      deleted,
      present: !deleted,
      object_id,
      second_id,
      parent_id,
      suspended,
      names,
    };
    known.set(keyOf(line), after);
    unsaved.push(line);
    results.set(line.line, { line: line.line, external_id, result });
  };
  const refuse = (line: ImportLine, message: string): void => {
    results.set(line.line, { line: line.line, external_id: line.external_id, result: 'error', message });
  };
  const record: Step['record'] = (line, entry) => {
    const origin = line === null ? {} : { external_id: line.external_id, version: line.version };
    entries.push({ ...entry, data: { ...origin, ...entry.data } });
  };
  return { step: { db, now, find, accept, refuse, record }, results, known, unsaved, entries };
}

/** Those of the planned lines that say what an object of this type is to be. */
export function wishesOf<Type extends ImportType>(planned: readonly Planned[], type: Type): readonly Wish<Type>[] {
  return planned.flatMap(({ line, act, known }) => {
    if (line.type !== type || line.content === null || (act !== 'create' && act !== 'update')) return [];
    return [{ line, content: line.content, known, act } as Wish<Type>]; // the type was compared
  });
}

/** The wishes that make something, and those that change what is there, with its id. */
export function sorted<Each extends Pick<Wish, 'act' | 'known'>>(
  wishes: readonly Each[],
): { made: readonly Each[]; changed: readonly (Each & { readonly id: number })[] } {
  const changed = wishes.flatMap((wish) => {
    const id = wish.known?.object_id;
    return wish.act === 'update' && id ? [{ ...wish, id }] : [];
  });
  return { made: wishes.filter((wish) => wish.act === 'create'), changed };
}

/** The id of what a member refers to; null is refused. */
export function resolve(
  step: Step,
  line: ImportLine,
  { member, ...reference }: Reference & { readonly member: string },
): number | null {
  const id = idOf(step.find, reference);
  if (id === null) step.refuse(line, notThere(member, reference));
  return id;
}

export function notThere(member: string, { type, external_id }: Reference): string {
  return `\`${member}\`: there is no ${type} \`${external_id}\``;
}

/** An object that was there a moment ago went away by another way than the import. */
export const GONE = 'the object was taken away at this moment; send the line again';

/** The names of the members that differ. */
export function changedMembers<Value extends object>(
  before: Value,
  after: { [Name in keyof Value]?: Value[Name] },
): string[] {
  return Object.keys(after).filter((name) => before[name as keyof Value] !== after[name as keyof Value]);
}
