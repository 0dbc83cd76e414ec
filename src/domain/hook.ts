// Webhooks of organizations (L3): which events there are, what a hook may be, when a delivery is tried again, and what the
// answer of a receiver means.

import { invalid } from './refusal.ts';

/** What a hook can subscribe to; `ping` comes to every hook. */
export const HOOK_EVENTS = ['personal_access_token_request', 'personal_access_token', 'ping', '*'] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];

export const HOOK_CONTENT_TYPES = ['json', 'form'] as const;
export type HookContentType = (typeof HOOK_CONTENT_TYPES)[number];

export const REQUEST_ACTIONS = ['created', 'approved', 'denied', 'cancelled'] as const;
export type RequestAction = (typeof REQUEST_ACTIONS)[number];

export const TOKEN_ACTIONS = ['created', 'regenerated', 'expiring', 'expired', 'revoked'] as const;
export type TokenAction = (typeof TOKEN_ACTIONS)[number];

export const HOOKS_MAX = 20;
/** Stands for a secret in every answer; sent back, it means the one that is there. */
export const HIDDEN_SECRET = '********';
/** So begin secrets that this service has encrypted. */
const KEPT_BEGINNING = 'sealed:';
/** How long the secret before the present one signs too (promises P21). */
export const SECRET_OVERLAP_MS = 24 * 60 * 60 * 1000;
export const DELIVERIES_KEPT_DAYS = 30;

const HOURS_TRIED = 24;
/** After each failed attempt the seconds to the next one: 10 s, 1 min, 5 min, 30 min, then hourly for a day (contract 10). */
export const RETRY_DELAYS_SECONDS: readonly number[] = [
  ...[10, 60, 300, 1800],
  ...Array.from({ length: HOURS_TRIED }, () => 3600),
];
/** Up to this part of a delay is added, so that what failed together does not come back together. */
const JITTER_STEPS = 6;

export type HookConfig = {
  readonly url: string;
  readonly content_type: HookContentType;
  readonly insecure_ssl: boolean;
  readonly secret: string | null;
};

/** `config` as it is sent. */
export type HookConfigAsk = {
  readonly url: string;
  readonly content_type?: HookContentType;
  readonly insecure_ssl?: string | number;
  readonly secret?: string;
};

/**
 * The settings that are asked for, with GitHub's defaults. Like there, a secret that is not sent is none; the stars that
 * stand for it in answers mean `present`. Refuses: 422 for stars where there is none, and for what could be taken for a kept one.
 */
export function readHookConfig(ask: HookConfigAsk, present: string | null): HookConfig {
  const { url, content_type = 'form', insecure_ssl = '0', secret = '' } = ask;
  if (secret === HIDDEN_SECRET && present === null) {
    throw invalid('Hook', 'config.secret', 'invalid', 'stands for a secret, and there is none');
  }
  if (secret.startsWith(KEPT_BEGINNING)) {
    throw invalid('Hook', 'config.secret', 'invalid', `begins with \`${KEPT_BEGINNING}\``);
  }
  const kept = secret === HIDDEN_SECRET ? present : secret;
  return { url, content_type, insecure_ssl: String(insecure_ssl) === '1', secret: kept === '' ? null : kept };
}

/** The events that are asked for, each once. */
export function readHookEvents(events: readonly HookEvent[] | undefined): HookEvent[] {
  return events === undefined ? ['*'] : [...new Set(events)];
}

/** The seconds to the attempt after this one (0: the first); null: it was the last. */
export function retryDelay(delays: readonly number[], attempt: number, message_id: number): number | null {
  const delay = delays[attempt];
  if (delay === undefined) return null;
  return Math.ceil(delay * (1 + (message_id % JITTER_STEPS) / 100));
}

/** Whether a receiver with this status has taken the message. */
export function isDelivered(status: number): boolean {
  return status >= 200 && status < 300;
}
