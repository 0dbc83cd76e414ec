// Path and header confusion (threats 16, 17, S2): some hundred forms of paths, and of the headers that carry them, as bytes on a
// socket. What is let through must be the same thing for every reader behind the gateway; all else is refused.

import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { compileCatalogue } from '../../src/domain/catalogue.ts';
import type { Operation } from '../../src/domain/operation.ts';
import { READERS, type Resolved, resolve } from '../model/path-readers.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { STYLES, type Style } from '../support/gateway.ts';
import { statementsOf } from '../support/query-count.ts';
import { type RawAnswer, rawCall, rawRequest } from '../support/raw-http.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

/** One path in so many goes to each kind of gateway in the short form; the long one asks all of all. */
const EVERY = cases({ short: 17, long: 1 });
const UNDER_WAY = 8;

const CONTENTS: Operation = {
  id: 'GET /repos/{owner}/{repo}/contents/{path}',
  method: 'GET',
  template: '/repos/{owner}/{repo}/contents/{path}',
  permission_sets: [{ contents: 'read' }],
  permissionless: false,
  classic_scopes: null,
  public_read: true,
  open_list: false,
  resource: 'repository',
};

type Asked = { readonly method: string; readonly target: string };

/** acme with a public, a selected private and a hidden repository; ada's token reads the first two. */
async function guarded(t: Test) {
  // A parameter that may hold anything, slashes too, is where readers have most to disagree about.
  const catalogue = compileCatalogue([CONTENTS], 1);
  const source = { current: async () => catalogue, known: () => catalogue, forget: () => undefined };
  const test = await buildTestApp(t, { deps: { catalogue: source } });
  const world = worldOf(test.deps);
  const [olga, ada] = [await world.person('olga'), await world.person('ada')];
  const acme = await world.organization('acme', olga);
  await world.member(acme, ada);
  await test.deps.db.updateTable('organizations').set({ default_repository_permission: 'none' }).execute();
  await world.repository(acme, 'site', 'public');
  const plans = await world.repository(acme, 'plans');
  await world.repository(acme, 'engine');
  await world.repository(olga, 'site');
  await world.collaborator(plans, ada, 'read');
  const { text } = await tokenRowsOf(test.deps).classic(ada, { scopes: ['repo'] });
  const { authorization } = await world.client(['gateway']);
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = test.app.server.address() as AddressInfo;
  const own = [`X-Gateway-Authorization: ${authorization}`];
  const call = (line: string, headers: readonly string[]) => rawCall(port, rawRequest(line, [...own, ...headers]));
  return { ...test, port, text, call, caller: `Authorization: Bearer ${text}` };
}

/** The question of this kind of gateway as it stands on the wire. */
function wire(style: Style, { method, target }: Asked): { readonly line: string; readonly headers: readonly string[] } {
  switch (style) {
    case 'nginx':
      return {
        line: 'GET /gateway/nginx HTTP/1.1',
        headers: [`X-Original-Method: ${method}`, `X-Original-URI: ${target}`],
      };
    case 'forward-auth':
      return {
        line: 'GET /gateway/forward-auth HTTP/1.1',
        headers: [`X-Forwarded-Method: ${method}`, `X-Forwarded-Uri: ${target}`],
      };
    case 'envoy':
      return { line: `${method} /gateway/envoy${target} HTTP/1.1`, headers: [] };
  }
}

/** What the end caller is to be answered. */
function statusOf({ status, headers }: RawAnswer): number {
  return Number(headers['x-error-status'] ?? status);
}

/** What ada may do in this world. */
function isAllowed(resolved: Resolved): boolean {
  switch (resolved.operation) {
    case 'user':
      return ['ada', 'olga', 'acme'].includes(resolved.login.toLowerCase());
    case 'repository':
    case 'contents':
    case 'fetch':
      return ['acme/site', 'acme/plans'].includes(`${resolved.owner}/${resolved.name}`.toLowerCase());
    case 'push':
    case 'unknown':
      return false;
  }
}

/** Names and the three letters of Git's suffix in another case name the same thing; nothing else does. */
function nameOf(resolved: Resolved): string {
  return JSON.stringify(resolved).toLowerCase();
}

/** The readings of a request by all readers, as far as they know what it is. */
function readings({ method, target }: Asked) {
  return Object.entries(READERS).map(([reader, read]) => {
    const reading = read(target);
    return { reader, resolved: reading === null ? ({ operation: 'unknown' } as const) : resolve(method, reading) };
  });
}

const BASES: readonly Asked[] = [
  { method: 'GET', target: '/repos/acme/site' },
  { method: 'GET', target: '/repos/acme/engine' },
  { method: 'GET', target: '/acme/site.git/info/refs?service=git-upload-pack' },
  { method: 'POST', target: '/acme/plans.git/git-upload-pack' },
  { method: 'GET', target: '/repos/acme/plans/contents/docs/a.md' },
];
const INSERTED = [
  ...[
    '/',
    '//',
    '///',
    '/./',
    '/../',
    '/x/../',
    '/..;/',
    '/.;/',
    '/%2e/',
    '/%2e%2e/',
    '/%2E%2E/',
    '/..%2f',
    '%2f',
    '%2F',
  ],
  ...[
    '%5c',
    '\\',
    '\\..\\',
    '/..\\',
    '%2e',
    '.',
    '..',
    '...',
    ';',
    ';x',
    ';x=y',
    ';/',
    '%3b',
    '%3bx',
    '%00',
    '%00/',
    '\x01',
  ],
  ...[
    '%0a',
    '%0d%0a',
    '%09',
    '\t',
    ' ',
    '%20',
    '+',
    '%2b',
    '#',
    '#/',
    '%23',
    '?',
    '?/',
    '%3f',
    '%',
    '%2',
    '%zz',
    '%25',
  ],
  ...[
    '%252f',
    '%252e%252e%252f',
    '%25252f',
    '%c0%af',
    '%c0%ae',
    '%e0%80%af',
    '%f0%80%80%af',
    '%ef%bc%8f',
    '%ef%bc%8e%ef%bc%8e',
  ],
  ...[
    '%u002f',
    '%u002e',
    '%c2%a0',
    '%e2%80%8b',
    '%ed%a0%80',
    '%ff',
    '\xe9',
    '\xff',
    '\x7f',
    '%7f',
    '%c3%a9',
    '*',
    ':',
    '@',
    '&',
  ],
  ...['.git', '.git/', '.GIT', '%2egit', '.git%2f', '.git.git', '~', '..git', "'", '"', '<', '{owner}', '$', ','],
];

/** Before each of its parts, at its end, and within its last name: every insertion. */
function mutated({ method, target }: Asked): Asked[] {
  const [path = '', ...query] = target.split('?');
  const rest = query.length === 0 ? '' : `?${query.join('?')}`;
  const borders = [...path].flatMap((character, index) => (character === '/' ? [index, index + 1] : []));
  const places = [...borders, path.length, path.length - 2];
  return places.flatMap((at) =>
    INSERTED.map((text) => ({ method, target: `${path.slice(0, at)}${text}${path.slice(at)}${rest}` })),
  );
}

const get = (target: string): Asked => ({ method: 'GET', target });
const refs = (query: string): Asked => get(`/acme/site/info/refs${query}`);

/** Every form of one idea, by hand. */
const BY_HAND: readonly Asked[] = [
  ...BASES,
  ...['', '/', '//', '*', '?', '/?', 'repos/acme/site', 'acme/site', '.', '..', '%2frepos/acme/site'].map(get),
  ...['http://x/repos/acme/site', 'HTTP://x/repos/acme/site', '//x/repos/acme/site', '/http://x/repos/acme/site'].map(
    get,
  ),
  ...[
    'http:/repos/acme/site',
    'http://x',
    'file:///repos/acme/site',
    '/\\x/repos/acme/site',
    '/x:80/repos/acme/site',
  ].map(get),
  ...['/repos/ACME/Site', '/Repos/acme/site', '/repos/acme/%73ite', '/%72epos/acme/site', '/repos/acme/sit\u212a'].map(
    get,
  ),
  ...['/repos/acme/engine/../site', '/repos/acme/site/../engine', '/repos/acme/site/%2e%2e/engine'].map(get),
  ...['/repos/acme/site/..%2fengine', '/repos/acme/site/..;/engine', '/repos/acme/site%2f..%2fengine'].map(get),
  ...['/repos/acme/site%252f..%252fengine', '/repos/acme/site\\..\\engine', '/repos/acme/site%5c..%5cengine'].map(get),
  ...['/repos/acme/engine%00/../site', '/repos/acme/engine?/../site', '/repos/acme/engine#/../site'].map(get),
  ...['/users/ada/../../repos/acme/engine', '/users/ada%2f..%2f..%2frepos%2facme%2fengine', '/users/ada?../acme'].map(
    get,
  ),
  ...[
    '/users/ada#/repos/acme/engine',
    '/users/ada;/repos/acme/engine',
    '/users/ada/',
    '/users//ada',
    '/users/ada%20',
  ].map(get),
  ...[
    '/repos/acme/site.git',
    '/repos/acme/site.git/',
    '/repos/acme%2fsite',
    '/repos%2facme%2fsite',
    '/repos/acme/site/',
  ].map(get),
  ...[
    '/repos/olga/site',
    '/repos/acme/site?x=/../engine',
    '/repos/acme/site?../../engine',
    '/repos/acme/site?%2e%2e',
  ].map(get),
  ...['/acme/site.git.git/info/refs?service=git-upload-pack', '/acme/.git/info/refs?service=git-upload-pack'].map(get),
  ...['/acme/site.GIT/info/refs?service=git-upload-pack', '/acme/site.git/info%2frefs?service=git-upload-pack'].map(
    get,
  ),
  ...[
    '/acme/engine.git/../site.git/info/refs?service=git-upload-pack',
    '/acme/site.git/INFO/refs?service=git-upload-pack',
  ].map(get),
  ...[
    '?service=git-receive-pack',
    '',
    '?',
    '?service=',
    '?service',
    '?Service=git-upload-pack',
    '?service=git-upload-pack&x=1',
  ].map(refs),
  ...['?service=git-upload-pack&service=git-receive-pack', '?service=git-receive-pack&service=git-upload-pack'].map(
    refs,
  ),
  ...['?service=git-upload-pack;service=git-receive-pack', '?x;service=git-receive-pack&service=git-upload-pack'].map(
    refs,
  ),
  ...[
    '?service=git-upload-pack&%73ervice=git-receive-pack',
    '?service=git-upload%2dpack',
    '?service=git%2breceive-pack',
  ].map(refs),
  ...[
    '?service=git-upload-pack%00',
    '?service=git-upload-pack%0a',
    '?service=git-upload-pack#',
    '?service[]=git-upload-pack',
  ].map(refs),
  ...[
    '?service=git-upload-pack?service=git-receive-pack',
    '??service=git-upload-pack',
    '?service=+git-upload-pack',
  ].map(refs),
  ...['?service=GIT-UPLOAD-PACK', '?service=git-upload-pack,git-receive-pack', '?service=git-receive-pack%26x'].map(
    refs,
  ),
  ...['HEAD', 'OPTIONS', 'TRACE', 'DELETE', 'PUT', 'PATCH', 'POST', 'PROPFIND'].flatMap((method) =>
    ['/repos/acme/site', '/acme/site/git-receive-pack', '/acme/plans/git-upload-pack'].map((target) => ({
      method,
      target,
    })),
  ),
];

const PATHS: readonly Asked[] = [
  ...new Map([...BY_HAND, ...BASES.flatMap(mutated)].map((each) => [`${each.method} ${each.target}`, each])).values(),
];

/** A few at a time: each has a connection of its own. */
async function forEach<Value>(values: readonly Value[], work: (value: Value) => Promise<void>): Promise<void> {
  const left = values.values();
  const worker = async () => {
    for (const value of left) await work(value);
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, worker));
}

type Counts = { allowed: number; refused: number; denied: number };

/** Whether the gateway's answer is that of the model: by strict reading, and only where no reader finds anything else. */
function judge(t: Test, what: string, asked: Asked, status: number, counts: Counts): void {
  const found = readings(asked);
  const strict = found[0]?.resolved ?? { operation: 'unknown' };
  if (status === 200) {
    counts.allowed += 1;
    if (!isAllowed(strict)) t.fail(`${what} was let through, and is ${JSON.stringify(strict)}`);
    for (const { reader, resolved } of found) {
      if (nameOf(resolved) !== nameOf(strict) && resolved.operation !== 'unknown') {
        t.fail(`${what} was let through; who ${reader} finds ${JSON.stringify(resolved)}`);
      }
    }
    return;
  }
  if (status === 400) {
    counts.refused += 1;
    // What all read alike, and is spelled without anything strange, is not ambiguous.
    const is_plain =
      /^\/[A-Za-z0-9/._~-]*(?:\?[A-Za-z0-9=&-]*)?$/.test(asked.target) &&
      !/\/(?:\.{0,2}\/|\.{1,2}$)/.test(asked.target);
    if (is_plain) t.fail(`${what} was refused, and is plain`);
    return;
  }
  counts.denied += 1;
  if (![403, 404].includes(status)) t.fail(`${what}: ${status}`);
  if (isAllowed(strict)) t.fail(`${what}: ${status}, and is ${JSON.stringify(strict)}`);
}

t.test('C3: what is let through is the same for every reader behind the gateway', async (t) => {
  const { call, caller } = await guarded(t);
  t.ok(PATHS.length >= 600, `${PATHS.length} forms of paths`);
  const counts: Counts = { allowed: 0, refused: 0, denied: 0 };
  await forEach([...PATHS.entries()], async ([index, asked]) => {
    const is_by_hand = index < BY_HAND.length;
    for (const [place, style] of STYLES.entries()) {
      if (!is_by_hand && (index + place) % EVERY !== 0) continue;
      const { line, headers } = wire(style, asked);
      const answer = await call(line, [...headers, caller]);
      // Blanks around the value of a header are none of it, nor are those between the parts of a request line.
      const sent = { ...asked, target: asked.target.replace(style === 'envoy' ? / +$/ : /^[ \t]+|[ \t]+$/g, '') };
      const what = `${style}: ${JSON.stringify(`${asked.method} ${asked.target}`)}`;
      // A target without a slash before it is none of Envoy's routes, and a broken request line no request.
      const is_no_route = style === 'envoy' && !asked.target.startsWith('/');
      if (is_no_route) t.ok([400, 404, 405].includes(answer.status), `${what}: ${answer.status}`);
      else judge(t, what, sent, statusOf(answer), counts);
    }
  });
  t.comment(JSON.stringify(counts));
  t.ok(counts.allowed > 30 && counts.refused > 200 && counts.denied > 50, 'all three answers are common');
});

/** The headers of a question, changed. `expected`: as if nothing were strange, or refused. */
type HeaderForm = {
  readonly name: string;
  readonly headers: (style: 'nginx' | 'forward-auth', target: string) => readonly string[];
  readonly expected: 'same' | 'refused' | 'unknown';
};

const NAMES = {
  nginx: { method: 'X-Original-Method', target: 'X-Original-URI' },
  'forward-auth': { method: 'X-Forwarded-Method', target: 'X-Forwarded-Uri' },
} as const;
const OTHER_PATH = '/users/ada';

type Part = 'method' | 'target';

/** The two headers, one of them replaced by these lines. */
function replaced(part: Part, lines: (name: string, value: string) => readonly string[]): HeaderForm['headers'] {
  return (style, target) => {
    const names = NAMES[style];
    const plain = { method: `${names.method}: GET`, target: `${names.target}: ${target}` };
    const value = part === 'method' ? 'GET' : target;
    return [...(part === 'method' ? [plain.target] : [plain.method]), ...lines(names[part], value)];
  };
}

/** Every way in which one header can be there once, not at all, or more than once. */
function formsOf(part: Part): readonly HeaderForm[] {
  const other = part === 'method' ? 'GET' : OTHER_PATH;
  const under = (name: string) => name.replaceAll('-', '_');
  const forms: readonly (readonly [
    string,
    HeaderForm['expected'],
    (name: string, value: string) => readonly string[],
  ])[] = [
    ['as it is', 'same', (name, value) => [`${name}: ${value}`]],
    ['in lower case', 'same', (name, value) => [`${name.toLowerCase()}: ${value}`]],
    ['in upper case', 'same', (name, value) => [`${name.toUpperCase()}: ${value}`]],
    ['blanks around it', 'same', (name, value) => [`${name}: \t ${value} \t`]],
    ['without a blank', 'same', (name, value) => [`${name}:${value}`]],
    ['missing', 'refused', () => []],
    ['empty', 'refused', (name) => [`${name}: `]],
    ['only blanks', 'refused', (name) => [`${name}:  \t `]],
    ['twice', 'refused', (name, value) => [`${name}: ${value}`, `${name}: ${value}`]],
    ['another before', 'refused', (name, value) => [`${name}: ${other}`, `${name}: ${value}`]],
    ['another after', 'refused', (name, value) => [`${name}: ${value}`, `${name}: ${other}`]],
    ['another in another case', 'refused', (name, value) => [`${name}: ${value}`, `${name.toUpperCase()}: ${other}`]],
    ['an empty one after', 'refused', (name, value) => [`${name}: ${value}`, `${name}: `]],
    ['three', 'refused', (name, value) => [`${name}: ${other}`, `${name}: ${value}`, `${name}: ${other}`]],
    ['with underscores only', 'refused', (name, value) => [`${under(name)}: ${value}`]],
    ['an alias before', 'refused', (name, value) => [`${under(name)}: ${other}`, `${name}: ${value}`]],
    ['an alias after', 'refused', (name, value) => [`${name}: ${value}`, `${under(name)}: ${other}`]],
    ['a mixed alias', 'refused', (name, value) => [`${name}: ${value}`, `${name.replace('-', '_')}: ${other}`]],
    ['a list', 'refused', (name, value) => [`${name}: ${value}, ${other}`]],
    ['a list after', 'refused', (name, value) => [`${name}: ${other}, ${value}`]],
    ['quoted', 'refused', (name, value) => [`${name}: "${value}"`]],
    ['a blank within', 'refused', (name, value) => [`${name}: ${value} HTTP/1.1`]],
    ['a tab within', 'refused', (name, value) => [`${name}: ${value}\t${other}`]],
    ['folded', 'refused', (name, value) => [`${name}: ${value}`, ` ${other}`]],
    ['NUL', 'refused', (name, value) => [`${name}: ${value}\0`]],
    ['a bare carriage return', 'refused', (name, value) => [`${name}: ${value}\r${name}: ${other}`]],
    ['a blank before the colon', 'refused', (name, value) => [`${name} : ${value}`]],
    ['bytes beyond ASCII', 'refused', (name, value) => [`${name}: ${value}\xe9`]],
  ];
  return forms.map(([name, expected, lines]) => ({
    name: `${part}: ${name}`,
    expected,
    headers: replaced(part, lines),
  }));
}

/** Headers that other gateways and frameworks take for the path, the method or the caller. None of them is read. */
const SPOOFED = [
  ...[
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Forwarded-Path',
    'X-Forwarded-Prefix',
    'X-Envoy-Original-Path',
    'X-Request-URI',
  ],
  ...[
    'X-Accel-Redirect',
    'X-Sendfile',
    'Request-URI',
    'X-Auth-Request-Redirect',
    'X-Proxy-URL',
    'Destination',
    'Referer',
  ],
].map((name) => `${name}: ${OTHER_PATH}`);
const SPOOFED_MORE = [
  ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Original-Request-Method'].map(
    (name) => `${name}: HEAD`,
  ),
  ...['X-Forwarded-Host', 'X-Forwarded-Server', 'X-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'X-Client-IP'].map(
    (name) => `${name}: 127.0.0.1`,
  ),
  ...[
    'X-Auth-User',
    'X-Auth-User-Id',
    'X-Auth-Token-Id',
    'X-Auth-Scopes',
    'X-Auth-Workflows',
    'X-Remote-User',
    'Remote-User',
  ].map((name) => `${name}: olga`),
  ...['Proxy-Authorization', 'X-Authorization', 'X-Forwarded-Authorization', 'X-Access-Token', 'Private-Token'].map(
    (name) => `${name}: Bearer gthp_${'0'.repeat(36)}`,
  ),
  'Cookie: access_token=x; session=y',
  'Forwarded: for=127.0.0.1;host=x;proto=https',
  'Via: 1.1 x',
];

const HEADER_FORMS: readonly HeaderForm[] = [
  ...formsOf('method'),
  ...formsOf('target'),
  ...[...SPOOFED, ...SPOOFED_MORE].map((line): HeaderForm => {
    const headers = replaced('target', (name, value) => [line, `${name}: ${value}`]);
    return { name: line, expected: 'same', headers };
  }),
  ...[
    'X-Original-URI',
    'X-Original-Method',
    'X-Forwarded-Uri',
    'X-Forwarded-Method',
    'X-Gateway-Authorization',
    'close',
  ].map(
    (named): HeaderForm => ({
      name: `Connection: ${named}`,
      expected: 'same',
      headers: replaced('target', (name, value) => [`Connection: ${named}`, `${name}: ${value}`]),
    }),
  ),
  ...['get', 'Get', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'GETX', 'X'].map(
    (method): HeaderForm => ({
      name: `method ${method}`,
      expected: 'unknown',
      headers: replaced('method', (name) => [`${name}: ${method}`]),
    }),
  ),
  ...['GET /x', 'GET:', 'GET\x01', '(GET)', '"GET"', 'GET,POST', 'X'.repeat(65), 'G@T'].map(
    (method): HeaderForm => ({
      name: `method ${JSON.stringify(method)}`,
      expected: 'refused',
      headers: replaced('method', (name) => [`${name}: ${method}`]),
    }),
  ),
];

/** With what each question is answered where nothing is strange. */
const TARGETS: readonly (readonly [string, number])[] = [
  ['/repos/acme/site', 200],
  ['/repos/acme/plans', 200],
  ['/repos/acme/engine', 404],
  ['/no/such', 403],
];

t.test('S2 of threats: headers that are repeated, aliased or spoofed are refused or change nothing', async (t) => {
  const { call, caller } = await guarded(t);
  const asked = (['nginx', 'forward-auth'] as const).flatMap((style) =>
    HEADER_FORMS.flatMap((form) => TARGETS.map(([target, status]) => ({ style, form, target, status }))),
  );
  t.comment(`${asked.length} questions, ${HEADER_FORMS.length} forms of headers`);
  await forEach(asked, async ({ style, form, target, status }) => {
    const line = `GET /gateway/${style} HTTP/1.1`;
    const answer = await call(line, [...form.headers(style, target), caller]);
    const expected = { same: status, refused: 400, unknown: 403 }[form.expected];
    const found = statusOf(answer);
    if (found !== expected) t.fail(`${style}: ${form.name} at ${target}: ${found} and not ${expected}: ${answer.body}`);
    if (found === 200 && answer.headers['x-auth-user'] !== 'ada') t.fail(`${style}: ${form.name}: whose it is`);
  });
  t.pass('asked');
});

t.test('S2 of threats: neither two credentials nor a spoofed gateway are let through', async (t) => {
  const { port, call, caller, text } = await guarded(t);
  const own = async (headers: readonly string[], style: Style = 'nginx') => {
    const { line, headers: asked } = wire(style, { method: 'GET', target: '/repos/acme/plans' });
    return { line, headers: [...asked, ...headers] };
  };
  for (const style of STYLES) {
    const plain = await own([caller], style);
    t.equal(statusOf(await call(plain.line, plain.headers)), 200, style);
    for (const second of [caller, caller.toLowerCase(), 'Authorization: ', 'AUTHORIZATION: Basic eDp5']) {
      const { line, headers } = await own([caller, second], style);
      t.equal(statusOf(await call(line, headers)), 400, `${style}: and ${second.slice(0, 20)}`);
    }
    for (const gateway of ['X-Gateway-Authorization: x', 'X_Gateway_Authorization: x', 'x-gateway_authorization: ']) {
      const { line, headers } = await own([caller, gateway], style);
      const answer = await call(line, headers);
      t.equal(JSON.parse(answer.body).code, 'gateway_unauthenticated', `${style}: beside ${gateway}`);
    }
    for (const gateway of [[], [`X-Gateway-Authorization: Bearer ${text}`], ['X-Gateway-Authorization: Basic ']]) {
      const { line, headers } = await own([caller, ...gateway], style);
      const answer = await rawCall(port, rawRequest(line, headers));
      t.same([answer.status, JSON.parse(answer.body).code], [403, 'gateway_unauthenticated'], `${style}: ${gateway}`);
    }
  }
});

t.test("Envoy's path is read as it stands on the request line, however it came to the route", async (t) => {
  const { call, caller } = await guarded(t);
  const lines: readonly (readonly [string, readonly number[]])[] = [
    ['GET /gateway/envoy/repos/acme/site', [200]],
    ['GET http://x/gateway/envoy/repos/acme/site', [400]],
    ['GET HTTP://x/gateway/envoy/repos/acme/site', [400, 404]],
    ['GET /gateway/%65nvoy/repos/acme/site', [400, 404]],
    ['GET /%67ateway/envoy/repos/acme/site', [400, 404]],
    ['GET //gateway/envoy/repos/acme/site', [400, 404]],
    ['GET /gateway//envoy/repos/acme/site', [400, 404]],
    ['GET /gateway/./envoy/repos/acme/site', [400, 404]],
    ['GET /gateway/nginx/../envoy/repos/acme/site', [400, 404]],
    ['GET /gateway/envoy/../envoy/repos/acme/site', [400]],
    ['GET /gateway/envoy%2frepos/acme/site', [400, 404]],
    ['GET /gateway/envoy;x/repos/acme/site', [400, 404]],
    ['GET /gateway/envoy', [404]],
    ['GET /gateway/envoy?/repos/acme/site', [404]],
    ['GET /gateway/envoy#/repos/acme/site', [400, 404]],
    ['GET /gateway/envoy/gateway/envoy/repos/acme/site', [403]],
    ['GET /GATEWAY/envoy/repos/acme/site', [404]],
    ['GET /gateway/envoy/repos/acme/site HTTP/1.0', [200]],
  ];
  for (const [line, expected] of lines) {
    const answer = await call(line.includes(' HTTP/') ? line : `${line} HTTP/1.1`, [caller]);
    t.ok(expected.includes(answer.status), `${line}: ${answer.status} ${answer.body}`);
  }
  const with_body = await call('POST /gateway/envoy/acme/plans/git-upload-pack HTTP/1.1', [
    caller,
    'Content-Type: application/x-git-upload-pack-request',
    'Content-Length: 0',
  ]);
  t.equal(with_body.status, 200, 'of a body neither kind nor length is looked at');
});

/** A text with this byte in it, a cut one, one whose checksum is right and that was never issued, an endless one. */
function hostileTexts(text: string): readonly string[] {
  const at = (index: number, put: string) => `${text.slice(0, index)}${put}${text.slice(index + 1)}`;
  const bytes = [
    '\x01',
    '\x7f',
    '\xff',
    '\xed\xa0\x80',
    '\xc0\x80',
    '%00',
    '\\u0000',
    '\t',
    "'",
    '"',
    ';',
    '--',
    '{',
    '\\',
  ];
  return [
    ...bytes.flatMap((byte) => [at(4, byte), at(text.length - 2, byte), `${text}${byte}x`, `${byte}${text}`]),
    ...Array.from({ length: text.length - 1 }, (_, length) => text.slice(0, length + 1)),
    'x'.repeat(65_536),
    `${text}${'0'.repeat(65_536)}`,
    `gthp_${'0'.repeat(10_000)}`,
  ];
}

t.test('hostile texts of tokens are never a 5xx, and never looked up', async (t) => {
  const { call, text } = await guarded(t);
  const texts = hostileTexts(text).flatMap((each) => [
    `Bearer ${each}`,
    `token ${each}`,
    `Basic ${Buffer.from(`x:${each}`, 'latin1').toString('base64')}`,
  ]);
  const put = await statementsOf(async () => {
    await forEach([...texts.entries()], async ([index, presented]) => {
      const style = STYLES[index % STYLES.length] ?? 'nginx';
      const { line, headers } = wire(style, { method: 'GET', target: '/repos/acme/site' });
      const { status } = await call(line, [...headers, `Authorization: ${presented}`]);
      const expected = presented.length > 16_000 ? [431] : [400, 401];
      t.ok(expected.includes(status), `${style}: ${JSON.stringify(presented.slice(0, 60))}: ${status}`);
    });
  });
  t.same(put, [], 'nothing but who the gateway is');
  const unknown = await call('GET /gateway/nginx HTTP/1.1', [
    'X-Original-Method: GET',
    'X-Original-URI: /repos/acme/site',
    'Authorization: Bearer gthp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17',
  ]);
  t.equal(unknown.status, 401, 'a right checksum makes no token');
});
