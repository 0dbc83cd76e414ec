// A question to an audit log, understood: the filter of its phrase, and the positions between its cursors.

import { hashAt } from '../../db/audit-log.ts';
import type { Deps } from '../../deps.ts';
import type { AuditOrder, LogName } from '../../domain/audit-entry.ts';
import { type AuditFilter, parseAuditPhrase } from '../../domain/audit-phrase.ts';
import { type Caller, personBehind } from '../../domain/caller.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { type CursorQuestion, claimedPosition, printCursor } from './audit-cursor.ts';

export type AuditQuery = {
  readonly log: LogName;
  readonly phrase: string;
  readonly order: AuditOrder;
  /** Cursors: behind this one, or in front of that one, in the order of the log that was asked for. */
  readonly after: string | null;
  readonly before: string | null;
};

export type AuditQuestion = {
  readonly filter: AuditFilter;
  readonly above: number;
  readonly below: number;
  readonly cursor: CursorQuestion;
};

/** 422 for a phrase that is not understood, and for a cursor that is malformed or of another question. @rule L2 */
export async function understand(deps: Deps, caller: Caller, query: AuditQuery): Promise<AuditQuestion> {
  const { log, phrase, order } = query;
  const filter = parseAuditPhrase(phrase);
  if ('fault' in filter) throw invalid('AuditLog', 'phrase', 'invalid', filter.fault);
  const person = personBehind(caller.principal);
  if (person === null) throw new Refusal('authentication_required');
  const cursor = { log, person_id: person.id, phrase, order };
  const after = await positionOf(deps, cursor, 'after', query.after);
  const before = await positionOf(deps, cursor, 'before', query.before);
  const [above, below] = order === 'asc' ? [after, before] : [before, after];
  return { filter, above: above ?? 0, below: below ?? Number.MAX_SAFE_INTEGER, cursor };
}

async function positionOf(
  deps: Deps,
  question: CursorQuestion,
  field: 'after' | 'before',
  text: string | null,
): Promise<number | null> {
  if (text === null) return null;
  const position = claimedPosition(text);
  const hash = position === null ? null : await hashAt(deps.db, question.log, position);
  if (position === null || hash === null || printCursor(question, { position, hash }) !== text) {
    throw invalid('AuditLog', field, 'invalid', 'is no cursor of this log, this phrase and this order for this caller');
  }
  return position;
}
