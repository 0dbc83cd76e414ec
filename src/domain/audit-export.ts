// Which tokens ended, as a list that was kept elsewhere tells: digests, or an export of the audit log (NDJSON). Pure.

import { isDigest } from './digest.ts';

/** By these a token, or a text of it, ends. */
const ENDS = /^(?:personal_access_token\.(?:destroy|credential_revoked)|oauth_access\.(?:destroy|revoke))$/;
const RENEWALS = /^(?:personal_access_token\.credential_regenerated|oauth_access\.regenerate)$/;

/** The digests of one token a line. Throws where a line is neither a digest nor an entry. */
export function digestsOfEnded(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set(lines.flatMap((line, index) => (line === '' ? [] : digestsOfLine(line, index + 1))))];
}

function digestsOfLine(line: string, number: number): readonly string[] {
  if (isDigest(line)) return [line];
  const entry = entryOf(line);
  if (entry === null) throw new Error(`line ${number} is neither a hashed_token nor an entry of the audit log`);
  if (typeof entry.action !== 'string' || entry.outcome === 'refused') return [];
  const ended = ENDS.test(entry.action) ? [entry.managed_hashed_token] : [];
  const renewed = RENEWALS.test(entry.action) ? [entry.previous_hashed_token] : [];
  return [...ended, ...renewed].filter((each) => typeof each === 'string').filter(isDigest);
}

type Entry = {
  readonly action?: unknown;
  readonly outcome?: unknown;
  readonly managed_hashed_token?: unknown;
  /** Of the text that a regeneration has ended. */
  readonly previous_hashed_token?: unknown;
};

function entryOf(line: string): Entry | null {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null && 'action' in read ? read : null;
  } catch {
    return null;
  }
}
