// Promise P15: no header, body, query, path or credential reaches the log, whatever goes wrong.

import t from 'tap';
import { Type } from 'typebox';
import { StorageUnavailable } from '../../src/domain/fault.ts';
import type { AddRoutes } from '../../src/http/app-type.ts';
import { loggableError } from '../../src/http/framework-log.ts';
import { buildTestApp } from '../support/build-app.ts';

const OPEN = { access: { open: true as const } };
/** In the form of a token, and one that has no form at all. */
const TOKEN = 'gthp_CANARYCANARYCANARYCANARYCANARYCANARY';
const PLAIN = 'canary-without-form';

const routes: AddRoutes = (app) => {
  const schema = {
    body: Type.Object({ password: Type.String({ maxLength: 10 }) }),
    params: Type.Object({ name: Type.String() }),
  };
  app.post('/things/:name', { config: OPEN, schema }, () => ({}));
  app.get('/things/:name', { config: OPEN }, () => ({}));
  app.get('/twice/:name', { config: OPEN }, async (_request, reply) => {
    await reply.send({ first: true });
    return { second: true };
  });
  app.get('/fault/:name', { config: OPEN }, () => {
    const cause = Object.assign(new Error(`duplicate key: (${PLAIN})`), { code: '23505', detail: PLAIN });
    throw new StorageUnavailable(cause);
  });
  app.get('/bug/:name', { config: OPEN }, () => {
    throw Object.assign(new Error(`no such token: ${TOKEN}`), { input: PLAIN });
  });
  app.get(
    '/hook/:name',
    { config: OPEN, onResponse: async () => Promise.reject(new Error(`late ${TOKEN}`)) },
    () => ({}),
  );
  app.get('/stream/:name', { config: OPEN }, (request) => {
    request.log.warn({ err: new Error(TOKEN), req: request.raw, res: { headers: PLAIN }, token_id: 7 }, 'an event');
    request.log.warn(new Error(TOKEN));
    return {};
  });
};

t.test('nothing that a caller sends is logged', async (t) => {
  const { inject, logged } = await buildTestApp(t, { routes });
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    cookie: `session=${PLAIN}`,
    'user-agent': PLAIN,
    'x-gateway-authorization': `Basic ${PLAIN}`,
    'x-forwarded-for': PLAIN,
    'x-request-id': TOKEN,
    referer: `https://x/${PLAIN}`,
  };
  const query = `?access_token=${TOKEN}&q=${PLAIN}`;
  for (const noun of ['things', 'twice', 'fault', 'bug', 'hook', 'stream', 'absent']) {
    for (const name of [PLAIN, TOKEN, `${PLAIN}%zz`, `${PLAIN}%00`, PLAIN.repeat(100)]) {
      await inject({ url: `/${noun}/${name}${query}`, headers });
      await inject({ method: 'DELETE', url: `/${noun}/${name}${query}`, headers });
    }
  }
  const bodies = [
    `{"password":"${PLAIN}"}`,
    `{"password":"${TOKEN}`,
    `{"${TOKEN}":1,"${TOKEN}":2}`,
    `{"${PLAIN}":"\\u0000"}`,
    PLAIN,
  ];
  for (const payload of bodies) {
    for (const type of ['application/json', `text/${PLAIN}`, `application/json; charset=${PLAIN}`]) {
      await inject({
        method: 'POST',
        url: `/things/a${query}`,
        headers: { ...headers, 'content-type': type },
        payload,
      });
    }
  }
  const text = logged();
  t.ok(text.split('\n').length > 80, 'there is a log');
  t.match(text, '"token_id":7');
  t.notMatch(text, PLAIN);
  t.notMatch(text, 'CANARY');
  for (const line of text.trim().split('\n')) t.doesNotThrow(() => JSON.parse(line));
});

t.test('one access line tells method, route, status, time and request id, and nothing else', async (t) => {
  const { inject, logged } = await buildTestApp(t, { routes });
  await inject({ url: '/things/abc?x=1', headers: { 'x-request-id': 'mine' } });
  const [line] = logged()
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
    .filter((each) => each.msg === 'request');
  const { time, pid, hostname, level, ms, ...rest } = line;
  t.same(rest, { method: 'GET', route: '/things/:name', status: 200, request_id: 'mine', msg: 'request' });
  t.type(ms, 'number');
});

t.test('an error is logged with type, code, message, stack and cause, without what it quotes', async (t) => {
  const cause = Object.assign(new Error(`Key (login)=(${PLAIN}) exists`), { code: '23505', detail: PLAIN });
  const error = new Error(`failed for ${TOKEN}`, { cause });
  const shown = loggableError(error);
  t.match(shown, { type: 'Error', message: 'failed for [redacted]', cause: { type: 'Error', code: '23505' } });
  t.match(shown.stack, 'log-secrecy.test.ts');
  t.notMatch(JSON.stringify(shown), PLAIN);
  t.same(loggableError('text'), { type: 'string' });
  const loop = new Error('a');
  loop.cause = loop;
  t.doesNotThrow(() => JSON.stringify(loggableError(loop)), 'a cause that is its own ends');
});
