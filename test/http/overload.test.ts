// What is refused where there is too much to do (promises P23): in which order, in which form, and that nothing else is touched. Places are
// taken by requests that wait for a word of the test: no time is judged.

import net from 'node:net';
import t, { type Test } from 'tap';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import type { Urgency } from '../../src/metrics.ts';
import { buildTestApp, type TestAppOptions } from '../support/build-app.ts';
import { listeningApp } from '../support/listening.ts';
import { eventually } from '../support/service.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, quickHash, worldOf } from '../support/world.ts';

/** Routes of each urgency that answer when the test says so. */
function waitingRoutes() {
  const word = Promise.withResolvers<void>();
  let waiting = 0;
  const routes: AddRoutes = (app) => {
    for (const urgency of ['ending', 'check', 'other'] as const) {
      const config = { access: { open: true as const }, urgency };
      app.get(`/waiting/${urgency}`, { config }, async () => {
        waiting += 1;
        await word.promise;
        return 'answered';
      });
    }
  };
  return { routes, goOn: word.resolve, waiting: () => waiting };
}

/** An application in which so many requests wait. */
async function busy(t: Test, count: number, options: TestAppOptions = {}) {
  const { routes, goOn, waiting } = waitingRoutes();
  const application = await buildTestApp(t, {
    ...options,
    settings: { MAX_REQUESTS: '20', ...options.settings },
    routes,
  });
  t.teardown(goOn);
  const { inject } = application;
  const under_way = Array.from({ length: count }, () => inject('/waiting/ending'));
  await eventually(() => waiting() === count);
  return { ...application, under_way, goOn };
}

const CHECK = {
  method: 'POST',
  url: '/access/v1/evaluation',
  payload: {
    subject: { type: 'anonymous', id: 'anonymous' },
    action: { name: 'contents:read' },
    resource: { type: 'repository', id: 'acme/none' },
  },
} as const;

t.test('promises P23: management is refused first, then checks; what takes away has places of its own', async (t) => {
  const statuses = async (count: number) => {
    const { inject, deps, under_way, goOn } = await busy(t, count);
    const world = worldOf(deps);
    const ada = await world.person('ada');
    const session = bearer(await world.session(ada));
    const { id, text } = await tokenRowsOf(deps).classic(ada);
    const { authorization } = await world.client(['evaluate']);
    const read = await inject({ url: '/user', headers: bearer(text) });
    const check = await inject({ ...CHECK, headers: { authorization } });
    const end = await inject({ method: 'DELETE', url: `/user/personal-access-tokens/${id}`, headers: session });
    const health = await inject('/health/ready');
    goOn();
    for (const each of await Promise.all(under_way)) t.equal(each.body, 'answered', 'what had a place is answered');
    const after = await inject({ url: '/user', headers: session });
    t.equal(after.statusCode, 200, 'and afterwards there is room');
    return [read, check, end, health].map(({ statusCode }) => statusCode);
  };
  t.same(await statuses(9), [200, 200, 204, 200], 'one below the first bound');
  t.same(await statuses(10), [503, 200, 204, 200], 'half of the places');
  t.same(await statuses(15), [503, 503, 204, 200], 'three quarters');
  t.same(await statuses(20), [503, 503, 503, 200], 'all; health is asked all the same');
});

t.test(
  'promises P23: the refusal is told in the form of each caller, at once, and counted but not logged singly',
  async (t) => {
    const { inject, deps, logged } = await busy(t, 20);
    const { authorization } = await worldOf(deps).client(['introspect', 'gateway']);
    const before = logged().length;
    const plain = await inject({ url: '/user' });
    t.match(plain.json(), { code: 'unavailable', status: '503' });
    t.equal(plain.headers['retry-after'], '1');
    const introspected = await inject({
      method: 'POST',
      url: '/oauth/introspect',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'token=x',
    });
    t.match([introspected.statusCode, introspected.headers['retry-after']], [503, '1']);
    t.type(introspected.json().error, 'string', 'RFC 6749');
    const nginx = await inject({ url: '/gateway/nginx', headers: { 'x-gateway-authorization': authorization } });
    t.match([nginx.statusCode, nginx.headers['x-error-status'], nginx.headers['retry-after']], [403, '503', '1']);
    const lines = logged().slice(before);
    t.notMatch(lines, 'request failed');
    t.match(lines, '"status":503', 'its access line it has');
    const metrics = (await inject('/metrics')).body;
    t.match(metrics, /gatehouse_shed_requests_total\{urgency="other",shortage="requests"\} [1-9]/);
    t.match(metrics, /gatehouse_shed_requests_total\{urgency="check",shortage="requests"\} [1-9]/);
    t.match(metrics, 'gatehouse_requests_under_way 2');
  },
);

/** A load that has no room for these, and notes who asked. */
function fullFor(urgencies: readonly Urgency[]) {
  return {
    begin: () => undefined,
    end: () => undefined,
    shortageFor: (urgency: Urgency) => (urgencies.includes(urgency) ? ('requests' as const) : null),
    recordShed: () => undefined,
    watch: () => () => undefined,
  };
}

t.test(
  'promises P23: whatever may take something away passes where every read is refused; health and metrics always',
  async (t) => {
    const closed = await buildTestApp(t, { deps: { load: fullFor(['check', 'other']) } });
    const open = await buildTestApp(t, { deps: { load: fullFor([]) } });
    const passing = { DELETE: true, PATCH: true, PUT: true } as Readonly<Record<string, true>>;
    const posts = [
      '/credentials/revoke',
      '/oauth/revoke',
      '/orgs/:org/personal-access-tokens',
      '/orgs/:org/personal-access-tokens/:pat_id',
      '/orgs/:org/personal-access-token-requests',
      '/orgs/:org/personal-access-token-requests/:pat_request_id',
      '/repos/:owner/:repo/transfer',
    ];
    const always = ['/health/live', '/health/ready', '/metrics'];
    const asked = [];
    for (const { method, url } of declaredRoutes(closed.app)) {
      if (method === 'HEAD' || method === 'OPTIONS' || url.startsWith('/gateway/envoy')) continue;
      const request = { method: method as 'GET', url: url.replaceAll(/:[a-z_]+/g, '1').replace('*', 'x') };
      const status = async ({ inject }: typeof closed) => (await inject(request)).headers['retry-after'] === '1';
      const passes =
        url === '/admin/catalogue'
          ? false
          : passing[method] === true || (method === 'POST' && posts.includes(url)) || always.includes(url);
      const is_gateway = url.startsWith('/gateway/');
      t.equal(await status(closed), is_gateway || !passes, `${method} ${url}`);
      t.notOk(await status(open), `${method} ${url}, where there is room`);
      asked.push(url);
    }
    t.ok(asked.length > 80, String(asked.length));
    for (const url of posts) t.ok(asked.includes(url), url);
  },
);

t.test('promises P23: who signs in is in nobody’s way, and has places of his own', async (t) => {
  const { inject, deps } = await buildTestApp(t, { settings: { MAX_REQUESTS: '10' } });
  const ada = await worldOf(deps).person('ada', { password_hash: await quickHash('correct horse battery') });
  const session = bearer(await worldOf(deps).session(ada));
  const signIn = (login: string) =>
    inject({ method: 'POST', url: '/sessions', payload: { login, password: 'correct horse battery' } });
  const many = Array.from({ length: 50 }, (_, n) => signIn(`nobody-${n}`));
  t.equal((await inject({ url: '/user', headers: session })).statusCode, 200);
  const statuses = (await Promise.all(many)).map(({ statusCode }) => statusCode);
  t.same([...new Set(statuses)].sort(), [401, 503]);
  t.ok(statuses.filter((status) => status === 401).length >= 32, 'those who found a place');
  t.equal((await signIn('ada')).statusCode, 201, 'and then there is room');
});

t.test(
  'promises P23: what is answered from memory is answered; what has to be asked for is refused, in the same bytes by both ways',
  async (t) => {
    const room = { urgencies: [] as readonly Urgency[] };
    const load = { ...fullFor([]), shortageFor: (urgency: Urgency) => fullFor(room.urgencies).shortageFor(urgency) };
    const { url, world, rows } = await listeningApp(t, {
      deps: { load },
      settings: { FRESHNESS_MS: '30000' },
      is_fenced: false,
    });
    const ada = await world.person('ada');
    const acme = await world.organization('acme', ada);
    const { full_name: id } = await world.repository(acme, 'mill');
    const [known, unknown] = [await rows.classic(ada, { scopes: ['repo'] }), await rows.classic(ada)];
    const { authorization } = await world.client(['introspect', 'evaluate']);
    const form = 'application/x-www-form-urlencoded';
    const ways = {
      '/oauth/introspect': { type: form, of: (text: string) => `token=${text}` },
      '/access/v1/evaluation': {
        type: 'application/json',
        of: (text: string) =>
          JSON.stringify({
            subject: { type: 'token', id: text },
            action: { name: 'contents:read' },
            resource: { type: 'repository', id },
          }),
      },
    };
    for (const [path, { type, of }] of Object.entries(ways)) {
      const ask = async ({ text }: { text: string }, more: Record<string, string> = {}) => {
        const headers = { authorization, 'content-type': type, 'x-request-id': 'same', ...more };
        const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: of(text) });
        const { date: _date, ...seen } = Object.fromEntries(answer.headers);
        return { status: answer.status, headers: seen, body: await answer.text() };
      };
      // Remembered as soon as the changes are followed.
      await eventually(async () => {
        room.urgencies = [];
        await ask(known);
        room.urgencies = ['check', 'other'];
        return (await ask(known)).status === 200;
      });
      const refused = await ask(unknown);
      t.equal(refused.status, 503, path);
      t.same(refused, await ask(unknown, { 'idempotency-key': 'general' }), path);
      room.urgencies = [];
      t.equal((await ask(unknown)).status, 200, path);
    }
  },
);

t.test(
  'promises P23: what is refused early is refused in the same bytes as by the general way, on every route',
  async (t) => {
    let general = 0;
    const { app, url, logged } = await listeningApp(t, {
      deps: { load: fullFor(['ending', 'check', 'other']) },
      settings: { CORS_ORIGINS: 'https://console.example.test' },
      routes: (app) => {
        app.addHook('onResponse', (_request, _reply, done) => {
          general += 1;
          done();
        });
      },
    });
    /** What is answered, what is logged of it, and whether the framework has seen it. */
    const asked = async (method: string, path: string, more: Record<string, string> = {}) => {
      const [seen_before, lines_before] = [general, logged().length];
      const answer = await fetch(`${url}${path}`, { method, headers: { 'x-request-id': 'same', ...more } });
      const { date: _date, ...headers } = Object.fromEntries(answer.headers);
      const body = await answer.text();
      const read = (): string[] =>
        logged()
          .slice(lines_before)
          .split('\n')
          .filter((line) => line.includes('"request"'));
      await eventually(() => read().length > 0);
      const { time: _time, ms: _ms, pid: _pid, hostname: _host, ...line } = JSON.parse(read()[0] ?? '');
      return { told: { status: answer.status, headers, body, line }, is_general: general > seen_before };
    };
    let early = 0;
    for (const { method, url: template } of declaredRoutes(app)) {
      // What is always answered, and what `fetch` does not send.
      if (/^\/(?:health|metrics)/.test(template) || method === 'OPTIONS' || method === 'TRACE') continue;
      const path = template.replaceAll(/:[a-z_]+/g, '1').replace('*', 'x/y');
      const [first, second] = [await asked(method, path), await asked(method, path, { 'idempotency-key': 'k' })];
      t.same(first.told, second.told, `${method} ${template}`);
      t.ok(second.is_general, `${method} ${template}: by the general way where it is not plain`);
      if (first.told.headers['retry-after'] === '1' && !first.is_general) early += 1;
    }
    t.ok(early > 120, `${early} refused early`);
    const foreign = await asked('GET', '/user', { origin: 'https://console.example.test' });
    t.match(foreign.told.headers, { 'access-control-allow-origin': 'https://console.example.test' });
    for (const path of ['/health/live', '/nowhere', '/us%65r']) t.ok((await asked('GET', path)).is_general, path);
  },
);

t.test('promises P23, F22: who goes away before he is answered gives his place back, once', async (t) => {
  const { routes, goOn, waiting } = waitingRoutes();
  const { url, inject } = await listeningApp(t, { settings: { MAX_REQUESTS: '20' }, routes });
  t.teardown(goOn);
  const underWay = async (): Promise<string | undefined> =>
    /^gatehouse_requests_under_way (\d+)/m.exec((await inject('/metrics')).body)?.[1];
  const before = await underWay();
  // Three times as many as there are places, one half of them gone before the others come.
  for (let round = 1; round <= 6; round += 1) {
    const gone = new AbortController();
    const calls = Array.from({ length: 10 }, () =>
      fetch(`${url}/waiting/ending`, { signal: gone.signal }).then(
        ({ status }) => status,
        () => 'gone',
      ),
    );
    await eventually(() => waiting() === 10 * round);
    gone.abort();
    t.same(new Set(await Promise.all(calls)), new Set(['gone']));
    await eventually(async () => (await underWay()) === before);
  }
  goOn();
  t.equal((await fetch(`${url}/waiting/other`)).status, 200);
  t.equal(await underWay(), before, 'nor is a place given back twice that nobody had');
});

t.test(
  'promises P23, threats D2: places of requests come back from a connection on which a tunnel is asked for',
  async (t) => {
    const { routes, goOn, waiting } = waitingRoutes();
    t.teardown(goOn);
    const { issuer, inject, logged } = await listeningApp(t, { settings: { MAX_REQUESTS: '20' }, routes });
    const underWay = async () => /^gatehouse_requests_under_way (\d+)$/m.exec((await inject('/metrics')).body)?.[1];
    const get = 'GET /waiting/ending HTTP/1.1\r\nHost: x\r\n\r\n';
    const tunnel = 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n';
    const connected = (bytes: string, received: string[]) => {
      const socket = net.connect(Number(issuer.port), '127.0.0.1', () => socket.write(bytes));
      return socket.on('error', () => undefined).on('data', (part) => received.push(String(part)));
    };

    const received: string[] = [];
    const socket = connected(get.repeat(12), received);
    await eventually(() => waiting() === 12);
    t.equal(await underWay(), '12');
    socket.write(tunnel);
    await eventually(async () => (await underWay()) === '0');
    const at_once = connected(get.repeat(12) + tunnel, received);
    for (const each of [socket, at_once]) await eventually(() => each.destroyed);
    t.equal(await underWay(), '0', 'nor are places taken by who has gone');
    t.same(received, [], 'what was asked first is not answered with what is told of the last');

    goOn();
    t.equal((await inject('/waiting/other')).statusCode, 200, 'there is room');
    t.notMatch(logged(), '"level":50');
  },
);

t.test('promises P23, threats D1: who does not take his answers keeps no places for those behind them', async (t) => {
  let asked = 0;
  const routes: AddRoutes = (app) => {
    app.get('/counted', { config: { access: { open: true } } }, () => {
      asked += 1;
      return 'answered';
    });
  };
  const { issuer, inject } = await listeningApp(t, { settings: { MAX_REQUESTS: '100' }, routes });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  // A megabyte each: after some of them there is no room left on their way.
  const socket = net.connect(Number(issuer.port), '127.0.0.1', () => {
    socket.pause().write(get('/openapi.json').repeat(24) + get('/counted').repeat(10));
  });
  t.teardown(() => socket.on('error', () => undefined).destroy());
  await eventually(() => asked === 10);
  t.match((await inject('/metrics')).body, /^gatehouse_requests_under_way 0$/m);
  t.equal((await inject('/counted')).statusCode, 200, 'others are served');
});
