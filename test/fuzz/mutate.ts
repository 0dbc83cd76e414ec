// Requests that are almost valid: calls of the story with a few places changed, at the level of the wire (bytes, texts, headers) or of
// what a body means (types, members, depth). fast-check draws the changes, so that one that breaks something can be made small.

import fc from 'fast-check';

/** A request as it is sent; the credentials of the story stand by their number: `@3`. */
export type Sent = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type Edit = (request: Sent) => Sent;

const NASTY = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '%00',
    '%2e%2e',
    '%2f',
    '%5c',
    '%252f',
    '%c0%af',
    '%ff',
    '%zz',
    '%',
    ';',
    '//',
    '\\',
    '*',
    '?',
    '#',
    '&',
    '=',
  ],
  ...[
    'null',
    'undefined',
    'NaN',
    'true',
    '[]',
    '{}',
    '[object Object]',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ],
  ...['0', '-0', '-1', '1e3', '0x10', '1.5', '2147483648', '9007199254740993', '99999999999999999999', '1'.repeat(400)],
  ...[
    "'",
    '"',
    "' or 1=1--",
    '$1',
    '{{x}}',
    '%s%n',
    '../../etc/passwd',
    '\u0000',
    '\r\nX-A: b',
    '\u2028',
    '\ud800',
    '\u212a',
    'İ',
    'ﬀ',
    'e\u0301',
  ],
  ...[
    '1970-01-01',
    '2026-02-30',
    '9999-12-31T23:59:59Z',
    '+275760-09-13',
    '0000-00-00',
    '2027-03-01T25:00:00Z',
    'infinity',
    '-infinity',
  ],
  ...[
    'x'.repeat(256),
    'x'.repeat(4097),
    'ä'.repeat(200),
    '😀'.repeat(100),
    'acme',
    'analytical-engines',
    'ada',
    'admin',
    '1',
    '2',
    '100',
  ],
  ...[
    'gthp_000000000000000000000000000000000000',
    'gths_',
    'gth_pat__',
    'eyJhbGciOiJub25lIn0.e30.',
    'Bearer',
    'contents:read',
    'a:b:c',
  ],
  ...[
    'http://127.0.0.1',
    'http://[::1]:1',
    'https://169.254.169.254/',
    'file:///etc/passwd',
    'javascript:1',
    'https://x',
  ],
  ...['hashed_token:"', 'created:>=', 'action:*', 'actor:a actor:b', '-action:x', '"', 'created:2026-01-01..', '((((('],
];

export const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
);
const json: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: text },
  {
    weight: 2,
    arbitrary: fc.constantFrom(null, true, false, 0, -1, 1, 1.5, 1e308, 2 ** 53, 2 ** 31, [], {}, [[]], [null], {
      a: 1,
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 60 }) },
);
export const place = fc.nat(1 << 20);

/** What may stand in a request line: all else is sent as bytes in percent form. */
export function inUrl(part: string): string {
  return part.replace(/[^\x21-\x7e]/gu, (each) => {
    const bytes = Buffer.from(each, 'utf8');
    return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  });
}

export const inHeader = (value: string) => value.replace(/[^\x20-\x7e\x80-\xff]/gu, '?').trim();

export function splitUrl(url: string): { path: string; query: string } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

const join = (path: string, query: string) => (query === '' ? path : `${path}?${query}`);

const inPath = fc.tuple(place, text).map(
  ([at, value]): Edit =>
    (request) => {
      const { path, query } = splitUrl(request.url);
      const segments = path.split('/');
      segments[1 + (at % Math.max(1, segments.length - 1))] = inUrl(value);
      const changed = segments.join('/');
      return { ...request, url: join(changed.startsWith('/') ? changed : `/${changed}`, query) };
    },
);

const QUERY = [
  ...[
    'per_page',
    'page',
    'after',
    'before',
    'cursor',
    'phrase',
    'order',
    'sort',
    'direction',
    'state',
    'kind',
    'resource_owner',
  ],
  ...[
    'expires_before',
    'affiliation',
    'visibility',
    'type',
    'role',
    'filter',
    'method',
    'path',
    'permission',
    'owner',
    'token_id',
  ],
  ...['owner[]', 'repository', 'last_used_before', 'wait', 'format', 'access_token', 'since'],
];
const inQuery = fc.tuple(fc.oneof(fc.constantFrom(...QUERY), text), text, fc.boolean()).map(
  ([name, value, is_only]): Edit =>
    (request) => {
      const { path, query } = splitUrl(request.url);
      const added = `${inUrl(name)}=${inUrl(value)}`;
      return { ...request, url: join(path, is_only || query === '' ? added : `${query}&${added}`) };
    },
);

const HEADERS = [
  ...[
    'authorization',
    'content-type',
    'accept',
    'idempotency-key',
    'x-consistency-token',
    'x-request-id',
    'user-agent',
    'origin',
  ],
  ...[
    'x-forwarded-for',
    'x-forwarded-uri',
    'x-forwarded-method',
    'x-original-uri',
    'x-original-method',
    'x-gateway-authorization',
  ],
  ...['content-encoding', 'expect', 'if-none-match', 'range', 'x-http-method-override', 'cookie', 'host'],
];
const VALUES = [
  ...[
    'application/json',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'application/x-ndjson',
    'text/plain',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'application/json;',
    'application/json,text/html',
    'Bearer',
    'Basic Og==',
    'Basic !!!!',
    'token x',
  ],
  ...[
    'gzip',
    'identity',
    '100-continue',
    'GET',
    'DELETE',
    '/repos/analytical-engines/mill/issues',
    '/analytical-engines/mill.git/info/refs',
  ],
  ...['application/token-introspection+jwt', '127.0.0.1, 10.0.0.1', '*/*;q=2'],
];
const inHeaders = fc.tuple(fc.constantFrom(...HEADERS), fc.oneof(fc.constantFrom(...VALUES), text)).map(
  ([name, value]): Edit =>
    (request) => ({ ...request, headers: { ...request.headers, [name]: inHeader(value) } }),
);
const without = fc.constantFrom(...HEADERS).map(
  (name): Edit =>
    (request) => {
      const { [name]: _, ...headers } = request.headers;
      return { ...request, headers };
    },
);
const asOther = place.map(
  (n): Edit =>
    (request) => ({ ...request, headers: { ...request.headers, authorization: `@${n}` } }),
);
const byMethod = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS').map(
  (method): Edit =>
    (request) => ({ ...request, method }),
);

/** A member, or element, somewhere in the value is replaced, removed, doubled or added. */
function changed(value: unknown, at: number, change: (found: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null || at % 3 === 0) return change(value);
  const names = Object.keys(value);
  const name = names[at % Math.max(1, names.length)];
  if (name === undefined) return change(value);
  const inner = changed((value as Record<string, unknown>)[name], Math.floor(at / 3), change);
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === name ? inner : each));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === name ? inner : each]));
}

export function parsed(body: string | null): unknown {
  try {
    return JSON.parse(body ?? '{}');
  } catch {
    return {};
  }
}

const inMember = fc.tuple(place, json).map(
  ([at, value]): Edit =>
    (request) => {
      return { ...request, body: JSON.stringify(changed(parsed(request.body), at, () => value)) ?? '' };
    },
);
const newMember = fc.tuple(place, text, json).map(
  ([at, name, value]): Edit =>
    (request) => {
      const add = (found: unknown) =>
        typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found, [name]: value } : found;
      return { ...request, body: JSON.stringify(changed(parsed(request.body), at, add)) };
    },
);
const twice = fc.tuple(place, json).map(
  ([at, value]): Edit =>
    (request) => {
      const names = [...(request.body ?? '').matchAll(/"([a-z_]+)":/g)].map(([, name]) => name);
      const name = names[at % Math.max(1, names.length)] ?? 'name';
      return {
        ...request,
        body: (request.body ?? '{}').replace(/\}\s*$/, `,${JSON.stringify(name)}:${JSON.stringify(value)}}`),
      };
    },
);
const deep = fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.boolean()).map(
  ([depth, is_list]): Edit =>
    (request) => {
      const [open, close] = is_list ? ['[', ']'] : ['{"a":', '}'];
      return { ...request, body: `{"name":${open.repeat(depth)}1${close.repeat(depth)}}` };
    },
);
const inBytes = fc.tuple(place, text, fc.nat(6)).map(
  ([at, value, count]): Edit =>
    (request) => {
      const body = request.body ?? '';
      const from = at % (body.length + 1);
      return { ...request, body: body.slice(0, from) + value + body.slice(from + count) };
    },
);
const inForm = fc
  .tuple(
    fc.constantFrom(
      'token',
      'client_id',
      'client_secret',
      'scope',
      'resource',
      'audience',
      'expires_in',
      'subject_token',
      'grant_type',
    ),
    text,
  )
  .map(
    ([name, value]): Edit =>
      (request) => {
        const added = `${name}=${encodeURIComponent(value.toWellFormed())}`;
        return { ...request, body: request.body === null ? added : `${request.body}&${added}` };
      },
  );

const any: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: inPath },
  { weight: 2, arbitrary: inQuery },
  { weight: 2, arbitrary: inHeaders },
  { weight: 1, arbitrary: without },
  { weight: 1, arbitrary: asOther },
  { weight: 1, arbitrary: byMethod },
  { weight: 5, arbitrary: inMember },
  { weight: 2, arbitrary: newMember },
  { weight: 1, arbitrary: twice },
  { weight: 1, arbitrary: deep },
  { weight: 2, arbitrary: inBytes },
  { weight: 1, arbitrary: inForm },
);
/** Of paths only, with what a method makes of them. */
const paths: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: inPath },
  { weight: 1, arbitrary: byMethod },
  { weight: 1, arbitrary: asOther },
);
/** Of bodies only, and of what they are said to be. */
const bodies: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: inMember },
  { weight: 2, arbitrary: newMember },
  { weight: 2, arbitrary: twice },
  { weight: 1, arbitrary: deep },
  { weight: 3, arbitrary: inBytes },
  { weight: 1, arbitrary: inForm },
  { weight: 1, arbitrary: inHeaders },
);
export const EDITS = { any, paths, bodies, queries: fc.oneof(inQuery, asOther) } as const;

/** One of these requests with one to four changes. */
export function almostValid(seeds: readonly Sent[], edit: fc.Arbitrary<Edit> = any): fc.Arbitrary<Sent> {
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([seed, edits]) => edits.reduce((request, change) => change(request), seed));
}
