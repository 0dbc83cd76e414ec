// One extractor turns every way of presenting a credential into one canonical credential, so that no rule can depend on
// the transport (threats S5). `access_token` in a query string is never read. Source: contract 2.

import type { IncomingMessage } from 'node:http';
import { digestOf } from '../secrets.ts';
import { kindOfText } from '../text-form.ts';

export type Presented =
  | { readonly type: 'none' }
  /** More than one `Authorization` header: 400. */
  | { readonly type: 'two' }
  /** Malformed, or nothing that this service could have issued: 401 without asking the database. */
  | { readonly type: 'malformed' }
  | { readonly type: 'token'; readonly digest: string; readonly is_exchanged: boolean }
  | { readonly type: 'session'; readonly digest: string }
  | { readonly type: 'client'; readonly client_id: string; readonly digest: string };

const MALFORMED: Presented = { type: 'malformed' };
export const CREDENTIAL_LENGTH_MAX = 1024;
const SCHEME_AND_REST = /^([A-Za-z]+) +([\x21-\x7e]+)$/;
const CLIENT_ID = /^[A-Za-z0-9_]{1,64}$/;

/** How many headers of this name arrived, before node:http drops or joins the repeated ones. */
export function countHeader(request: Pick<IncomingMessage, 'rawHeaders'>, name: string): number {
  return request.rawHeaders.filter((each, index) => index % 2 === 0 && each.toLowerCase() === name).length;
}

/** The same with every name that a gateway between us may take for this one: CGI writes `_` for `-`. */
export function countHeaderAndAliases(request: Pick<IncomingMessage, 'rawHeaders'>, name: string): number {
  const isNamed = (each: string) => each.toLowerCase().replaceAll('_', '-') === name;
  return request.rawHeaders.filter((each, index) => index % 2 === 0 && isNamed(each)).length;
}

function fromText(text: string, prefix: string, accepts_session: boolean): Presented {
  switch (kindOfText(text, prefix)) {
    case 'classic':
    case 'fine_grained':
      return { type: 'token', digest: digestOf(text), is_exchanged: false };
    case 'exchanged':
      return { type: 'token', digest: digestOf(text), is_exchanged: true };
    case 'session':
      return accepts_session ? { type: 'session', digest: digestOf(text) } : MALFORMED;
    default:
      return MALFORMED;
  }
}

/** User and password of Basic, or null. Only the canonical base64 form is read: no other text may mean the same. */
export function parseBasic(encoded: string): { readonly user: string; readonly password: string } | null {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return null;
  const text = bytes.toString('latin1');
  const colon = text.indexOf(':');
  if (colon < 1) return null;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The client that an id and a secret stand for; malformed unless both have the form of ours. */
export function clientFrom(client_id: string, secret: string, prefix: string): Presented {
  if (!CLIENT_ID.test(client_id) || kindOfText(secret, prefix) !== 'client') return MALFORMED;
  return { type: 'client', client_id, digest: digestOf(secret) };
}

/** A client's id and secret arrive form-encoded (RFC 6749 section 2.3.1), where even `_` may be `%5F`; a token's text does not. */
function formDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fromBasic(encoded: string, prefix: string): Presented {
  const basic = parseBasic(encoded);
  if (basic === null) return MALFORMED;
  const secret = formDecoded(basic.password);
  if (kindOfText(secret, prefix) === 'client') return clientFrom(formDecoded(basic.user), secret, prefix);
  return fromText(basic.password, prefix, false);
}

const GATEWAY_HEADER = 'x-gateway-authorization';

/** The client that a gateway presents beside the end caller's credential; null unless it is one, once, in Basic (contract 2). */
export function gatewayPresentedBy(
  request: Pick<IncomingMessage, 'rawHeaders' | 'headers'>,
  prefix: string,
): (Presented & { readonly type: 'client' }) | null {
  const header = request.headers[GATEWAY_HEADER];
  if (countHeaderAndAliases(request, GATEWAY_HEADER) !== 1 || typeof header !== 'string') return null;
  if (header.length > CREDENTIAL_LENGTH_MAX) return null;
  const [, scheme, rest] = SCHEME_AND_REST.exec(header) ?? [];
  if (scheme?.toLowerCase() !== 'basic' || rest === undefined) return null;
  const presented = fromBasic(rest, prefix);
  return presented.type === 'client' ? presented : null;
}

/** What the request presents in `Authorization`. */
export function presentedBy(request: Pick<IncomingMessage, 'rawHeaders' | 'headers'>, prefix: string): Presented {
  const count = countHeader(request, 'authorization');
  if (count === 0) return { type: 'none' };
  return count > 1 ? { type: 'two' } : presentedIn(request.headers.authorization ?? '', prefix);
}

/** What an `Authorization` header presents that is the only one. */
export function presentedIn(header: string, prefix: string): Presented {
  if (header.length > CREDENTIAL_LENGTH_MAX) return MALFORMED;
  const [, scheme, rest] = SCHEME_AND_REST.exec(header) ?? [];
  if (scheme === undefined || rest === undefined) return MALFORMED;
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return fromText(rest, prefix, true);
    case 'token':
      return fromText(rest, prefix, false);
    case 'basic':
      return fromBasic(rest, prefix);
    default:
      return MALFORMED;
  }
}
