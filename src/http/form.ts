// Form bodies (application/x-www-form-urlencoded), which only the OAuth endpoints take. RFC 6749: a parameter without a
// value counts as left out, and none may be repeated but `resource` and `audience` (RFC 8693), which are always lists here.

import { Refusal } from '../domain/refusal.ts';

export type Form = Record<string, string | string[]>;

const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience']);
export const PARAMETERS_MAX = 1000;

/** The parameters of a form. Refuses repeated ones, bytes that are not UTF-8, and NUL. */
export function parseForm(text: string): Form {
  if (/[^!-~]/.test(text)) throw malformed('The form is not percent-encoded');
  const form: Form = Object.create(null);
  const pairs = text === '' ? [] : text.split('&', PARAMETERS_MAX + 1);
  if (pairs.length > PARAMETERS_MAX) throw malformed('The form has too many parameters');
  const seen = new Set<string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === '') continue;
    if (!REPEATABLE.has(name) && seen.has(name)) throw malformed('A parameter is repeated');
    seen.add(name);
    if (value === '') continue;
    if (!REPEATABLE.has(name)) form[name] = value;
    else form[name] = [...(form[name] ?? []), value];
  }
  return form;
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed('The form is not percent-encoded UTF-8');
  }
  if (decoded.includes('\0')) throw malformed('A parameter contains NUL');
  return decoded;
}

function malformed(message: string): Refusal {
  return new Refusal('malformed_request', { message });
}
