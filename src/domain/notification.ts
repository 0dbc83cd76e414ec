// What holders are told of their tokens and sessions (T2, L3), and in which words. Never a secret: a mail can be read by others.

import type { NoticeDays } from './notice.ts';
import type { RevocationReason } from './token-end.ts';
import type { TokenKind } from './vocabulary.ts';

export const NOTIFICATION_TYPES = [
  'token_expiring',
  'token_expired',
  'token_revoked',
  'session_revoked',
  'request_approved',
  'request_denied',
  'grant_revoked',
] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

type ToldToken = { readonly id: number; readonly name: string; readonly kind: TokenKind };

/** Something that a person is to be told. */
export type News = {
  readonly user_id: number;
  readonly type: NotificationType;
  /** Null: it is about no token. */
  readonly token: ToldToken | null;
  /** The login of the organization that reviewed, or was the resource owner. */
  readonly organization?: string | null;
  /** Why it was revoked, or what the reviewer said. */
  readonly reason?: RevocationReason | string | null;
  readonly days_left?: NoticeDays | null;
  readonly expires_at?: Date | null;
};

/** What is told, as it is kept. */
export type Told = {
  readonly type: NotificationType;
  readonly token_name: string | null;
  readonly token_kind: TokenKind | null;
  readonly organization: string | null;
  readonly reason: string | null;
  readonly days_left: number | null;
  readonly expires_at: Date | null;
};

const KIND_WORDS: Readonly<Record<TokenKind, string>> = {
  classic: 'personal access token (classic)',
  fine_grained: 'fine-grained personal access token',
};

const REVOCATIONS: Readonly<Record<string, string>> = {
  leaked: 'was reported as leaked and has been revoked',
  unused: 'was not used for a year and has been revoked',
  by_text: 'was revoked by a service that had its text',
  by_administrator: 'was revoked by a site administrator',
};

function printEnd(moment: Date | null): string {
  return moment === null ? 'never' : `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function withReason(sentence: string, reason: string | null): string {
  return reason === null ? `${sentence}.` : `${sentence}: ${reason}`;
}

/** One line for the list and the subject of a mail: what happened to which kind of thing, without names. */
export function headline({ type, token_kind, days_left }: Told): string {
  const token = `Your ${token_kind === null ? 'personal access token' : KIND_WORDS[token_kind]}`;
  switch (type) {
    case 'token_expiring':
      return `${token} expires ${days_left === 1 ? 'within a day' : `within ${days_left} days`}`;
    case 'token_expired':
      return `${token} has expired`;
    case 'token_revoked':
      return `${token} has been revoked`;
    case 'session_revoked':
      return 'Your session has been ended';
    case 'request_approved':
      return `${token} has been approved`;
    case 'request_denied':
      return `${token} has been denied`;
    case 'grant_revoked':
      return `${token} has lost its access`;
  }
}

/** The whole of it, in a sentence or two. */
export function sentence(told: Told): string {
  const token = `Your ${told.token_kind === null ? 'token' : KIND_WORDS[told.token_kind]} \`${told.token_name}\``;
  const organization = `\`${told.organization}\``;
  switch (told.type) {
    case 'token_expiring':
      return `${token} expires at ${printEnd(told.expires_at)}. Regenerate it before, if it is still needed.`;
    case 'token_expired':
      return `${token} expired at ${printEnd(told.expires_at)}. An expired token never comes back.`;
    case 'token_revoked':
      return `${token} ${REVOCATIONS[told.reason ?? ''] ?? 'has been revoked'}. A revoked token never comes back.`;
    case 'session_revoked':
      return 'The text of one of your sessions was reported as leaked, and the session has been ended.';
    case 'request_approved':
      return withReason(`What ${lowerFirst(token)} asked of ${organization} was approved`, told.reason);
    case 'request_denied':
      return withReason(`What ${lowerFirst(token)} asked of ${organization} was denied`, told.reason);
    case 'grant_revoked':
      return withReason(`${token} has lost its access to ${organization}`, told.reason);
  }
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
