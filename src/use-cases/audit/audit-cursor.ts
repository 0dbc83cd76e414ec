// The cursor of an audit log: a position, and the proof that this service told it to this caller for this question. The proof
// needs the hash that stands at the position, which nobody is told: a cursor cannot be made, nor used for another log, by
// another caller or with another phrase or order.

import { hash } from 'node:crypto';
import type { AuditOrder, LogName } from '../../domain/audit-entry.ts';

const POSITION_BYTES = 8;
const PROOF_BYTES = 24;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** Whose question it is. */
export type CursorQuestion = {
  readonly log: LogName;
  readonly person_id: number;
  readonly phrase: string;
  readonly order: AuditOrder;
};

/** The cursor of a position with this hash. */
export function printCursor(
  question: CursorQuestion,
  at: { readonly position: number; readonly hash: Buffer },
): string {
  const position = Buffer.alloc(POSITION_BYTES);
  position.writeBigUInt64BE(BigInt(at.position));
  return Buffer.concat([position, proofOf(question, at)]).toString('base64url');
}

/** The position that a text claims to be the cursor of, or null where it is none. What it claims is yet to be proved. */
export function claimedPosition(text: string): number | null {
  if (!FORM.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  const position = Number(bytes.readBigUInt64BE(0));
  return Number.isSafeInteger(position) && position > 0 ? position : null;
}

function proofOf(question: CursorQuestion, at: { readonly position: number; readonly hash: Buffer }): Buffer {
  const { log, person_id, phrase, order } = question;
  const bound = JSON.stringify([log.log_kind, log.log_id, person_id, phrase, order, at.position]);
  return hash('sha256', Buffer.concat([at.hash, Buffer.from(bound)]), 'buffer').subarray(0, PROOF_BYTES);
}
