// The direct way answers as the general way does, byte by byte, whatever is asked and however it is sent (src/http/direct). A request
// with `Idempotency-Key`, which no check reads, always goes the general way; one with an empty line before it is read by Node, and
// answered directly then: so each is sent all ways, and the answers compared.

import diagnostics from 'node:diagnostics_channel';
import net from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { readJsonText } from '../../src/domain/json-text.ts';
import { readPlainQuestion } from '../../src/http/direct/plain-question.ts';
import { newText } from '../../src/secrets.ts';
import { cases } from '../support/effort.ts';
import { listeningApp } from '../support/listening.ts';
import { type RawAnswer, rawCall, rawRequest } from '../support/raw-http.ts';
import { eventually } from '../support/service.ts';
import { bearer } from '../support/world.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const JSON_TYPE = 'Content-Type: application/json';
const GENERAL = 'Idempotency-Key: general';
const READ_BY_NODE = 'http.server.request.start';
const HANDLED = 'tracing:fastify.request.handler:start';

type Request = { readonly line: string; readonly headers: readonly string[]; readonly body: string };

function bytesOf({ line, headers, body }: Request, more: readonly string[] = []): Buffer {
  const has_length = headers.some((each) => /^(?:content-length|transfer-encoding):/i.test(each));
  const length = body === '' || has_length ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
  const head = rawRequest(line, [...headers, ...length, ...more]);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

/** What two answers to the same request may differ in: when they were given. */
function comparable({ status, headers, body }: RawAnswer) {
  const { date: _date, 'x-request-id': id = '', ...others } = headers;
  return {
    status,
    headers: { ...others, 'x-request-id': id.length },
    body: body.replaceAll(id, 'ID').replace(/"as_of":"[^"]*"/, '"as_of":""'),
  };
}

async function started(t: Test, settings: Record<string, string> = {}) {
  // What is to be known stays so, however busy the machine is.
  const test = await listeningApp(t, { settings: { FRESHNESS_MS: '30000', ...settings }, is_fenced: false });
  const { world, rows } = test;
  const port = Number(test.issuer.port);
  const [olga, ada] = [await world.person('olga'), await world.person('ada')];
  const acme = await world.organization('acme', olga);
  await world.member(acme, ada);
  const [site, mill] = [await world.repository(acme, 'site', 'public'), await world.repository(acme, 'mill')];
  for (const each of [site, mill]) await world.collaborator(each, ada, 'write');
  const { authorization, client_id, secret } = await world.client(['introspect', 'evaluate', 'gateway']);
  const weak = await world.client(['directory']);
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const ask = (request: Request, more: readonly string[] = []) => rawCall(port, bytesOf(request, more));
  const askByNode = (request: Request) => rawCall(port, Buffer.concat([Buffer.from('\r\n'), bytesOf(request)]));
  return { ...test, askByNode, port, olga, ada, acme, mill, authorization, client_id, secret, weak, classic, ask };
}
type Started = Awaited<ReturnType<typeof started>>;

/** How often this was told. */
function counting(t: Test, channel: string): () => number {
  let count = 0;
  const onTold = () => {
    count += 1;
  };
  diagnostics.subscribe(channel, onTold);
  t.teardown(() => diagnostics.unsubscribe(channel, onTold));
  return () => count;
}

/** How many requests the general way's handlers took. */
const countingGeneral = (t: Test) => counting(t, HANDLED);

/** Sends the request both ways, unknown and known, and compares. */
async function same(t: Test, { ask, askByNode }: Started, name: string, request: Request): Promise<RawAnswer> {
  const general = await ask(request, [GENERAL]);
  for (const time of ['first', 'again']) {
    t.same(comparable(await ask(request)), comparable(general), `${name}, ${time}`);
  }
  t.same(comparable(await askByNode(request)), comparable(general), `${name}, read by Node`);
  return general;
}

function introspection(authorization: string, body: string, more: readonly string[] = []): Request {
  return { line: 'POST /oauth/introspect HTTP/1.1', headers: [FORM, `Authorization: ${authorization}`, ...more], body };
}

function evaluation(authorization: string, body: string, more: readonly string[] = []): Request {
  const headers = [JSON_TYPE, `Authorization: ${authorization}`, ...more];
  return { line: 'POST /access/v1/evaluation HTTP/1.1', headers, body };
}

function gateway(
  authorization: string,
  credential: string | null,
  target: string,
  more: readonly string[] = [],
): Request {
  const presented = credential === null ? [] : [`Authorization: Bearer ${credential}`];
  const original = ['X-Original-Method: GET', `X-Original-URI: ${target}`];
  const headers = [`X-Gateway-Authorization: ${authorization}`, ...presented, ...original, ...more];
  return { line: 'GET /gateway/nginx HTTP/1.1', headers, body: '' };
}

function question(id: string, more: object = {}): string {
  const resource = { type: 'repository', id: 'acme/mill' };
  return JSON.stringify({ subject: { type: 'token', id }, action: { name: 'contents:read' }, resource, ...more });
}

/** Texts of every state. */
async function textsOf({ rows, ada, acme, mill, classic }: Started) {
  const fine = await rows.fineGrained(ada, {
    owner: acme,
    permissions: { contents: 'write' },
    selection: 'subset',
    repositories: [mill],
  });
  const expired = await rows.classic(ada, { scopes: ['repo'], expires_at: new Date(Date.now() - 1000) });
  return {
    classic: classic.text,
    fine_grained: fine.text,
    expired: expired.text,
    unknown: newText('classic', 'gth'),
    wrong_checksum: `${classic.text.slice(0, -1)}${classic.text.endsWith('0') ? '1' : '0'}`,
    session: newText('session', 'gth'),
    none: 'nothing',
  };
}

t.test('introspection: the same answer both ways, of every text and in every form', async (t) => {
  const app = await started(t);
  const { authorization, client_id, secret, weak } = app;
  for (const [name, text] of Object.entries(await textsOf(app))) {
    await same(t, app, name, introspection(authorization, `token=${text}`));
    await same(
      t,
      app,
      `${name}, with a hint`,
      introspection(authorization, `token=${text}&token_type_hint=access_token`),
    );
    await same(t, app, `${name}, unknown member`, introspection(authorization, `token=${text}&x=1`));
  }
  const { text } = app.classic;
  const body = `token=${text}`;
  const forms: Readonly<Record<string, Request>> = {
    'no member': introspection(authorization, 'token_type_hint=x'),
    'an empty token': introspection(authorization, 'token='),
    twice: introspection(authorization, `${body}&${body}`),
    encoded: introspection(authorization, `token=%67${text.slice(1)}`),
    'with a plus': introspection(authorization, `${body}+`),
    'a client in the form too': introspection(authorization, `${body}&client_id=${client_id}&client_secret=${secret}`),
    'a client without the capability': introspection(weak.authorization, body),
    'another secret': introspection(`Basic ${Buffer.from(`${client_id}:x`).toString('base64')}`, body),
    'a token as the client': introspection(`Bearer ${text}`, body),
    'two credentials': introspection(authorization, body, [`Authorization: ${authorization}`]),
    'no credential': { line: 'POST /oauth/introspect HTTP/1.1', headers: [FORM], body },
    JSON: { ...introspection(authorization, body), headers: [JSON_TYPE, `Authorization: ${authorization}`] },
    'with a charset': {
      ...introspection(authorization, body),
      headers: [`${FORM}; charset=utf-8`, `Authorization: ${authorization}`],
    },
    compressed: introspection(authorization, body, ['Content-Encoding: gzip']),
    'accepts anything': introspection(authorization, body, ['Accept: */*']),
    'a request id': introspection(authorization, body, ['X-Request-Id: abc-1']),
    'a malformed request id': introspection(authorization, body, ['X-Request-Id: a b']),
    'two request ids': introspection(authorization, body, ['X-Request-Id: a', 'X-Request-Id: b']),
    'in chunks': {
      ...introspection(authorization, body, ['Transfer-Encoding: chunked']),
      body: `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    },
    'longer than one piece': introspection(authorization, `${body}&x=${'y'.repeat(100_000)}`),
    'two hosts': introspection(authorization, body, ['Host: y']),
    'with a query': { ...introspection(authorization, body), line: 'POST /oauth/introspect?x=1 HTTP/1.1' },
    'of HTTP/1.0': { ...introspection(authorization, body), line: 'POST /oauth/introspect HTTP/1.0' },
    'with GET': { ...introspection(authorization, ''), line: 'GET /oauth/introspect HTTP/1.1' },
    'another method': { ...introspection(authorization, body), line: 'PUT /oauth/introspect HTTP/1.1' },
    'an origin': introspection(authorization, body, ['Origin: https://elsewhere.example']),
    'a forged consistency token': introspection(authorization, body, ['X-Consistency-Token: forged']),
  };
  for (const [name, request] of Object.entries(forms)) await same(t, app, name, request);
});

t.test('evaluation: the same answer both ways, of every question and in every form', async (t) => {
  const app = await started(t);
  const { authorization, weak } = app;
  const texts = await textsOf(app);
  for (const [name, text] of Object.entries(texts)) {
    for (const action of [
      'contents:read',
      'contents:write',
      'administration:read',
      'repo',
      'GET /repos/{owner}/{repo}',
      'x',
    ]) {
      await same(t, app, `${name}, ${action}`, evaluation(authorization, question(text, { action: { name: action } })));
    }
  }
  const { text } = app.classic;
  const resources = [
    { type: 'repository', id: 'acme/site' },
    { type: 'repository', id: 'ACME/Mill' },
    { type: 'repository', id: 'acme/absent' },
    { type: 'repository', id: 'acme' },
    { type: 'organization', id: 'acme' },
    { type: 'user', id: 'ada' },
    { type: 'enterprise', id: 'none' },
    { type: 'other', id: 'x' },
    { type: 'repository', id: 'acme/mill', properties: { path: '.github/workflows/x.yml' } },
  ];
  for (const resource of resources) {
    await same(t, app, JSON.stringify(resource), evaluation(authorization, question(text, { resource })));
  }
  for (const subject of [
    { type: 'user', id: 'ada' },
    { type: 'anonymous', id: 'anonymous' },
    { type: 'token', id: String(app.classic.id) },
  ]) {
    await same(t, app, JSON.stringify(subject), evaluation(authorization, question(text, { subject })));
  }
  const bodies: Readonly<Record<string, string>> = {
    'unknown members': question(text, { other: 1, context: { x: 1 } }),
    'a forged consistency token': question(text, { context: { consistency_token: 'forged' } }),
    'a member twice': question(text).replace('{', '{"subject":1,'),
    'no subject': question(text, { subject: undefined }),
    'a number for a name': question(text, { action: { name: 1 } }),
    'not JSON': '{',
    'an array': '[]',
    'beyond ASCII': question(text, { context: { x: 'Ã¼' } }),
    'not UTF-8': question(text, { context: { x: '\xff' } }),
    'blanks around': `  ${question(text)}\n`,
    NUL: question(text, { context: { x: '\0' } }),
    deep: question(text).replace(/}$/, `,"x":${'['.repeat(40)}${']'.repeat(40)}}`),
  };
  for (const [name, body] of Object.entries(bodies)) await same(t, app, name, evaluation(authorization, body));
  const body = question(text);
  await same(t, app, 'a client without the capability', evaluation(weak.authorization, body));
  await same(t, app, 'a form', {
    ...evaluation(authorization, body),
    headers: [FORM, `Authorization: ${authorization}`],
  });
});

t.test('gateways: the same answer both ways, allowed and refused', async (t) => {
  const app = await started(t);
  const { authorization, weak } = app;
  const targets = [
    '/repos/acme/mill',
    '/repos/acme/absent',
    '/users/ada',
    '/nowhere',
    '//repos/acme/mill',
    '/repos/acme/%2e%2e',
    '/acme/mill.git/info/refs?service=git-upload-pack',
    '/acme/mill.git/info/refs?service=git-receive-pack',
  ];
  for (const [name, text] of [...Object.entries(await textsOf(app)), ['nobody', null] as const]) {
    for (const target of targets) await same(t, app, `${name}, ${target}`, gateway(authorization, text, target));
  }
  const { text } = app.classic;
  const mill = '/repos/acme/mill';
  const others: Readonly<Record<string, Request>> = {
    'no gateway': gateway(weak.authorization, text, mill),
    'a gateway twice': gateway(authorization, text, mill, [`X-Gateway-Authorization: ${authorization}`]),
    'an alias beside': gateway(authorization, text, mill, ['X_Original_URI: /users/ada']),
    'another target beside': gateway(authorization, text, mill, ['X-Original-URI: /users/ada']),
    'an address forwarded': gateway(authorization, text, mill, ['X-Forwarded-For: 203.0.113.7']),
    'no address forwarded': gateway(authorization, text, mill, ['X-Forwarded-For: nobody']),
    'a body': { ...gateway(authorization, text, mill), body: 'x' },
    HEAD: { ...gateway(authorization, text, mill), line: 'HEAD /gateway/nginx HTTP/1.1' },
    'forward-auth': {
      line: 'GET /gateway/forward-auth HTTP/1.1',
      headers: [
        `X-Gateway-Authorization: ${authorization}`,
        `Authorization: Bearer ${text}`,
        'X-Forwarded-Method: GET',
        `X-Forwarded-Uri: ${mill}`,
      ],
      body: '',
    },
  };
  for (const [name, request] of Object.entries(others)) await same(t, app, name, request);
});

t.test(
  'GET of a repository: the same answer both ways, and what it shows is never older than a change of it',
  async (t) => {
    const app = await started(t);
    const { inject, world, ada } = app;
    const get = (path: string, credential: string | null, more: readonly string[] = []): Request => {
      const presented = credential === null ? [] : [`Authorization: ${credential}`];
      return { line: `GET ${path} HTTP/1.1`, headers: [...presented, ...more], body: '' };
    };
    // Each is counted: the headers that tell how often differ by one.
    const uncounted = (answer: RawAnswer) => {
      const { headers, ...rest } = comparable(answer);
      const all: Readonly<Record<string, string | number>> = headers;
      const { 'x-ratelimit-used': used, 'x-ratelimit-remaining': left, 'x-ratelimit-reset': at, ...others } = all;
      return { ...rest, headers: others, counted: [used, left, at].map((each) => typeof each) };
    };
    const session = await world.session(ada);
    const credentials = Object.entries({ ...(await textsOf(app)), session }).map(
      ([name, text]) => [name, `Bearer ${text}`] as const,
    );
    const paths = [
      '/repos/acme/mill',
      '/repos/ACME/Mill',
      '/repos/acme/site',
      '/repos/acme/absent',
      '/repos/acme/mill?x=1',
      '/repos/acme/mil%6c',
      '/repos/acme/mill/',
      '/repos/acme',
    ];
    for (const [name, credential] of [...credentials, ['nobody', null] as const]) {
      for (const path of paths) {
        const request = get(path, credential);
        const general = await app.ask(request, [GENERAL]);
        for (const time of ['first', 'again', 'once more']) {
          t.same(uncounted(await app.ask(request)), uncounted(general), `${name}, ${path}, ${time}`);
        }
      }
    }
    const request = get('/repos/acme/mill', `Bearer ${app.classic.text}`);
    const general = countingGeneral(t);
    await eventually(async () => {
      const before = general();
      await app.ask(request);
      return general() === before;
    }, 20_000);
    const counts: number[] = [];
    for (let times = 0; times < 3; times += 1)
      counts.push(Number((await app.ask(request)).headers['x-ratelimit-used']));
    t.same(
      counts.map((each) => each - (counts[0] ?? 0)),
      [0, 1, 2],
      'each is counted once',
    );
    const admin = await app.rows.classic(app.olga, { scopes: ['repo'] });
    const headers = bearer(admin.text);
    const edited = await inject({
      method: 'PATCH',
      url: '/repos/acme/mill',
      headers,
      payload: { description: 'grinds' },
    });
    t.equal(edited.statusCode, 200, edited.body);
    for (let times = 0; times < 3; times += 1) t.equal(JSON.parse((await app.ask(request)).body).description, 'grinds');
  },
);

t.test('what is known is answered without the general way, counted and written to the log alike', async (t) => {
  const app = await started(t);
  const general = countingGeneral(t);
  const readByNode = counting(t, READ_BY_NODE);
  const { authorization, classic } = app;
  const requests = [
    introspection(authorization, `token=${classic.text}`),
    evaluation(authorization, question(classic.text)),
    gateway(authorization, classic.text, '/repos/acme/mill'),
    gateway(authorization, classic.text, '/repos/acme/absent'),
    gateway(authorization, null, '/repos/acme/site'),
    gateway(authorization, null, '/acme/mill.git/info/refs?service=git-upload-pack'),
  ];
  for (const request of requests) {
    await eventually(async () => {
      const before = readByNode();
      await app.ask(request);
      return readByNode() === before;
    }, 20_000);
    await app.ask(request, [GENERAL]);
    const lines = app
      .logged()
      .trim()
      .split('\n')
      .slice(-2)
      .map((line) => JSON.parse(line));
    const [direct, other] = lines.map(({ time: _time, ms, request_id, ...line }) => ({
      ...line,
      ms: typeof ms,
      id: typeof request_id,
    }));
    t.same(direct, other, 'one line, with the same members');
    const metrics = (await app.inject({ url: '/metrics', headers: { authorization } })).body;
    t.match(metrics, `route="${request.line.split(' ')[1]}"`, 'and one observation');
  }
  const before = general();
  await rawCall(app.port, bytesOf(requests[0] as Request, ['Idempotency-Key: x']));
  t.equal(general(), before + 1, 'the count sees what goes the general way');
});

t.test('a fault of the direct way is told to the log, and the general way answers', async (t) => {
  const app = await started(t);
  const { authorization, classic, ask, deps } = app;
  const asked = introspection(authorization, `token=${classic.text}`);
  t.match((await ask(asked)).body, '"active":true');
  for (const name of ['known', 'knownClient'] as const) {
    const whole: (key: never) => unknown = deps.facts[name];
    // Only once for each request: the general way may look there too.
    let is_first = true;
    Object.assign(deps.facts, {
      [name]: (key: never) => {
        is_first = !is_first;
        if (!is_first) throw new Error('planted');
        return whole(key);
      },
    });
    const logged = app.logged().length;
    await eventually(async () => {
      t.match((await ask(asked)).body, '"active":true', name);
      return app.logged().slice(logged).includes('a direct answer failed');
    }, 20_000);
    Object.assign(deps.facts, { [name]: whole });
  }
});

t.test('P1: what has ended is not answered directly either', async (t) => {
  const app = await started(t);
  const { authorization, classic, ask, inject, world, ada } = app;
  const asked = introspection(authorization, `token=${classic.text}`);
  for (let times = 0; times < 3; times += 1) t.match((await ask(asked)).body, '"active":true');
  const session = bearer(await world.session(ada));
  const ended = await inject({ method: 'DELETE', url: `/user/personal-access-tokens/${classic.id}`, headers: session });
  t.equal(ended.statusCode, 204);
  t.equal((await ask(asked)).body, '{"active":false}');
});

t.test('a body in pieces is put together, and one that never comes is given up', async (t) => {
  const app = await started(t, { REQUEST_TIMEOUT_MS: '1500' });
  const { authorization, classic, port } = app;
  const bytes = bytesOf(introspection(authorization, `token=${classic.text}`));
  for (const at of [bytes.length - 1, bytes.length - 20, bytes.indexOf('\r\n\r\n') + 4, 30]) {
    const answer = await new Promise<string>((resolve) => {
      let received = '';
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.write(bytes.subarray(0, at));
        setTimeout(() => socket.write(bytes.subarray(at)), 20);
      });
      socket.on('data', (part) => (received += part)).on('close', () => resolve(received));
    });
    t.match(answer, '"active":true', `divided after ${at} of ${bytes.length} bytes`);
  }
  const short = await rawCall(port, bytes.subarray(0, bytes.length - 1));
  t.equal(short.status, 503);
});

t.test('who waits for the database longer than a request may is told 503', async (t) => {
  const app = await started(t, { REQUEST_TIMEOUT_MS: '1500' });
  const { authorization, classic, ask, deps } = app;
  t.equal((await ask(introspection(authorization, `token=${newText('classic', 'gth')}`))).body, '{"active":false}');
  const { loadOrLastKnown } = deps.facts;
  let is_stuck = true;
  const stuck: typeof loadOrLastKnown = (asked) => (is_stuck ? new Promise(() => undefined) : loadOrLastKnown(asked));
  Object.assign(deps.facts, { loadOrLastKnown: stuck });
  const answer = await ask(introspection(authorization, `token=${newText('classic', 'gth')}`));
  t.equal(answer.status, 503);
  t.match(answer.body, 'temporarily_unavailable');
  is_stuck = false;
  t.match((await ask(introspection(authorization, `token=${classic.text}`))).body, '"active":true');
});

/** How often facts were asked for that were not known, and how often a client was looked for: once by each way. */
function countingAsked({ deps }: Started): { readonly facts: () => number; readonly clients: () => number } {
  const { loadOrLastKnown, knownClient } = deps.facts;
  const count = { facts: 0, clients: 0 };
  Object.assign(deps.facts, {
    loadOrLastKnown: (...asked: Parameters<typeof loadOrLastKnown>) => {
      count.facts += 1;
      return loadOrLastKnown(...asked);
    },
    knownClient: (...asked: Parameters<typeof knownClient>) => {
      count.clients += 1;
      return knownClient(...asked);
    },
  });
  return { facts: () => count.facts, clients: () => count.clients };
}

t.test('a gateway asks the database once, whether what it finds is a yes or a no', async (t) => {
  const app = await started(t);
  const { authorization, ask, rows, ada, classic } = app;
  const { facts, clients } = countingAsked(app);
  const cold = await rows.classic(ada, { scopes: ['repo'] });
  await eventually(async () => {
    const before = clients();
    t.equal((await ask(gateway(authorization, classic.text, '/repos/acme/mill'))).status, 200);
    return clients() === before + 1;
  }, 20_000);
  const cases = [
    { what: 'a yes, directly', text: cold.text, target: '/repos/acme/mill', status: 200, clients: 1 },
    { what: 'a no', text: cold.text, target: '/repos/acme/absent', status: 403, clients: 1 },
    { what: 'nobody', text: newText('classic', 'gth'), target: '/repos/acme/mill', status: 401, clients: 2 },
  ];
  for (const { what, text, target, ...expected } of cases) {
    const before = { facts: facts(), clients: clients() };
    const { status } = await ask(gateway(authorization, text, target));
    t.same({ status, clients: clients() - before.clients }, expected, what);
    t.equal(facts() - before.facts, 1, what);
  }
});

t.test('P2: what was judged is not written once the node has heard nothing for too long', async (t) => {
  const app = await started(t);
  const { authorization, classic, ask, deps } = app;
  const requests = [
    introspection(authorization, `token=${classic.text}`),
    evaluation(authorization, question(classic.text)),
    gateway(authorization, classic.text, '/repos/acme/mill'),
  ];
  const { facts } = countingAsked(app);
  for (const request of requests) {
    await eventually(async () => {
      const before = facts();
      t.equal((await ask(request)).status, 200);
      return facts() === before;
    }, 20_000);
    const { known } = deps.facts;
    // The process stops after it has judged, for longer than what it remembers may be used.
    Object.assign(deps.facts, {
      known: (...asked: Parameters<typeof known>) => {
        const found = known(...asked);
        if (found !== null) deps.freshness.doubt();
        return found;
      },
    });
    const before = facts();
    t.equal((await ask(request)).status, 200);
    t.equal(facts(), before + 1, `${request.line}: the database is asked anew`);
    Object.assign(deps.facts, { known });
  }
});

t.test('threats T2: a question that is read in one step is what JSON says, and what clients write is read so', (t) => {
  const text = fc.oneof(
    fc.constantFrom('token', 'user', 'repository', 'contents:read', 'GET /repos/{owner}/{repo}', 'a/b', '', ' '),
    fc.string({ maxLength: 12 }),
  );
  const named = fc.record({ type: text, id: text });
  const question = fc.record({ subject: named, action: fc.record({ name: text }), resource: named });
  const orders = [
    ['subject', 'action', 'resource'],
    ['subject', 'resource', 'action'],
  ] as const;
  const written = fc
    .tuple(question, fc.constantFrom(...orders), fc.boolean(), fc.nat(200), fc.nat(3), text)
    .map(([value, order, has_blanks, at, cut, piece]) => {
      const inOrder = JSON.stringify(Object.fromEntries(order.map((name) => [name, value[name]])));
      const whole = has_blanks ? inOrder.replaceAll('":', '": ').replaceAll(',"', ', "') : inOrder;
      return { whole, spoilt: whole.slice(0, at) + piece + whole.slice(at + cut) };
    });
  const seen = { plain: 0, other: 0 };
  const isAsJson = (json: string): boolean => {
    const plain = readPlainQuestion(json);
    seen[plain === null ? 'other' : 'plain'] += 1;
    if (plain === null) return true;
    const read = readJsonText(json, { depth_max: 10 });
    return 'value' in read && isDeepStrictEqual(read.value, plain);
  };
  fc.assert(
    fc.property(written, ({ whole, spoilt }) => isAsJson(whole) && isAsJson(spoilt)),
    { numRuns: cases({ short: 500, long: 50_000 }) },
  );
  t.ok(seen.plain > 300 && seen.other > 300, JSON.stringify(seen));
  for (const order of orders) {
    const asked = { subject: { type: 'token', id: 'x' }, action: { name: 'y' }, resource: { type: 'z', id: '1' } };
    const json = JSON.stringify(Object.fromEntries(order.map((name) => [name, asked[name]])));
    t.same(readPlainQuestion(json), asked);
    t.equal(readPlainQuestion(`${json} `), null);
    t.equal(readPlainQuestion(json.replace('"id":"x"', '"id":"x","id":"y"')), null, 'a member that occurs twice');
  }
  t.end();
});
