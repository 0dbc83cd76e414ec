// Which texts are a token's: of its own kinds, or exchanged (T3). A session's is none (T5).

import type { SubjectKey } from '../../facts/source.ts';
import { digestOf } from '../../secrets.ts';
import { kindOfText, type TextKind } from '../../text-form.ts';

const OF_TOKENS: ReadonlySet<TextKind | null> = new Set<TextKind>(['classic', 'fine_grained', 'exchanged']);

/** The key by which facts find the token; null for a text that is none's, or has a wrong checksum: never asked for. */
export function tokenTextKey(text: string, prefix: string): Extract<SubjectKey, { type: 'token_text' }> | null {
  const kind = kindOfText(text, prefix);
  if (!OF_TOKENS.has(kind)) return null;
  return { type: 'token_text', digest: digestOf(text), is_exchanged: kind === 'exchanged' };
}
