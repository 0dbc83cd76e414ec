// A refusal: an expected no to a command. Thrown by use-cases, turned into the error body in one place (http/errors.ts).
// A decision's no is a value (decide.ts), not a refusal; the HTTP layer turns it into one.

import type { DocumentFault } from './document-fault.ts';
import type { Reason } from './reason.ts';

/** `errors[].code` of a 422. */
export const FIELD_CODES = ['missing_field', 'invalid', 'already_exists', 'unprocessable', 'unknown_field'] as const;
export type FieldCode = (typeof FIELD_CODES)[number];

/** One member of `errors[]`. `field` is the member's path with dots (`permissions.contents`, `repositories.0`). */
export type FieldError = {
  readonly resource: string;
  readonly field: string;
  readonly code: FieldCode;
  readonly message: string;
};

/** What would have been enough: permission sets (AND inside, OR between) and classic scopes (any one). */
export type Needed = {
  readonly permissions: ReadonlyArray<ReadonlyArray<string>>;
  readonly scopes: readonly string[];
};

/** What the OAuth endpoints say beyond the codes that follow from the status (RFC 6749 section 5.2, RFC 8693 section 2.2.2). */
export type OAuthError = 'invalid_scope' | 'invalid_target' | 'unsupported_grant_type';

/** A token at which somebody tried who does not hold it. */
export type TriedToken = {
  readonly id: number;
  readonly kind: string;
  /** Null where it has no text any more. */
  readonly hashed_token: string | null;
  readonly holder_id: number;
  readonly holder: string;
};

export type RefusalDetails = {
  /** Replaces the code's public message. */
  readonly message?: string;
  readonly errors?: readonly FieldError[];
  /** In place of `errors`, where the body is a document of another's form. */
  readonly faults?: readonly DocumentFault[];
  readonly needed?: Needed;
  readonly headers?: Readonly<Record<string, string>>;
  readonly oauth_error?: OAuthError;
  /** There was too much to do: one of very many, which are counted and not told one by one. Never told. */
  readonly is_shed?: true;
  /** With `not_found`: the token that is there, and is another's; undefined: there is none. Never told; the attempt is recorded (L1). */
  readonly tried_token?: TriedToken | undefined;
  /** Which organization was asked for, beside what the path names: its log has the attempt too. Never told. */
  readonly organization?: { readonly id: number; readonly login: string };
};

export class Refusal extends Error {
  readonly code: Reason;
  readonly details: RefusalDetails;

  constructor(code: Reason, details: RefusalDetails = {}) {
    super(details.message ?? code);
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}

/** A 400 of an OAuth endpoint. Without an error of its own it is `invalid_request`. */
export function oauthRefusal(message: string, oauth_error?: OAuthError): Refusal {
  return new Refusal('malformed_request', { message, ...(oauth_error !== undefined && { oauth_error }) });
}

/** A 422 about one member of the body (or query). */
export function invalid(resource: string, field: string, code: FieldCode, message: string): Refusal {
  return new Refusal('validation_failed', { errors: [{ resource, field, code, message }] });
}
