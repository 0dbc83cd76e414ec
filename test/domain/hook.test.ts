// When a webhook is tried again (contract 10), and what counts as taken.

import t from 'tap';
import { isDelivered, RETRY_DELAYS_SECONDS, retryDelay } from '../../src/domain/hook.ts';

const HOUR = 3600;

t.test('contract 10: tried again after 10 s, 1 min, 5 min, 30 min, then hourly for a day', async (t) => {
  t.same(RETRY_DELAYS_SECONDS.slice(0, 4), [10, 60, 300, 1800]);
  const hourly = RETRY_DELAYS_SECONDS.slice(4);
  t.same([...new Set(hourly)], [HOUR]);
  t.equal(hourly.length * HOUR, 24 * HOUR);
});

t.test('promises P21: each delay is a little longer, never shorter, and after the last there is none', async (t) => {
  for (const [attempt, delay] of RETRY_DELAYS_SECONDS.entries()) {
    const delays = Array.from({ length: 60 }, (_, id) => retryDelay(RETRY_DELAYS_SECONDS, attempt, id) ?? 0);
    t.ok(Math.min(...delays) === delay && Math.max(...delays) <= Math.ceil(delay * 1.05), `${attempt}: ${delay}`);
    t.ok(delay < 60 || new Set(delays).size > 1, 'not all come back together');
  }
  t.equal(retryDelay(RETRY_DELAYS_SECONDS, RETRY_DELAYS_SECONDS.length, 1), null);
});

t.test('contract 10: 2xx is a delivery, nothing else is', async (t) => {
  for (const status of [200, 204, 299]) t.ok(isDelivered(status), `${status}`);
  for (const status of [100, 199, 300, 302, 404, 500]) t.notOk(isDelivered(status), `${status}`);
});
