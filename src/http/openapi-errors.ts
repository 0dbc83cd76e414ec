// Errors that many operations answer alike stand in the document once, each with its example, and operations refer to them.

import type { DocumentOperation, Examples } from './openapi-examples.ts';

const BY_STATUS: Readonly<Record<string, string>> = {
  400: 'malformed_request',
  401: 'authentication_required',
  404: 'not_found',
  409: 'conflict',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  422: 'validation_failed',
  429: 'rate_limited',
  500: 'internal_error',
  503: 'unavailable',
};

/**
 * Answers the responses that the operations have in common, by the code of the error, and puts references in their place. A
 * response with an example of its own stays where it is.
 */
export function shareErrors(
  operations: readonly DocumentOperation[],
  errors: Examples['errors'],
): Record<string, unknown> {
  const shared: Record<string, unknown> = {};
  for (const operation of operations) {
    const credentials = (operation.security ?? []).flatMap((each) => Object.keys(each));
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      const media = response.content?.['application/json'];
      if (Number(status) < 400 || media === undefined || media.examples !== undefined) continue;
      const isOAuth = media.schema?.$ref?.endsWith('/OAuthError');
      const name = isOAuth ? `oauth_${status}` : (BY_STATUS[status] ?? forbidden(credentials));
      if (!(name in errors)) continue;
      media.example = errors[name];
      shared[name] ??= response;
      if (JSON.stringify(shared[name]) !== JSON.stringify(response)) continue;
      Object.assign(operation.responses ?? {}, { [status]: { $ref: `#/components/responses/${name}` } });
    }
  }
  return shared;
}

/** The 403 that is most likely to whom may call. */
function forbidden(credentials: readonly string[]): string {
  if (credentials.includes('token')) return 'not_in_reach';
  return credentials.includes('client') ? 'capability_missing' : 'session_required';
}
