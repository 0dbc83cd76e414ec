// `npm test`: everything, or the files named behind `--`; `npm run coverage` the same through tap, which measures. Starts one
// throwaway PostgreSQL with a migrated template, runs the files, and ends with the line `N passed, N failed`, which is also what
// the exit code says.
import type { Outcome } from './support/outcome.ts';
import { runFiles, testFiles } from './support/run-files.ts';
import { runMeasured } from './support/run-measured.ts';
import { startTestServer } from './support/server.ts';

const [...args] = process.argv.slice(2);
const is_measured = args[0] === '--coverage';
const files = testFiles(is_measured ? args.slice(1) : args);
const server = await startTestServer();
const environment = { ...process.env, ...server.environment };
const run = is_measured ? runMeasured(files, environment) : runFiles(files, environment);
// Ctrl-C and termination reach the tests too (they are of the same process group) or end them here; the server must end in any case.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => run.kill(signal));
const outcome = await run.done;
await server.stop();
report(outcome);

/** What failed stands once more at the end: who sees only that of a long text (a log that was cut, say) must find it there. */
function report({ passed, failed, skipped, failures }: Outcome): void {
  if (failures.length > 0) process.stdout.write(['# What failed:', ...failures].join('\n# ').concat('\n'));
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
