// The settings that have to be the same on every node, because answers or what is stored depend on them (faults F25). Each node says in
// its row of the database which it has, by digests, so that one that differs is noticed. Pure.

import type { Config } from './config.ts';
import { digestOf } from './secrets.ts';

/** Enough to tell two values apart; what they are is for nobody to read in the database. */
const DIGEST_CHARACTERS = 10;

/** By the names of the environment. Secrets are not among them: a node whose secret opens nothing does not start. */
const COMPARED = {
  PUBLIC_URL: ({ public_url }) => public_url,
  TOKEN_PREFIX: ({ token_prefix }) => token_prefix,
  SESSION_TTL: ({ session_ttl_seconds }) => session_ttl_seconds,
  TRUSTED_PROXIES: ({ trusted_proxies }) => trusted_proxies,
  OUTBOUND_ALLOW: ({ outbound_allow }) => outbound_allow,
  FRESHNESS_MS: ({ freshness_ms }) => freshness_ms,
  OUTAGE_STALE_SECONDS: ({ outage_stale_ms }) => outage_stale_ms,
  SIGNING_ALGORITHM: ({ signing_algorithm }) => signing_algorithm,
  SIGNING_KEY_DAYS: ({ signing_key_days }) => signing_key_days,
  MAX_FINE_GRAINED_TOKENS: ({ fine_grained_tokens_max }) => fine_grained_tokens_max,
  MAX_SELECTED_REPOSITORIES: ({ selected_repositories_max }) => selected_repositories_max,
  RATE_LIMIT_PER_HOUR: ({ holder_requests_per_hour_max }) => holder_requests_per_hour_max,
  ANONYMOUS_PER_HOUR: ({ anonymous_requests_per_hour_max }) => anonymous_requests_per_hour_max,
  BAD_CREDENTIALS_PER_MINUTE: ({ bad_credentials_per_minute_max }) => bad_credentials_per_minute_max,
  REVOCATION_CALLS_PER_HOUR: ({ revocation_calls_per_hour_max }) => revocation_calls_per_hour_max,
} as const satisfies Readonly<Record<string, (config: Config) => unknown>>;

export const COMPARED_SETTINGS = Object.keys(COMPARED);

/** What a node says of itself. */
export type NodeSettings = Readonly<Record<string, string>>;

export function nodeSettings(config: Config): NodeSettings {
  const said = Object.entries(COMPARED).map(([name, read]) => {
    return [name, digestOf(JSON.stringify(read(config))).slice(0, DIGEST_CHARACTERS)] as const;
  });
  return Object.fromEntries(said);
}
