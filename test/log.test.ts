// How lines of the log are written (src/log.ts): whole, whoever else writes to the same pipe.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, symbols } from 'pino';
import t, { type Test } from 'tap';
import { accessLinesOf } from '../src/http/direct/access-lines.ts';
import { openLog } from '../src/log.ts';

const LINES = 5000;
/** After so many lines comes one of another kind. */
const BETWEEN = 50;
/** What a pipe takes as one piece, POSIX's least for Linux. */
const PIPE_BUF = 4096;

type Stream = NodeJS.EventEmitter & { readonly flush: () => void };

/** What a log writes of many lines, of both ways: the text, and after how many bytes each piece ended. */
async function written(t: Test, worker: string | null): Promise<{ text: string; ends: readonly number[] }> {
  const path = join(t.testdir(), 'log');
  const log: Logger = await openLog('info', { is_terminal: false, worker, to: path });
  const stream = (log as unknown as { readonly [symbols.streamSym]: Stream })[symbols.streamSym];
  const ends: number[] = [];
  stream.on('write', (bytes: number) => ends.push((ends.at(-1) ?? 0) + bytes));
  const writeLine = accessLinesOf(
    { log, clock: () => new Date() },
    { method: 'GET', route: '/gateway/nginx', status: 200 },
  );
  for (let line = 0; line < LINES; line += 1) {
    writeLine(`id-${line}`, 0.25);
    if (line % BETWEEN === 0) log.warn({ line }, 'in between');
    if (line % 200 === 0) await delay(1);
  }
  let text = '';
  while (text.split('\n').length <= LINES + LINES / BETWEEN) {
    stream.flush();
    await delay(20);
    text = await readFile(path, 'utf8');
  }
  return { text, ends };
}

t.test('every line is written once and is JSON; a worker’s come in pieces that a pipe takes whole', async (t) => {
  for (const worker of [null, '1']) {
    const { text, ends } = await written(t, worker);
    const lines = text.split('\n').filter((line) => line !== '');
    const ids = lines.flatMap((line) => (JSON.parse(line) as { request_id?: string }).request_id ?? []);
    t.same(
      ids,
      Array.from({ length: LINES }, (_, line) => `id-${line}`),
      'each once, in their order',
    );
    const sizes = ends.map((end, index) => end - (ends[index - 1] ?? 0));
    const is_whole = ends.every((end) => text[end - 1] === '\n');
    if (worker === null) t.ok(Math.max(...sizes) > PIPE_BUF, 'who is alone writes more at once: the test can fail');
    else t.ok(is_whole && Math.max(...sizes) <= PIPE_BUF, `the largest piece has ${Math.max(...sizes)} bytes`);
  }
});
