// promises P10: a process that ends does end. Node's threads that compile may wait, at the end, for a collection that nobody makes any more
// (src/heap.ts); that cannot be brought about at will, so what is looked for is the collection, whatever the end.

import { execFile } from 'node:child_process';
import t from 'tap';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;
const HEAP = new URL('../src/heap.ts', import.meta.url).href;
const begins = `const { collectAtEnd } = await import('${HEAP}'); collectAtEnd();`;
const module = (text: string): string[] => ['--input-type=module', '-e', text];

/** How it ended, and what the engine said of its collections. */
function played(...args: string[]): Promise<{ readonly code: unknown; readonly collections: readonly string[] }> {
  const { NODE_COMPILE_CACHE } = process.env;
  const env = { NODE_COMPILE_CACHE, PORT: 'none' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--trace-gc', ...args], { env }, (error, out) => {
      const collections = out.split('\n').filter((line) => line.includes('Mark-Compact') && line.includes('testing;'));
      resolve({ code: error === null ? 0 : error.code, collections });
    });
  });
}

t.test('P10: whatever the end of a process, its garbage is collected before', async (t) => {
  const ends = {
    'of the service, refused': { args: [MAIN], code: 78 },
    'called for': { args: module(`${begins} process.exit(3)`), code: 3 },
    'by an exception': { args: module(`${begins} setTimeout(() => { throw new Error('lost') })`), code: 1 },
    'by itself': { args: module(begins), code: 0 },
  };
  for (const [end, { args, code }] of Object.entries(ends)) {
    const seen = await played(...args);
    t.equal(seen.code, code, end);
    t.equal(seen.collections.length, 1, end);
  }
  t.same(await played(...module('process.exit(3)')), { code: 3, collections: [] }, 'control: not by itself');
});
