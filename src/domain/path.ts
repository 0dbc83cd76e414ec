// Paths of requests and the templates that they match (C3). What two readers could read differently is refused, never
// guessed.

/** These parameters may hold `/`. */
const RESTS: ReadonlySet<string> = new Set(['{path}', '{ref}', '{branch}', '{basehead}']);

const AMBIGUOUS = /[\\;\0]|\/\/|%[0-9A-Fa-f]{2}/;

export type RequestPath = {
  /** The segments, each decoded once; a decoded `/` does not divide one. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
};

/** The path, or null where it is refused: relative, not percent-encoded UTF-8, or ambiguous. @rule C3 */
export function readPath(text: string): RequestPath | null {
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
  return { path: text.slice(0, mark), query: new URLSearchParams(text.slice(mark + 1)) };
}

function decodeOnce(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function readTemplate(template: string): RequestPath {
  const { path, query } = splitQuery(template);
  return { segments: path.slice(1).split('/'), query };
}

/** How narrow a segment of a template is; the narrowest at the first difference is the most specific template. */
function rank(segment: string | undefined): number {
  if (segment === undefined) return 0;
  if (RESTS.has(segment)) return 1;
  return segment.startsWith('{') ? 2 : 3;
}

function matchesFrom(template: readonly string[], path: readonly string[]): boolean {
  const [first, ...others] = template;
  if (first === undefined) return path.length === 0;
  const [segment, ...rest] = path;
  if (segment === undefined || segment === '') return false;
  if (RESTS.has(first)) {
    return path.some((_, index) => path[index] !== '' && matchesFrom(others, path.slice(index + 1)));
  }
  const fits = first.startsWith('{') ? !segment.includes('/') : first === segment;
  return fits && matchesFrom(others, rest);
}

/** Whether the path is one of the template's, with the query that the template asks for. @rule C3 */
export function matchesTemplate(template: string, path: RequestPath): boolean {
  const { segments, query } = readTemplate(template);
  if (![...query].every(([name, value]) => path.query.getAll(name).join() === value)) return false;
  return matchesFrom(segments, path.segments);
}

/** Orders templates that match the same path: the most specific first. @rule C3 */
export function moreSpecificFirst(a: string, b: string): number {
  const left = readTemplate(a);
  const right = readTemplate(b);
  for (let index = 0; index < Math.max(left.segments.length, right.segments.length); index += 1) {
    const difference = rank(right.segments[index]) - rank(left.segments[index]);
    if (difference !== 0) return difference;
  }
  return right.query.size - left.query.size;
}
