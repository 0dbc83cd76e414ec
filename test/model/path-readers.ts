// How programs behind a gateway read the path of a request: the strict reading, and those of servers that decode, merge, cut or
// resolve more than that. Written from what such servers do, never from src. A gateway may let a request through only where all
// of them find the same thing.

/** What a reader finds: the segments of the path and the values of `service` in the query. */
export type Reading = { readonly segments: readonly string[]; readonly services: readonly string[] };
type Reader = (target: string) => Reading | null;

/** Percent-decoding of servers that take what they can decode and leave the rest. */
function decodeLeniently(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** Overlong forms of `/` and `.`, and IIS' `%u`. */
function decodeCarelessly(text: string): string {
  return decodeLeniently(text.replace(/%c0%af|%e0%80%af|%u002f/gi, '/').replace(/%c0%ae|%e0%80%ae|%u002e/gi, '.'));
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') kept.pop();
    else if (step !== '' && step !== '.') kept.push(step);
  }
  return `/${kept.join('/')}`;
}

function divided(target: string, mark = '?'): { readonly path: string; readonly query: string } {
  const at = target.indexOf(mark);
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

function servicesIn(query: string, divider = '&'): readonly string[] {
  return query.split(divider).flatMap((pair) => {
    const { path: name, query: value } = divided(pair, '=');
    return decodeLeniently(name) === 'service' ? [decodeLeniently(value.replaceAll('+', ' '))] : [];
  });
}

function reader(toPath: (path: string) => string, toServices = (query: string) => servicesIn(query)): Reader {
  return (target) => {
    const { path, query } = divided(target);
    return { segments: toPath(path).slice(1).split('/'), services: toServices(query) };
  };
}

const WITHOUT_ORIGIN = /^(?:[a-z]+:)?\/\/[^/]*/i;

/** By name, so that a disagreement can be told. */
export const READERS: Readonly<Record<string, Reader>> = {
  strict: (target) => {
    const { path, query } = divided(target);
    try {
      return { segments: path.slice(1).split('/').map(decodeURIComponent), services: servicesIn(query) };
    } catch {
      return null;
    }
  },
  'decodes, merges slashes, resolves dots': reader((path) => withoutDots(decodeLeniently(path))),
  'resolves dots before it decodes': reader((path) => decodeLeniently(withoutDots(path))),
  'decodes twice': reader((path) => withoutDots(decodeLeniently(decodeLeniently(path)))),
  'decodes overlong forms': reader((path) => withoutDots(decodeCarelessly(path))),
  'takes a backslash for a slash': reader((path) => withoutDots(decodeLeniently(path).replaceAll('\\', '/'))),
  'takes away what follows a semicolon': reader((path) => withoutDots(decodeLeniently(path.replace(/;[^/]*/g, '')))),
  'ends at NUL': reader((path) => withoutDots(decodeLeniently(path).split('\0')[0] ?? '')),
  'drops control characters': reader((path) =>
    withoutDots(decodeLeniently([...path].filter((each) => each > ' ' && each !== '\x7f').join(''))),
  ),
  'ends at a fragment': reader((path) => withoutDots(decodeLeniently(path.split('#')[0] ?? ''))),
  'takes it for a URL': (target) => {
    const url = URL.parse(target, 'http://x');
    return (
      url && { segments: decodeLeniently(url.pathname).slice(1).split('/'), services: servicesIn(url.search.slice(1)) }
    );
  },
  'drops an origin': reader((path) => withoutDots(decodeLeniently(path.replace(WITHOUT_ORIGIN, '')))),
  'reads the first service': reader(
    (path) => withoutDots(decodeLeniently(path)),
    (query) => servicesIn(query).slice(0, 1),
  ),
  'reads the last service': reader(
    (path) => withoutDots(decodeLeniently(path)),
    (query) => servicesIn(query).slice(-1),
  ),
  'divides the query at semicolons': reader(
    (path) => withoutDots(decodeLeniently(path)),
    (query) => servicesIn(query.replaceAll(';', '&')),
  ),
};

/** The operations that the differential test knows, each with what it is about. */
export type Resolved =
  | { readonly operation: 'repository' | 'fetch' | 'push'; readonly owner: string; readonly name: string }
  | { readonly operation: 'contents'; readonly owner: string; readonly name: string; readonly path: string }
  | { readonly operation: 'user'; readonly login: string }
  | { readonly operation: 'unknown' };

const UNKNOWN: Resolved = { operation: 'unknown' };
const GIT_SERVICES: Readonly<Record<string, 'fetch' | 'push'>> = {
  'git-upload-pack': 'fetch',
  'git-receive-pack': 'push',
};

function git(owner: string, name: string, service: string | undefined): Resolved {
  const operation = GIT_SERVICES[service ?? ''];
  return operation === undefined ? UNKNOWN : { operation, owner, name: name.replace(/\.git$/, '') };
}

/** The operation of a reading: the templates by hand. */
export function resolve(method: string, { segments, services }: Reading): Resolved {
  const [first = '', second = '', third = '', fourth = '', ...rest] = segments;
  const reads = method === 'GET' || method === 'HEAD';
  if (segments.includes('') || [first, second, third, fourth].some((segment) => segment.includes('/'))) return UNKNOWN;
  if (reads && first === 'repos' && fourth === 'contents' && rest.length > 0) {
    return { operation: 'contents', owner: second, name: third, path: rest.join('/').replace(/\/$/, '') };
  }
  if (segments.length === 4 && third === 'info' && fourth === 'refs') {
    return reads && services.length === 1 ? git(first, second, services[0]) : UNKNOWN;
  }
  if (segments.length === 3 && method === 'POST' && third in GIT_SERVICES) return git(first, second, third);
  if (!reads) return UNKNOWN;
  if (segments.length === 3 && first === 'repos') return { operation: 'repository', owner: second, name: third };
  if (segments.length === 2 && first === 'users') return { operation: 'user', login: second };
  return UNKNOWN;
}
