import t from 'tap';
import { countWindows } from '../src/counted-windows.ts';

const at = (ms: number) => new Date(ms);

t.test('T5: a window begins with the first count of its key and ends by the clock', async (t) => {
  const windows = countWindows({ count_max: 2, window_ms: 1000 });
  t.same(windows.take('a', at(500)), { count: 1, is_over: false, ends_in_ms: 1000 });
  t.same(windows.take('a', at(1499)), { count: 2, is_over: false, ends_in_ms: 1 });
  t.same(windows.take('a', at(1499)), { count: 3, is_over: true, ends_in_ms: 1 });
  t.same(windows.take('b', at(1499)), { count: 1, is_over: false, ends_in_ms: 1000 }, 'each key by itself');
  t.same(windows.take('a', at(1500)), { count: 1, is_over: false, ends_in_ms: 1000 });
});

t.test('T5: what is given back or forgotten does not count', async (t) => {
  const windows = countWindows({ count_max: 1, window_ms: 1000 });
  windows.take('a', at(0));
  windows.giveBack('a');
  t.equal(windows.take('a', at(1)).is_over, false);
  t.equal(windows.take('a', at(2)).is_over, true);
  windows.forget('a');
  t.same(windows.take('a', at(3)), { count: 1, is_over: false, ends_in_ms: 1000 });
  windows.giveBack('nobody');
  t.equal(windows.take('nobody', at(3)).count, 1);
});

t.test('T4: whether a window is full can be asked without counting', async (t) => {
  const windows = countWindows({ count_max: 2, window_ms: 1000 });
  t.equal(windows.fullFor('a', at(0)), null);
  windows.take('a', at(0));
  t.equal(windows.fullFor('a', at(1)), null);
  windows.take('a', at(2));
  t.equal(windows.fullFor('a', at(999)), 1);
  t.equal(windows.fullFor('b', at(999)), null);
  t.equal(windows.fullFor('a', at(1000)), null);
  t.equal(windows.take('a', at(1000)).count, 1);
});

t.test('keys whose window is over are forgotten, the others are not', async (t) => {
  const windows = countWindows({ count_max: 1, window_ms: 1000 });
  for (let n = 0; n < 5000; n += 1) windows.take(`old ${n}`, at(0));
  windows.take('present', at(500));
  for (let n = 0; n < 20_000; n += 1) windows.take(`new ${n}`, at(1000));
  t.equal(windows.take('present', at(1400)).count, 2);
  t.equal(windows.take('old 1', at(1400)).count, 1);
});

t.test('T4: there are never more than 100,000 keys: the older ones go, the others are counted on', async (t) => {
  const windows = countWindows({ count_max: 2, window_ms: 1000 });
  for (let n = 0; n < 110_000; n += 1) windows.take(`address ${n}`, at(0));
  t.equal(windows.take('address 1', at(1)).count, 1, 'forgotten');
  t.equal(windows.take('address 109999', at(1)).count, 2);
  t.equal(windows.takeNews(1_000_000, false).length, 100_000, 'and no more wait to be told');
});
