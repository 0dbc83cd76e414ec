// The errors of the OAuth endpoints (contract 8): `{error, error_description}` with the codes of RFC 6749 section 5.2, in
// place of the shape of contract 1.

import type { Refusal } from '../domain/refusal.ts';

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_client',
  403: 'unauthorized_client',
  500: 'server_error',
};

/** The status, error code and challenge of a refusal at an OAuth endpoint. `status` is the one of contract 1. */
export function oauthError({ code, details }: Refusal, status: number): { status: number; error: string } {
  if (details.oauth_error !== undefined) return { status: 400, error: details.oauth_error };
  if (code === 'unavailable' || code === 'rate_limited') return { status, error: 'temporarily_unavailable' };
  if (code === 'validation_failed' || code === 'unsupported_media_type')
    return { status: 400, error: 'invalid_request' };
  return { status, error: BY_STATUS[status] ?? 'invalid_request' };
}
