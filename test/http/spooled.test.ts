// An answer that is written while its request is still being read (http/spooled.ts).

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { spooled } from '../../src/http/spooled.ts';
import { collectGarbage } from '../support/collect-garbage.ts';

const PART = 'x'.repeat(99_999);
const MEBIBYTE = 1024 * 1024;

async function* parts(count: number, onEnd: () => void = () => undefined): AsyncGenerator<string> {
  try {
    for (let i = 0; i < count; i += 1) yield `${PART}\n`;
  } finally {
    onEnd();
  }
}

/** What buffers hold. What was given up is given back by another thread, some time after a collection: so the least of several. */
async function heldBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    await setTimeout(10);
    least = Math.min(least, process.memoryUsage().arrayBuffers);
  }
  return least;
}

t.test('what nobody reads yet is all written, and read afterwards in its order', async (t) => {
  const ended = Promise.withResolvers<void>();
  async function* numbered(): AsyncGenerator<string> {
    for (let i = 0; i < 80; i += 1) yield `${i} ${PART}\n`;
    ended.resolve();
  }
  const stream = spooled(numbered());
  await ended.promise; // 8 MB, and not a byte was read
  const lines = (await text(stream)).trimEnd().split('\n');
  t.same(
    lines.map((line) => Number.parseInt(line, 10)),
    Array.from({ length: 80 }, (_, i) => i),
  );
  t.ok(lines.every((line) => line.endsWith(PART)));
});

t.test('who reads along, slowly and quickly, gets the same', async (t) => {
  let read = 0;
  for await (const part of spooled(parts(60))) {
    read += part.length;
    if (read % 7 < 3) await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(read, 60 * 100_000);
});

t.test('who stops reading stops the writing', async (t) => {
  const ended = Promise.withResolvers<void>();
  const stream = spooled(parts(Number.MAX_SAFE_INTEGER, ended.resolve));
  await once(stream, 'readable');
  stream.destroy();
  await ended.promise;
  t.ok(stream.destroyed);
});

t.test('an error of the writer is the error of the stream', async (t) => {
  async function* failing(): AsyncGenerator<string> {
    yield 'first';
    throw new Error('no more');
  }
  await t.rejects(text(spooled(failing())), { message: 'no more' });
});

t.test('memory does not grow with what nobody reads', async (t) => {
  const ended = Promise.withResolvers<void>();
  const before = await heldBytes();
  const stream = spooled(parts(1000, ended.resolve));
  await ended.promise; // 100 MB
  const grown = ((await heldBytes()) - before) / MEBIBYTE;
  t.ok(grown < 10, `${grown.toFixed(1)} MiB`);
  stream.destroy();
});
