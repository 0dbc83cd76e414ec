// A creating call that carries an Idempotency-Key (contract 1, promises P22): its effect and its answer are one transaction, so that a
// repetition is answered from what is kept, or does what was not done; never both.

import {
  findKeptAnswer,
  insertKeptAnswer,
  type KeptAnswer,
  type KeptUnder,
  lockKey,
} from '../../db/idempotency-keys.ts';
import { openJoint } from '../../db/joint-transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Principal } from '../../domain/caller.ts';
import { Refusal } from '../../domain/refusal.ts';
import { digestOf, fingerprintOf } from '../../secrets.ts';
import { kindOfText } from '../../text-form.ts';

type Call = {
  readonly principal: Principal;
  /** The text of the header. */
  readonly key: string;
  /** All that makes it this request and no other, in one form. */
  readonly request: string;
};

/** What is answered to a repetition. */
export type Repetition = { readonly status: number; readonly answer: unknown };

export type KeyedCall = {
  /** Does the work; what it changes is not there before `keep`. Throws 409 `conflict` while the same key is under way. */
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Keeps the answer and makes the effect true, both or neither. Faults: StorageUnavailable. */
  readonly keep: (status: number, answer: unknown) => Promise<void>;
  /** Undoes what was not kept. */
  readonly giveUp: () => Promise<void>;
};

/**
 * Keys belong to their principal: a person by whatever session, a token, a client; an exchanged token is one of its own, with an id out of
 * one sequence with those of tokens: it is not told what its token made, or another one of it. Null: nobody. @rule T3
 */
function ownerOf(principal: Principal): Pick<KeptUnder, 'principal_type' | 'principal_id'> | null {
  switch (principal.type) {
    case 'session':
      return { principal_type: 'user', principal_id: principal.person.id };
    case 'token':
      return { principal_type: 'token', principal_id: (principal.token.exchanged ?? principal.token).id };
    case 'client':
      return { principal_type: 'client', principal_id: principal.client.id };
    default:
      return null;
  }
}

/** The answer without what has the form of a secret of ours, at whatever place: that was shown once. @rule P22 of promises */
function withoutSecrets(value: unknown, prefix: string): unknown {
  if (typeof value === 'string') return kindOfText(value, prefix) === null ? value : null;
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, prefix));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutSecrets(each, prefix)]));
}

function underWay(): Refusal {
  const message = 'A request with this Idempotency-Key is under way';
  return new Refusal('conflict', { message, headers: { 'retry-after': '1' } });
}

/**
 * What was answered to the same request under this key, or the call that is to be made. Null: the caller has no keys. Refuses: 422
 * `idempotency_mismatch` for another request under the key.
 */
export async function beginKeyedCall(
  deps: Deps,
  { principal, key, request }: Call,
): Promise<{ readonly repetition: Repetition } | { readonly call: KeyedCall } | null> {
  const owner = ownerOf(principal);
  if (owner === null) return null;
  const under = { ...owner, key_digest: digestOf(key) };
  // Hashed with the key's own text too, which is not stored: a password in the request cannot be tried by who reads the table.
  const fingerprint = fingerprintOf(await deps.page_key(), JSON.stringify([key, request]));
  const kept: KeptAnswer | undefined = await findKeptAnswer(deps.db, under, deps.clock());
  if (kept !== undefined && kept.fingerprint !== fingerprint) throw new Refusal('idempotency_mismatch');
  if (kept !== undefined) return { repetition: { status: kept.status, answer: kept.answer } };
  const joint = openJoint(deps.db, async (transaction) => {
    if (!(await lockKey(transaction, under))) throw underWay();
    // Answered since it was looked for: what is asked again now is answered from what is kept.
    if ((await findKeptAnswer(transaction, under, deps.clock())) !== undefined) throw underWay();
  });
  const keep = (status: number, answer: unknown): Promise<void> =>
    joint.commit((transaction) => {
      const row = { fingerprint, status, answer: withoutSecrets(answer, deps.config.token_prefix) };
      return insertKeptAnswer(transaction, under, row, deps.clock());
    });
  return { call: { run: joint.run, keep, giveUp: joint.giveUp } };
}
