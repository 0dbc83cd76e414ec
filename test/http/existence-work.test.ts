// F6, promises P18, threats I2: what is hidden is answered in the bytes of what is not there, after the same questions to the database,
// over as many round trips. `npm run bench:timing` measures the time of the same pairs.

import type { InjectOptions } from 'fastify';
import t, { type Test } from 'tap';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { existencePairs, signingIn } from '../support/existence-pairs.ts';
import { statementsOf } from '../support/query-count.ts';

const VARYING = new Set([
  'date',
  'x-request-id',
  'x-consistency-token',
  'x-ratelimit-remaining',
  'x-ratelimit-used',
  'x-ratelimit-reset',
]);

/** What can be told of an answer, but for its moment. */
async function seen({ inject }: TestApp, request: InjectOptions) {
  const { statusCode, headers, body } = await inject({
    ...request,
    headers: { 'x-request-id': 'same', ...request.headers },
  });
  const kept = Object.entries(headers).filter(([name]) => !VARYING.has(name));
  return {
    statusCode,
    headers: kept,
    body: body.replace(/"as_of":"[^"]*"/, '').replaceAll(/\b(?:hidden|absent|acme|none)\b/g, 'it'),
  };
}

async function compare(t: Test, app: TestApp, name: string, [hidden, absent]: readonly [InjectOptions, InjectOptions]) {
  const asked = async (request: InjectOptions) => {
    const answers: Awaited<ReturnType<typeof seen>>[] = [];
    const statements = await statementsOf(async () => answers.push(await seen(app, request)));
    return { answer: answers[0], statements };
  };
  await asked(absent); // what is looked up once, as a client, is known then
  const [first, second, again] = [await asked(hidden), await asked(absent), await asked(hidden)];
  t.same(first.answer, second.answer, `${name}: the answer`);
  t.same(first.statements, second.statements, `${name}: ${second.statements.length} statements`);
  t.same(again, first, `${name}: and the next time`);
  return { status: first.answer?.statusCode ?? 0, statements: first.statements.length };
}

t.test(
  'F6, promises P18: what is hidden takes the work of what is not there, whoever asks by whatever way',
  async (t) => {
    for (const is_fenced of [true, false] as const) {
      const app = await buildTestApp(t, { settings: { FRESHNESS_MS: '30000' }, ...(is_fenced ? {} : { is_fenced }) });
      const pairs = await existencePairs(app.deps);
      let asked = 0;
      for (const { name, hidden, absent } of pairs) {
        const { status, statements } = await compare(t, app, name, [hidden, absent]);
        t.ok(status < 500 && status !== 429, `${name}: ${status}`);
        asked += statements;
      }
      t.ok(asked > 0, `${asked} statements were counted`);
      if (!is_fenced) continue;
      await compare(t, app, 'a login', [signingIn('ada'), signingIn('nobody')]);
    }
  },
);

t.test('the comparison sees one statement more', async (t) => {
  const app = await buildTestApp(t);
  const [pair] = await existencePairs(app.deps);
  const planted = app.deps.facts.load;
  t.intercept(app.deps.facts, 'load', {
    value: async (question: Parameters<typeof planted>[0]) => {
      const loaded = await planted(question);
      if (loaded.resource.type === 'repository') await app.deps.db.selectFrom('teams').select('id').execute();
      return loaded;
    },
  });
  const count = async (request: InjectOptions) => (await statementsOf(() => seen(app, request))).length;
  t.not(await count(pair?.hidden ?? {}), await count(pair?.absent ?? {}));
});
