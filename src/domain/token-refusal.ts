// Refusals of commands about a token: the 422s that more than one rule needs, in the same words wherever they are said.

import { type FieldCode, type FieldError, Refusal } from './refusal.ts';

/** `errors[].resource` of everything about a token. */
const TOKEN_RESOURCE = 'PersonalAccessToken';

export function tokenError(field: string, code: FieldCode, message: string): FieldError {
  return { resource: TOKEN_RESOURCE, field, code, message };
}

/** A 422 about one member of the body. */
export function invalidToken(field: string, code: FieldCode, message: string): Refusal {
  return new Refusal('validation_failed', { errors: [tokenError(field, code, message)] });
}

/** The one answer for every owner who cannot be named: not eligible, absent, foreign. @rule M4, F6 */
export function ownerNotFound(name: string): Refusal {
  const message = `Cannot find the specified resource owner: ${name}`;
  return new Refusal('validation_failed', {
    message,
    errors: [tokenError('resource_owner', 'unprocessable', message)],
  });
}

/** The one answer for repositories that are absent, hidden from the holder, or of another owner. @rule M6, F6 */
export function repositoriesNotFound(indices: readonly number[]): Refusal {
  const errors = indices.map((index) =>
    tokenError(`repositories.${index}`, 'invalid', 'the resource owner has no such repository'),
  );
  return new Refusal('validation_failed', { errors });
}
