// What an ID token must say to be a proof of identity at an organization (O3), once its signature is verified. Checks run in
// this order; the first that fails answers.

/** How far `iat` may be from now: clocks differ, and a proof of identity is fresh. */
const ISSUED_SECONDS_OFF_MAX = 300;
/** RFC 7519 has seconds, with or without a fraction; beyond this is no time. */
const SECONDS_MAX = 8_640_000_000_000;
/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

export type TrustedIssuer = { readonly issuer: string; readonly audience: string };

export type JudgedIdToken =
  | {
      readonly valid: true;
      readonly subject: string;
      /** From then on it is refused for its age. */
      readonly usable_until: Date;
    }
  | { readonly valid: false; readonly fault: string };

function no(fault: string): JudgedIdToken {
  return { valid: false, fault };
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= SECONDS_MAX;
}

/** For us alone: a token that is also for others may have been shown to them. */
function isOnlyFor(aud: unknown, audience: string): boolean {
  return aud === audience || (Array.isArray(aud) && aud.length === 1 && aud[0] === audience);
}

/** Whether this payload proves who somebody is, at this moment. @rule O3 */
export function judgeIdToken(payload: unknown, { issuer, audience }: TrustedIssuer, now: Date): JudgedIdToken {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return no('holds no claims');
  const { iss, aud, sub, exp, iat, nbf } = payload as Readonly<Record<string, unknown>>;
  const now_seconds = now.getTime() / 1000;
  if (iss !== issuer) return no('has another `iss` than the issuer of the organization');
  if (!isOnlyFor(aud, audience)) return no('has another `aud` than the audience of the organization');
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return no('has no usable `sub`');
  if (!isSeconds(exp)) return no('has no `exp`');
  if (!(now_seconds < exp)) return no('has expired');
  if (!isSeconds(iat)) return no('has no `iat`');
  if (!(Math.abs(now_seconds - iat) <= ISSUED_SECONDS_OFF_MAX)) {
    return no(`has an \`iat\` that is more than ${ISSUED_SECONDS_OFF_MAX} s off`);
  }
  if (nbf !== undefined && !(isSeconds(nbf) && nbf - now_seconds <= ISSUED_SECONDS_OFF_MAX))
    return no('is not valid yet');
  // A whole second later than the last moment at which it is taken.
  const usable_until = new Date((Math.floor(Math.min(exp, iat + ISSUED_SECONDS_OFF_MAX)) + 1) * 1000);
  return { valid: true, subject: sub, usable_until };
}
