// Bugs that are planted into a node, each of the kind that a scenario is there to find: the checker that does not find them proves
// nothing. A plant changes the text of our own files as a process loads them; the files themselves stay as they are.

export type Edit = { readonly file: string; readonly from: string; readonly to: string };

const LEASE = { file: 'src/facts/freshness.ts', from: 'return age_ms() < bound_ms;' };

/** No bug: a name whose address is another each time. */
const FLIP = {
  file: 'src/outbound-names.ts',
  from: 'return async (given) => {',
  to: `return async (given) => {
    globalThis.flips ??= 0;
    if (given === 'flip.example') return [{ address: globalThis.flips++ % 2 === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];`,
};

/** No bug: what is done every minute is done every second. */
const ROOTS_SOON = {
  file: 'src/use-cases/audit/export-audit-root.ts',
  from: 'AUDIT_ROOT_SECONDS = 60',
  to: 'AUDIT_ROOT_SECONDS = 1',
};

const EACH = {
  /** What is remembered counts for as long as the process lives. */
  'no lease': [{ ...LEASE, to: 'return confirmed.at !== NEVER;' }],
  /** Who has not been told of a change believes that there was none. */
  'notifications only': [
    { ...LEASE, to: 'return feed !== null;' },
    { file: 'src/facts/freshness.ts', from: 'const is_wanted = is_due ||', to: 'const is_wanted = feed === null ||' },
    {
      file: 'src/facts/freshness.ts',
      from: 'const timer = setTimeout(() => lose(source), parts.read_ms_max);',
      to: 'const timer = undefined;',
    },
  ],
  /** What was known counts where the database cannot be asked anew, though a change was told. */
  'fresh because told': [
    {
      file: 'src/facts/cached.ts',
      from: 'if (found !== null) hits += 1;',
      to: 'if (found !== null) KNOWN.set(JSON.stringify(question), found);',
    },
    {
      file: 'src/facts/cached.ts',
      from: 'return sharing.loadAll(questions);',
      to: `return sharing.loadAll(questions).catch((error) => {
      const kept = questions.map((question) => KNOWN.get(JSON.stringify(question)));
      if (kept.includes(undefined)) throw error;
      return kept;
    });`,
    },
    {
      file: 'src/facts/cached.ts',
      from: 'function memoryOf(',
      to: 'const KNOWN = new Map(); function memoryOf(',
    },
  ],
  /** A notification with a number that is not above all others is taken for news that there is nothing new. */
  'believes what it is told': [
    {
      file: 'src/db/change-feed.ts',
      from: "client.on('notification', onWake);",
      to: "client.on('notification', ({ payload }) => onWake(Number(payload)));",
    },
    {
      file: 'src/facts/freshness.ts',
      from: 'onWake: () => void wake(),',
      to: `onWake: (told) => {
        if (told > (globalThis.told ?? -1)) return void wake((globalThis.told = told));
        confirmed = { at: monotonic_ms(), wall: parts.clock().getTime() };
      },`,
    },
    { file: 'src/facts/freshness.ts', from: '(used_since_confirmed || age_ms() >=', to: '(age_ms() >=' },
  ],
  /** Done is said before it is durable. */
  'answer before commit': [
    {
      file: 'src/db/transaction.ts',
      from: 'db.transaction().execute(work)',
      to: `new Promise((resolve, reject) => {
        db.transaction().execute(async (transaction) => {
          const result = await work(transaction);
          setImmediate(() => resolve(result));
          await new Promise((later) => setTimeout(later, 300));
          return result;
        }).catch(reject);
      })`,
    },
  ],
  /** The record is written by and by. */
  'record outside the transaction': [
    {
      file: 'src/compose.ts',
      from: 'const db = databaseOver(pool);',
      to: 'const db = databaseOver(pool); globalThis.planted = db;',
    },
    {
      file: 'src/db/audit.ts',
      from: `  await db.insertInto('audit_entries').values(entryOf(caller, event)).execute();`,
      to: `  setTimeout(() => {
    globalThis.planted.insertInto('audit_entries').values(entryOf(caller, event)).execute().catch(() => undefined);
  }, 300);`,
    },
  ],
  /** Webhooks are put into the queue by and by. */
  'queue outside the transaction': [
    {
      file: 'src/compose.ts',
      from: 'const db = databaseOver(pool);',
      to: 'const db = databaseOver(pool); globalThis.planted = db;',
    },
    {
      file: 'src/db/job-queue.ts',
      from: 'if (jobs.length === 0) return;',
      to: `if (jobs.length === 0) return;
  if (transaction !== globalThis.planted) {
    setTimeout(() => enqueue(globalThis.planted, jobs).catch(() => undefined), 300);
    return;
  }`,
    },
  ],
  /** Two who review the same do not wait for each other. */
  'reviews without a lock': [
    {
      file: 'src/db/review-locks.ts',
      from: '::bigint[]) order by id for no key update',
      to: '::bigint[]) order by id',
    },
  ],
  /** A word that nobody knows counts as the first that is known. */
  'unknown words count': [
    {
      file: 'src/facts/decode-values.ts',
      from: 'return words.find((word) => word === value) ?? null;',
      to: 'return words.find((word) => word === value) ?? words[0];',
    },
  ],
  /** A strange row ends the process. */
  'strange rows end it': [
    {
      file: 'src/facts/decode-values.ts',
      from: 'return words.find((word) => word === value) ?? null;',
      to: `const known = words.find((word) => word === value);
  if (known === undefined && typeof value === 'string') process.exit(3);
  return known ?? null;`,
    },
  ],
  'says nothing of its settings': [
    { file: 'src/db/change-feed.ts', from: 'settings: settings ?? null', to: 'settings: null' },
  ],
  /** Who asks while something is loaded gets that. */
  'shares the answer of another question': [
    { file: 'src/facts/flights.ts', from: 'const key = JSON.stringify(question);', to: "const key = 'any';" },
  ],
  'roots every second': [ROOTS_SOON],
  'gives up writing roots': [
    ROOTS_SOON,
    {
      file: 'src/jobs/run.ts',
      from: 'countJob(job.name, null);',
      to: 'countJob(job.name, null); job.run = () => new Promise(() => undefined);',
    },
  ],
  'another key for a lost one': [ROOTS_SOON, { file: 'src/root-file.ts', from: 'if (is_made)', to: 'if (false)' }],
  'reads the keys once': [
    {
      file: 'src/facts/kept.ts',
      from: 'const known = (): Value | null => (value !== null && freshness.isFresh() ? value.is : null);',
      to: `let once = null;
  const known = () => (kind === 'signing_key' ? (once ??= value?.is ?? null) : value?.is ?? null);`,
    },
  ],
  /** A job of which nothing is heard is at work. */
  'nobody misses the dead': [
    { file: 'src/db/job-queue.ts', from: 'SILENT_SECONDS_MAX = 10', to: 'SILENT_SECONDS_MAX = 3600' },
  ],
  /** The world in which receivers mean harm. */
  'names flip': [FLIP],
  'any number of attempts at one hook': [
    FLIP,
    { file: 'src/jobs/deliver-webhooks.ts', from: 'AT_ONCE_PER_HOOK_MAX = 2', to: 'AT_ONCE_PER_HOOK_MAX = 40' },
    { file: 'src/jobs/deliver-webhooks.ts', from: 'SLOW_MS = 1000', to: 'SLOW_MS = 60_000' },
  ],
  'asks twice where a name leads': [
    FLIP,
    {
      file: 'src/outbound.ts',
      from: 'lookup: pinned(addresses),',
      to: 'lookup: (name, options, done) => resolveNames()(name).then((found) => pinned(found)(name, options, done)),',
    },
  ],
  'follows redirects': [
    FLIP,
    {
      file: 'src/outbound.ts',
      from: "request.on('response', (response) => {",
      to: "request.on('response', (response) => { if (response.headers.location) http.get(response.headers.location);",
    },
  ],
  'reads all that it is sent': [FLIP, { file: 'src/outbound.ts', from: 'if (bytes > bytes_max)', to: 'if (false)' }],
  /** What has been the primary's replica once is asked for good, and what it does not answer nobody does. */
  'relies on the replica': [
    {
      file: 'src/facts/replica.ts',
      from: 'return now - confirmed_at < bound_ms;',
      to: 'return confirmed_at !== NEVER;',
    },
    { file: 'src/facts/replica.ts', from: 'rests_until = monotonic_ms() + FAILED_REST_MS;', to: '' },
    { file: 'src/facts/replica.ts', from: 'confirmed_at = NEVER;\n    tell(false', to: 'tell(false' },
    { file: 'src/facts/replica.ts', from: 'fail(error);\n      return null;', to: 'throw error;' },
  ],
  /** As many connections as are wanted. */
  'no cap on connections': [{ file: 'src/db/pool.ts', from: 'max: options.connections_max,', to: 'max: 60,' }],
  /** Changes may take every connection. */
  'no reserve': [
    { file: 'src/db/pool.ts', from: 'const usable = connectionsForChanges(max);', to: 'const usable = max ?? 10;' },
  ],
  /** The database's clock is not looked at. */
  'own clock only': [
    { file: 'src/facts/strict.ts', from: 'new Date(Math.max(own_now, row.now.getTime()))', to: 'new Date(own_now)' },
    { file: 'src/facts/cached.ts', from: 'const ahead_ms = freshness.database_ahead_ms();', to: 'const ahead_ms = 0;' },
  ],
  /** A database that goes on with an earlier state is taken for the one that was there. */
  'does not notice that it was set back': [
    {
      file: 'src/db/changes.ts',
      from: 'const is_set_back = isSetBack(after, epoch, first.mark_after);',
      to: 'const is_set_back = false;',
    },
    { file: 'src/facts/one-history.ts', from: 'return epoch < heard ||', to: 'return' },
  ],
  /** A change of the schema waits for its lock, and everybody for it. */
  'migration waits': [{ file: 'src/db/migrate.ts', from: "set local lock_timeout = '200ms'", to: 'select 1' }],
  /** What a node reads before it is ready grows with what there is. */
  'takes its time to start': [
    {
      file: 'src/main.ts',
      from: 'announceListening(said,',
      to: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);\n  announceListening(said,',
    },
  ],
  /** Who waits, waits. */
  'no deadlines': [
    { file: 'src/http/deadline.ts', from: 'if (waiting.due > now) break;', to: 'break;' },
    {
      file: 'src/http/direct/answering.ts',
      from: "setTimeout(() => end('general'), config.request_timeout_ms)",
      to: 'setTimeout(() => undefined, 0)',
    },
    { file: 'src/db/pool.ts', from: 'query_timeout: Math.floor(options.request_timeout_ms * 0.6),', to: '' },
    {
      file: 'src/db/pool.ts',
      from: 'options.connect_timeout_ms ?? Math.floor(options.request_timeout_ms * 0.4)',
      to: '0',
    },
    { file: 'src/db/pool.ts', from: 'Math.floor(options.request_timeout_ms * 0.5)', to: '0' },
  ],
} as const satisfies Readonly<Record<string, readonly Edit[]>>;

export const PLANTS = {
  ...EACH,
  /** One node for two controls. */
  'notifications only, and answer before commit': [...EACH['notifications only'], ...EACH['answer before commit']],
};

export type Plant = keyof typeof PLANTS;

/** The variable by which a process is told what to plant. */
export const PLANTED = 'PLANTED_BUG';

/** The settings of a node with this bug; `root`: where another version lies. */
export function planted(plant: Plant, root?: string): Readonly<Record<string, string>> {
  const loader = new URL('./plant-loader.ts', root === undefined ? import.meta.url : `file://${root}/test/faults/rig/`);
  return { NODE_OPTIONS: `--import ${loader.href}`, [PLANTED]: plant };
}
