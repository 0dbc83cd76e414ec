// What nobody has caught fails the run (test/support/tap-domain.ts): thrown in a timer, rejected, in a test and in one within it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readOutcome } from './support/outcome.ts';
import { scratchFolder } from './support/scratch-folder.ts';

const BEFORE = new URL('support/lighten-tap.ts', import.meta.url).href;

function outcomeOf(t: Test, body: string): { readonly failed: number; readonly text: string } {
  const script = `import t from '${import.meta.resolve('tap')}'; const waits = () => new Promise((resolve) => setTimeout(resolve, 20));
    t.test('one', async () => undefined); t.test('two', async (t) => { ${body}; await waits(); }); t.test('three', async () => undefined);`;
  const file = join(scratchFolder(t), 'played.mjs');
  writeFileSync(file, script);
  const args = ['--import', BEFORE, file];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { failed: readOutcome(stdout, status).failed, text: stdout };
}

t.test('an error that nobody has caught is a failure, and is told', async (t) => {
  const bodies = {
    'a rejection': `void Promise.reject(new Error('lost'))`,
    'an exception': `setTimeout(() => { throw new Error('lost'); }, 1)`,
    'within a test within': `await t.test('inner', async () => { setTimeout(() => { throw new Error('lost'); }, 1); await waits(); })`,
  };
  for (const [what, body] of Object.entries(bodies)) {
    const { failed, text } = outcomeOf(t, body);
    t.ok(failed > 0, what);
    t.match(text, /not ok .*lost/, what);
  }
  t.equal(outcomeOf(t, '').failed, 0, 'control');
});
