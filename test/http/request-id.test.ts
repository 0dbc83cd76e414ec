// Which request ids are kept (contract 10).

import t from 'tap';
import { requestId } from '../../src/http/request-id.ts';
import { buildTestApp } from '../support/build-app.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

t.test('1 to 128 visible ASCII characters without quotes and backslash are kept', async (t) => {
  const kept = ['a', '~', '!', 'x'.repeat(128), 'req-1/2:3#[4]{5}|6', '-', '(', '&'];
  for (const id of kept) t.equal(requestId({ headers: { 'x-request-id': id } }), id);
  const replaced = ['', 'x'.repeat(129), 'a b', 'a"b', "a'b", 'a\\b', 'a\tb', 'a\u007fb', 'é', 'a, b'];
  for (const id of replaced) t.match(requestId({ headers: { 'x-request-id': id } }), UUID, JSON.stringify(id));
  t.match(requestId({ headers: {} }), UUID);
});

t.test('every answer has the id of its request, the error in its body too', async (t) => {
  const { inject } = await buildTestApp(t);
  for (const url of ['/health/live', '/absent', '/%zz', '/docs/', '/openapi.json']) {
    const { headers } = await inject({ url, headers: { 'x-request-id': 'mine-1' } });
    t.equal(headers['x-request-id'], 'mine-1', url);
  }
  const { headers, body } = await inject({ url: '/absent' });
  t.equal(JSON.parse(body).request_id, headers['x-request-id']);
});
