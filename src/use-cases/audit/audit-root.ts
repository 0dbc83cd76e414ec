// A root: what the logs of the record ended with at a moment, those that changed since the root before it, signed, in one line.
// Each names the digest of the line before it, so that a line cannot be taken out of the middle either.

import { hash, type KeyObject, sign, verify } from 'node:crypto';
import type { LogKind } from '../../domain/audit-entry.ts';

/** Kind and id of a log, how many entries it had, and the hash of the last in hexadecimal. */
export type RootedLog = readonly [LogKind, number, number, string];

export type AuditRoot = {
  readonly at: string;
  /** Transactions before this one were all seen; the next root begins with it. */
  readonly horizon: string;
  readonly logs: readonly RootedLog[];
  /** Base64 of the SHA-256 of the line before; null: the first. */
  readonly previous: string | null;
};

export function printRoot(root: AuditRoot, key: KeyObject): string {
  const signature = sign(null, signedText(root), key).toString('base64');
  return JSON.stringify({ ...root, signature });
}

/** The root of a line, or null where it is malformed or not signed with this key. */
export function readRoot(line: string, key: KeyObject): AuditRoot | null {
  try {
    const { signature, ...said } = JSON.parse(line) as AuditRoot & { signature: string }; // verified, and so ours
    return verify(null, signedText(said), key, Buffer.from(signature, 'base64')) ? said : null;
  } catch {
    return null;
  }
}

export function digestOfLine(line: string): string {
  return hash('sha256', line, 'base64');
}

function signedText({ at, horizon, logs, previous }: AuditRoot): Buffer {
  return Buffer.from(JSON.stringify({ at, horizon, logs, previous }));
}
