// A folder of a test, for what outlives the test's own code: servers, gateways, clones.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/**
 * Empty, and others may look into it. It is removed by a teardown, so after all that was started later has been ended; tap's own
 * `testdir` is removed before any teardown, under the hands of what still runs.
 */
export function scratchFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
