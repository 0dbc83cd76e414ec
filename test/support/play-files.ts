// Plays the test files of `PLAYED` one after the other in this one process, each as a subtest with its name. Most of what a short
// file takes is the start: two thousand modules, and code that is compiled when it has run for a while; so it is paid once.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';

/** Not as arguments, of which tap would make the names of folders. */
const files = (process.env.PLAYED ?? '').split(' ');
/** Tap gives the process its time for all of them. */
const file_ms_max = (Number(process.env.TAP_TIMEOUT) * 1000) / files.length;
const playFile = t.test.bind(t) as typeof t.test;

for (const file of files) {
  const before = process.cpuUsage();
  await playFile(file, { timeout: file_ms_max }, async (of_file) => {
    // What the file asks of `t`, which it imports, is a part of it.
    Object.assign(t, { test: of_file.test.bind(of_file) });
    await import(pathToFileURL(resolve(file)).href);
  });
  const { user, system } = process.cpuUsage(before);
  t.comment(`${file} took ${((user + system) / 1e6).toFixed(1)} s of the processor`);
}
