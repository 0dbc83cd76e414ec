// What a policy would block, as the wire has it: a page of the tokens, and how many there are.

import type { Static } from 'typebox';
import type { PreviewedToken, TokensPreview } from '../../use-cases/policy/preview-tokens.ts';
import type { Page } from '../pages.ts';
import type { PreviewedToken as PreviewedTokenShape } from '../schemas/policy-preview.ts';
import { printTime, printTimeOrNull } from './time.ts';

function presentToken({ id, kind, name, holder, ...token }: PreviewedToken): Static<typeof PreviewedTokenShape> {
  return {
    ...{ id, kind, name, holder: { id: holder.id, login: holder.login } },
    created_at: printTime(token.created_at),
    expires_at: printTimeOrNull(token.expires_at),
    last_used_at: printTimeOrNull(token.last_used_at),
    blocked_at: token.blocked_at.map(({ resource, reason, policy, closes }) => ({ resource, reason, policy, closes })),
  };
}

/** The members of the body beside the policy itself, and the page that they show. */
export function presentPreview({ tokens, tokens_count, holders_count }: TokensPreview, { offset }: Page) {
  const rows = tokens.map(presentToken);
  return {
    body: { total_count: tokens_count, holders_count, complete: true, tokens: rows },
    page: { rows, has_more: offset + rows.length < tokens_count && rows.length > 0, total: tokens_count },
  };
}
