// As much of `tap` as the pure tests use, to run one test many times in one process: it ends at the first claim that does not
// hold. Whether tests pass is said by `npm test`, with tap itself.

import { isDeepStrictEqual } from 'node:util';

let collected = [];

class Failure extends Error {}

function claim(holds, what) {
  if (!holds) throw new Failure(String(what));
}

/** As tap's `match`: texts by pattern or part, objects by the members that the pattern has. */
function matches(found, pattern) {
  if (pattern instanceof RegExp) return pattern.test(String(found));
  if (typeof pattern === 'function') return found instanceof pattern || typeof found === pattern.name.toLowerCase();
  if (typeof pattern === 'string' && typeof found === 'string') return found.includes(pattern);
  if (typeof pattern !== 'object' || pattern === null) return Object.is(found, pattern);
  if (pattern instanceof Date) return found instanceof Date && found.getTime() === pattern.getTime();
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(pattern).every(([name, value]) => matches(found[name], value));
}

/** As tap's `same`: equal by value, whatever the prototype; Dates by their moment. */
function same(a, b) {
  if (isDeepStrictEqual(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date || b instanceof Date || a instanceof Set || b instanceof Set) return false;
  if (a instanceof Map || b instanceof Map || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}

function thrown(run) {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    return { error };
  }
  return null;
}

const CLAIMS = {
  ok: (value, what = 'ok') => claim(value, what),
  notOk: (value, what = 'notOk') => claim(!value, what),
  equal: (a, b, what = 'equal') => claim(Object.is(a, b), what),
  not: (a, b, what = 'not') => claim(!Object.is(a, b), what),
  same: (a, b, what = 'same') => claim(same(a, b), what),
  strictSame: (a, b, what = 'strictSame') => claim(isDeepStrictEqual(a, b), what),
  notSame: (a, b, what = 'notSame') => claim(!same(a, b), what),
  match: (a, b, what = 'match') => claim(matches(a, b), what),
  notMatch: (a, b, what = 'notMatch') => claim(!matches(a, b), what),
  throws: (run, ...rest) => {
    const caught = thrown(run);
    const [expected] = rest;
    claim(caught !== null, 'throws');
    if (typeof expected === 'object' && expected !== null)
      claim(matches(caught.error, withMessage(expected)), 'throws');
  },
  doesNotThrow: (run) => claim(thrown(run) === null, 'doesNotThrow'),
  fail: (what = 'fail') => claim(false, what),
  pass: () => undefined,
  comment: () => undefined,
  end: () => undefined,
};

function withMessage(expected) {
  return expected instanceof RegExp ? { message: expected } : expected;
}

function context() {
  const after = [];
  const t = {
    ...CLAIMS,
    test: async (_name, ...rest) => runIn(rest.at(-1)),
    teardown: (act) => void after.unshift(act),
  };
  return { t, after };
}

async function runIn(body) {
  const { t, after } = context();
  try {
    await body(t);
  } finally {
    for (const act of after) await act();
  }
}

const t = {
  ...CLAIMS,
  teardown: () => undefined,
  test: (name, ...rest) => {
    const body = rest.at(-1);
    const run = async () => {
      try {
        await runIn(body);
        return null;
      } catch (error) {
        return String(error instanceof Error ? error.message : error).slice(0, 300);
      }
    };
    collected.push({ name, run });
  },
};

// biome-ignore lint/style/noDefaultExport: as tap has it
export { t as default };

/** The tests that importing a file names. */
export async function loadTests(importFile) {
  collected = [];
  await importFile();
  return collected;
}
