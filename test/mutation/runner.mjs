// Runs the pure tests for Stryker, all in one process that has loaded them once: a process for each test file and mutant, as the
// usual runners do it, takes half a second where this takes milliseconds. `tap` is replaced by tap.mjs, and fast-check draws
// the same cases for every mutant.

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const TAP = new URL('tap.mjs', import.meta.url).href;
const SEED = 20_261_123;

/** What has something to say about src/domain alone, without database and sockets. */
const PURE_TESTS = [
  'test/domain/*.test.ts',
  'test/http/strict-json.test.ts',
  'test/rules/unknown-values.test.ts',
  'test/rules/golden-children.test.ts',
  'test/rules/random-children.test.ts',
  'test/rules/random-facts.test.ts',
];

process.env.SEED = String(SEED);
process.env.TEST_EFFORT = 'brief';
process.env.TZ = 'UTC';
/** Counting which test reaches what takes ten times as long as the tests themselves, and is wanted once. */
let counts = false;
const COUNTING = 'function stryCov_9fa48() {';

/** What src/domain remembers of a question it would remember of an earlier mutant: it is forgotten before each. */
const remembered = [];
globalThis.remembering = (made, key) => remembered.push(() => made.delete(key));
const KEPT = 'made.set(key, requirement)';

function forget() {
  for (const each of remembered.splice(0)) each();
  for (const begin of afresh) begin();
}

/** Nor may what it has worked out once for a value that outlives a mutant (operations, scopes of a test) stay known. */
const afresh = [];
globalThis.forgetting = (begin) => afresh.push(begin);
const KNOWN = /const known = new WeakMap[^(]*\(\);/;

function withForgetting(loaded, url) {
  if (url.endsWith('/src/domain/once.ts')) return forgettingOnce(loaded);
  if (!url.endsWith('/src/domain/requirement.ts')) return loaded;
  const source = String(loaded.source ?? '');
  if (!source.includes(KEPT)) throw new Error('requirement.ts remembers in another way: runner.mjs has to know it');
  return { ...loaded, source: source.replace(KEPT, `(remembering(made, key), ${KEPT})`) };
}

function forgettingOnce(loaded) {
  const source = String(loaded.source ?? '');
  if (!KNOWN.test(source)) throw new Error('once.ts remembers in another way: runner.mjs has to know it');
  const begins = 'let known = new WeakMap(); forgetting(() => { known = new WeakMap(); });';
  return { ...loaded, source: source.replace(KNOWN, begins) };
}

function withoutCounting(loaded) {
  const source = String(loaded.source ?? '');
  if (counts || !source.includes(COUNTING)) return loaded;
  return { ...loaded, source: source.replace(COUNTING, 'function stryCov_9fa48() {}\nfunction counting_9fa48() {') };
}

registerHooks({
  load: (url, context, next) => withForgetting(withoutCounting(next(url, context)), url),
  resolve: (specifier, context, next) =>
    specifier === 'tap' ? { url: TAP, format: 'module', shortCircuit: true } : next(specifier, context),
});

/** By source, which file of tests noticed a change of it: kept between the processes of a run, in its folder. */
const LAST_FOUND_BY = 'last-found-by.json';
const lastFoundBy = () => (existsSync(LAST_FOUND_BY) ? JSON.parse(readFileSync(LAST_FOUND_BY, 'utf8')) : {});

/** What instrumented code looks at. */
const watched = () => {
  globalThis.__stryker__ ??= {};
  return globalThis.__stryker__;
};

class InProcessRunner {
  /** Of each file its tests, null before it is loaded. */
  files = null;
  loadTests = null;

  capabilities() {
    return { reloadEnvironment: false };
  }

  async prepare() {
    if (this.files !== null) return;
    const from = pathToFileURL(resolve('package.json'));
    const fc = (await import(import.meta.resolve('fast-check', from))).default;
    fc.configureGlobal({ seed: SEED, endOnFailure: true });
    this.loadTests = (await import(TAP)).loadTests;
    const names = PURE_TESTS.flatMap((pattern) => globSync(pattern).sort());
    this.files = new Map(names.map((name) => [name, null]));
  }

  async loadFile(file) {
    const known = this.files.get(file);
    if (known) return known;
    const loaded = await this.loadTests(() => import(pathToFileURL(resolve(file)).href));
    const tests = loaded.map(({ name, run }, index) => ({ id: `${file} ${index} ${name}`, name, file, run, ms: 0 }));
    this.files.set(file, tests);
    return tests;
  }

  async load() {
    await this.prepare();
    const all = [];
    for (const file of this.files.keys()) all.push(...(await this.loadFile(file)));
    return all;
  }

  async dryRun() {
    counts = true;
    const tests = await this.load();
    const space = watched();
    const results = [];
    for (const test of tests) {
      // What an earlier test had worked out is not reached again by this one, which may be the only one to notice a change of it.
      forget();
      space.currentTestId = test.id;
      const begun = performance.now();
      const failure = await test.run();
      test.ms = performance.now() - begun;
      space.currentTestId = undefined;
      const common = {
        id: test.id,
        name: `${test.file}: ${test.name}`,
        fileName: resolve(test.file),
        timeSpentMs: Math.round(test.ms),
      };
      results.push(failure === null ? { ...common, status: 0 } : { ...common, status: 1, failureMessage: failure });
    }
    return { status: 'complete', tests: results, mutantCoverage: space.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    forget();
    const space = watched();
    space.hitCount = hitLimit === undefined ? undefined : 0;
    space.hitLimit = hitLimit;
    if (mutantActivation === 'static') return this.staticRun(activeMutant);
    space.activeMutant = undefined;
    const tests = await this.load();
    space.activeMutant = activeMutant.id;
    const chosen = testFilter === undefined ? tests : tests.filter(({ id }) => testFilter.includes(id));
    return this.runUntilOneFails(chosen.toSorted((a, b) => a.ms - b.ms));
  }

  /** What is made while a file is loaded is looked at by a new process: file by file, so that it need not load them all. */
  async staticRun({ id, fileName }) {
    const space = watched();
    space.activeMutant = id;
    await this.prepare();
    let run = 0;
    for (const file of this.likelyFirst(fileName)) {
      const found = await this.fileRun(file);
      run += found.nrOfTests;
      if (found.status === 'killed')
        writeFileSync(LAST_FOUND_BY, JSON.stringify({ ...lastFoundBy(), [fileName]: file }));
      if (found.status !== 'survived') return found;
    }
    return { status: 'survived', nrOfTests: run };
  }

  /** All files: the one that found the last change of this source before, then the one of its name. */
  likelyFirst(source) {
    const first = [lastFoundBy()[source], `test/domain/${basename(source, '.ts')}.test.ts`];
    const known = first.filter((file) => this.files.has(file));
    return new Set([...known, ...this.files.keys()]);
  }

  async fileRun(file) {
    let tests;
    try {
      tests = await this.loadFile(file);
    } catch (error) {
      return { status: 'killed', killedBy: ['loading'], failureMessage: String(error), nrOfTests: 0 };
    }
    return { nrOfTests: 0, ...(await this.runUntilOneFails(tests)) };
  }

  async runUntilOneFails(tests) {
    const space = watched();
    let run = 0;
    for (const test of tests) {
      run += 1;
      const begun = performance.now();
      const failure = await test.run();
      if (failure === null) test.ms = performance.now() - begun;
      if (space.hitCount > space.hitLimit) return { status: 'timeout', reason: 'hit limit' };
      if (failure !== null) return { status: 'killed', killedBy: [test.id], failureMessage: failure, nrOfTests: run };
    }
    return { status: 'survived', nrOfTests: run };
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }];
