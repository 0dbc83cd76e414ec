// Paths of requests (C3). What two readers could read differently is refused, never guessed.

const AMBIGUOUS = /[\\;\0]|\/\/|%[0-9A-Fa-f]{2}/;

export type RequestPath = {
  /** The segments, each decoded once; a decoded `/` does not divide one. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
};

/** Nothing in it is encoded, empty but the last segment, or begins with a dot: it can be read in one way only, which is quick. */
const PLAIN = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+\/?$/;
const NO_QUERY = new URLSearchParams();

/** The path, or null where it is refused: relative, not percent-encoded UTF-8, or ambiguous. @rule C3 */
export function readPath(text: string): RequestPath | null {
  return PLAIN.test(text) ? { segments: text.slice(1).split('/'), query: NO_QUERY } : readAnyPath(text);
}

function readAnyPath(text: string): RequestPath | null {
  const { path, query } = splitQuery(text);
  if (!path.startsWith('/') || text.includes('#')) return null;
  const segments = path.slice(1).split('/').map(decodeOnce);
  if (segments.includes(null)) return null;
  const decoded = segments as readonly string[]; // none is null, as the line above says
  const whole = `/${decoded.join('/')}`;
  if (AMBIGUOUS.test(whole) || whole.split('/').some((segment) => segment === '.' || segment === '..')) return null;
  return { segments: decoded, query };
}

function splitQuery(text: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = text.indexOf('?');
  if (mark < 0) return { path: text, query: new URLSearchParams() };
  return { path: text.slice(0, mark), query: new URLSearchParams(text.slice(mark)) }; // of two marks the second is part of a name
}

function decodeOnce(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
