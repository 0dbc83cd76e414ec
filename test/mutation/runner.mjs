// Runs the pure tests for Stryker, all in one process that has loaded them once: a process for each test file and mutant, as the
// usual runners do it, takes half a second where this takes milliseconds. `tap` is replaced by tap.mjs, and fast-check draws
// the same cases for every mutant.

import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
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
}

function withForgetting(loaded, url) {
  if (!url.endsWith('/src/domain/requirement.ts')) return loaded;
  const source = String(loaded.source ?? '');
  if (!source.includes(KEPT)) throw new Error('requirement.ts remembers in another way: runner.mjs has to know it');
  return { ...loaded, source: source.replace(KEPT, `(remembering(made, key), ${KEPT})`) };
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

/** What instrumented code looks at. */
const watched = () => {
  globalThis.__stryker__ ??= {};
  return globalThis.__stryker__;
};

class InProcessRunner {
  tests = null;

  capabilities() {
    return { reloadEnvironment: false };
  }

  async load() {
    if (this.tests !== null) return this.tests;
    const from = pathToFileURL(resolve('package.json'));
    const fc = (await import(import.meta.resolve('fast-check', from))).default;
    fc.configureGlobal({ seed: SEED, endOnFailure: true });
    const { loadTests } = await import(TAP);
    this.tests = [];
    for (const file of PURE_TESTS.flatMap((pattern) => globSync(pattern).sort())) {
      const loaded = await loadTests(() => import(pathToFileURL(resolve(file)).href));
      this.tests.push(
        ...loaded.map(({ name, run }, index) => ({ id: `${file} ${index} ${name}`, name, file, run, ms: 0 })),
      );
    }
    return this.tests;
  }

  async dryRun() {
    counts = true;
    const tests = await this.load();
    const space = watched();
    const results = [];
    for (const test of tests) {
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
    space.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    let tests;
    try {
      tests = await this.load();
    } catch (error) {
      return { status: 'killed', killedBy: ['loading'], failureMessage: String(error), nrOfTests: 0 };
    }
    space.activeMutant = activeMutant.id;
    const chosen = testFilter === undefined ? tests : tests.filter(({ id }) => testFilter.includes(id));
    let run = 0;
    for (const test of chosen.toSorted((a, b) => a.ms - b.ms)) {
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
