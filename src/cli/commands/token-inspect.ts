// `gatehouse token inspect`: what the form of a credential says, offline. The text is read from standard input or asked for without an
// echo; it is neither printed nor sent anywhere, and no file is written.

import { digestOf } from '../../secrets.ts';
import { examineText } from '../../text-form.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { recordLines } from '../print.ts';
import { printJson, printLine, readSecret } from '../terminal.ts';

/** What each kind is, in words. */
const KINDS = {
  classic: 'personal access token (classic)',
  fine_grained: 'fine-grained personal access token',
  session: 'session of a person',
  setup: 'one-time right to choose a first password',
  exchanged: 'exchanged token of a backend service',
  client: 'secret of a backend service',
} as const;

/** Ends with 0 where it is well-formed with the right checksum, else with 1. */
export async function tokenInspect({ terminal, is_json }: Invocation): Promise<ExitCode> {
  const text = (await readSecret(terminal, 'Credential')).trim();
  const found = examineText(text);
  if (found === null) {
    const seen = { is_ours: false, characters: text.length };
    if (is_json) printJson(terminal, seen);
    else printLine(terminal, `These ${text.length} characters have not the form of a credential of this service.`);
    return EXIT.no;
  }
  const { kind, prefix, is_checksum_right } = found;
  const digest = digestOf(text);
  const facts = {
    kind,
    prefix,
    checksum: is_checksum_right ? 'right' : 'wrong',
    // As records, the audit log and the database have it.
    hashed_token: digest,
    sha256_hex: Buffer.from(digest, 'base64').toString('hex'),
  };
  if (is_json) printJson(terminal, { is_ours: true, ...facts, last_eight: lastEight(text, kind) });
  else for (const line of recordLines({ ...facts, kind: `${kind}, ${KINDS[kind]}` })) printLine(terminal, line);
  if (!is_json && !is_checksum_right) {
    printLine(terminal, 'A character of it is wrong or missing: no such text was ever issued.');
  }
  return is_checksum_right ? EXIT.done : EXIT.no;
}

/** What a record calls `token_last_eight`; of what has no such record, nothing. */
function lastEight(text: string, kind: keyof typeof KINDS): string | null {
  return kind === 'classic' || kind === 'fine_grained' ? text.slice(-8) : null;
}
