// Whoever asks again as soon as he was answered does not keep the process in one turn of its event loop (src/http/arrivals.ts, promises P1
// and P23), whichever way answers him. Nothing is timed: it is counted who is answered between two turns. All ask at once, so one turn
// reads them all.

import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { collectArrivals } from '../../src/http/arrivals.ts';
import { type Connection, openConnection } from '../bench/wire.ts';
import { listeningApp } from '../support/listening.ts';
import { eventually } from '../support/service.ts';

const CONNECTIONS = 600;
const GONE = 1000;
/** As arrivals.ts has them. */
const BEGUN_MAX = 64;
const REFUSED_MAX = 512;

t.test('what arrives in one turn is begun in its order, so many a turn, and timers run between', async (t) => {
  const begun: (number | 'timer')[][] = [];
  const over = Promise.withResolvers<void>();
  const collect = collectArrivals<number | 'timer'>((items) => {
    begun.push([...items]);
    if (items.includes(199)) over.resolve();
  });
  for (let item = 0; item < 200; item += 1) collect(item);
  setTimeout(() => collect('timer'), 0);
  await over.promise;
  const all = begun.flat();
  t.same(all.filter((item) => item !== 'timer'), Array.from({ length: 200 }, (_, item) => item)); // biome-ignore format: one thing
  t.same(Math.max(...begun.map((items) => items.length)), BEGUN_MAX);
  t.ok(begun.length >= 4, `in ${begun.length} turns`);
});

/** How many were answered in one turn, at the most, while this was done. */
async function mostInATurn(sockets: readonly Socket[], work: () => Promise<unknown>): Promise<number> {
  const answered = new Set<Socket>();
  let [most, is_over] = [0, false];
  for (const socket of sockets) {
    const { write } = socket;
    socket.write = ((...all: Parameters<typeof write>) => {
      answered.add(socket);
      return write.apply(socket, all);
    }) as typeof write;
  }
  const look = (): void => {
    most = Math.max(most, answered.size);
    answered.clear();
    if (!is_over) setImmediate(look);
  };
  look();
  await work();
  is_over = true;
  return most;
}

const answerOf = (connection: Connection, request: string): Promise<number> =>
  new Promise((resolve) => connection.ask(request, (answer) => resolve(answer?.status ?? 0)));

/** Whether it is answered from memory, which it is some time after it was asked first. */
async function isRemembered(url: string, connection: Connection, request: string): Promise<boolean> {
  const hits = async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return Number(/^gatehouse_cache_hits_total ([0-9]+)/m.exec(metrics)?.[1] ?? 0);
  };
  const before = await hits();
  await answerOf(connection, request);
  return (await hits()) > before;
}

async function floodable(t: Test) {
  const shed = { all: false };
  const load = {
    begin: () => undefined,
    end: () => undefined,
    shortageFor: () => (shed.all ? ('requests' as const) : null),
    recordShed: () => undefined,
    watch: () => () => undefined,
  };
  const settings = { FRESHNESS_MS: '30000', RATE_LIMIT_PER_HOUR: '1000000' };
  const { app, world, rows, issuer, url } = await listeningApp(t, { deps: { load }, settings, is_fenced: false });
  const ada = await world.person('ada');
  await world.repository(await world.organization('acme', ada), 'mill');
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const { authorization } = await world.client(['introspect']);
  const sockets: Socket[] = [];
  app.server.on('connection', (socket: Socket) => sockets.push(socket));
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(Number(issuer.port))));
  t.teardown(() => connections.map((each) => each.close()));
  await eventually(() => sockets.length === CONNECTIONS);
  const flood = async (request: string): Promise<{ readonly statuses: Set<number>; readonly most: number }> => {
    const statuses = new Set<number>();
    const ask = async (connection: Connection) => statuses.add(await answerOf(connection, request));
    const most = await mostInATurn(sockets, () => Promise.all(connections.map(ask)));
    return { statuses, most };
  };
  return { flood, shed, url, text, authorization, first: connections[0] as Connection };
}

/** `line` and what else: whatever is not plain (an unknown way to go on, say) is read by Node. */
const requestOf = (line: string, headers: readonly string[], body = ''): string =>
  [line, 'Host: x', ...headers, ...(body === '' ? [] : [`Content-Length: ${body.length}`]), '', body].join('\r\n');

t.test(
  'promises P1 and P23: no more are answered in one turn of the event loop, whichever way answers them',
  async (t) => {
    const { flood, shed, url, text, authorization, first } = await floodable(t);
    const read = requestOf('GET /repos/acme/mill HTTP/1.1', [`Authorization: Bearer ${text}`]);
    const form = ['Content-Type: application/x-www-form-urlencoded', `Authorization: ${authorization}`];
    const introspection = requestOf('POST /oauth/introspect HTTP/1.1', form, `token=${text}`);
    for (const request of [read, introspection]) await eventually(() => isRemembered(url, first, request));
    const seen = async (what: string, request: string, status: number) => {
      const { statuses, most } = await flood(request);
      t.same([...statuses], [status], what);
      t.ok(most > 0 && most <= BEGUN_MAX, `${what}: at most ${most} of ${CONNECTIONS} were answered in one turn`);
    };

    await seen('an own route, from the socket', read, 200);
    await seen('an introspection, from the socket', introspection, 200);
    await seen('by the framework', requestOf('GET /health/live HTTP/1.1', []), 200);
    await seen('an own route, read by Node', read, 200);
    await seen('an introspection, read by Node', introspection, 200);
    shed.all = true;
    const { statuses, most } = await flood(requestOf('GET /user HTTP/1.1', []));
    t.same([...statuses], [503], 'refused before the framework');
    t.ok(most > BEGUN_MAX && most <= REFUSED_MAX, `who is refused waits for fewer turns: ${most} in one`);
  },
);

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });
}

t.test('who has gone before he was begun is told of once, and keeps no place', async (t) => {
  const { issuer, url, world, rows, logged } = await listeningApp(t);
  const ada = await world.person('ada');
  await world.repository(await world.organization('acme', ada), 'mill');
  const { text } = await rows.classic(ada, { scopes: ['repo'] });
  const requests = {
    '/user': requestOf('GET /user HTTP/1.1', [`Authorization: Bearer ${text}`]),
    '/repos/:owner/:repo': requestOf('GET /repos/acme/mill HTTP/1.1', [`Authorization: Bearer ${text}`]),
  };
  for (const [route, request] of Object.entries(requests)) {
    const sockets = await Promise.all(Array.from({ length: GONE }, () => opened(Number(issuer.port))));
    for (const socket of sockets) {
      socket.write(request);
      socket.destroy();
    }
    const lines = () =>
      logged()
        .split('\n')
        .filter((line) => line.includes(`"route":"${route}"`));
    await eventually(() => lines().length >= GONE);
    t.equal(lines().length, GONE, `${route}: a line each`);
    t.ok(
      lines().some((line) => line.includes('"status":499')),
      `${route}: some had gone`,
    );
  }
  await eventually(async () =>
    (await (await fetch(`${url}/metrics`)).text()).includes('gatehouse_requests_under_way 0'),
  );
});
