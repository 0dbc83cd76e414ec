// The closed list of codes: every refusal of the API and every reason of a decision is one of these, with the HTTP
// status that a resource server answers and the public message. docs/status-codes.md and the OpenAPI enum are generated
// from this file. Source: contract.md section 10.

export const REASONS = {
  allowed: { status: 200, message: 'Allowed' },
  public_read: { status: 200, message: 'Allowed: a public read' },

  malformed_request: { status: 400, message: 'Problems parsing the request' },
  two_credentials: { status: 400, message: 'More than one credential was presented' },
  path_refused: { status: 400, message: 'The path is ambiguous and was refused' },

  authentication_required: { status: 401, message: 'Requires authentication' },
  bad_credential: { status: 401, message: 'Bad credentials' },
  holder_suspended: { status: 401, message: 'Bad credentials' },

  session_required: { status: 403, message: 'This needs the session of a person; a token cannot do it' },
  email_unverified: { status: 403, message: 'Verify your e-mail address first' },
  permission_missing: { status: 403, message: 'Resource not accessible by personal access token' },
  scope_missing: { status: 403, message: 'Resource not accessible by personal access token' },
  role_missing: { status: 403, message: 'You do not have the role that this needs' },
  classic_restricted: { status: 403, message: 'The organization forbids access via a personal access token (classic)' },
  fine_grained_restricted: {
    status: 403,
    message: 'The organization forbids access via a fine-grained personal access token',
  },
  lifetime_exceeded: { status: 403, message: 'The lifetime of this token is longer than the organization allows' },
  sso_required: { status: 403, message: 'Resource protected by organization single sign-on enforcement' },
  archived: { status: 403, message: 'Repository was archived so is read-only' },
  not_in_reach: { status: 403, message: 'Resource not accessible by personal access token' },
  unknown_operation: { status: 403, message: 'This operation is not declared' },
  capability_missing: { status: 403, message: 'This client does not have the capability that this needs' },
  gateway_unauthenticated: { status: 403, message: 'The gateway did not present its credential' },
  own_token: { status: 403, message: 'A token cannot review or revoke what belongs to its own holder' },
  anonymous_only: { status: 403, message: 'This can only be called without a credential' },
  identity_linked: { status: 403, message: 'This identity is linked to another person' },

  not_found: { status: 404, message: 'Not Found' },
  method_not_allowed: { status: 405, message: 'Method Not Allowed' },
  conflict: { status: 409, message: 'The state of the resource does not allow this' },
  body_too_large: { status: 413, message: 'The body is too large' },
  unsupported_media_type: { status: 415, message: 'Unsupported media type' },
  validation_failed: { status: 422, message: 'Validation Failed' },
  idempotency_mismatch: { status: 422, message: 'This Idempotency-Key was used with another request' },
  rate_limited: { status: 429, message: 'Rate limit exceeded' },
  internal_error: { status: 500, message: 'Internal error' },
  unavailable: { status: 503, message: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; message: string }>;

export type Reason = keyof typeof REASONS;
export const REASON_CODES = Object.keys(REASONS) as readonly Reason[];

/** What a decision says more finely than `not_found` and `not_in_reach`; told to clients (AuthZEN), never to a bearer. */
export const FINE_REASONS = ['not_visible', 'not_selected', 'other_owner', 'pending', 'denied'] as const;
export type FineReason = (typeof FINE_REASONS)[number];
