// promises P22 over every call that makes something: the whole story is played with a key on each of them and each is called again.

import type { InjectOptions } from 'fastify';
import t from 'tap';
import { kindOfText } from '../../src/text-form.ts';
import { playStory } from '../examples/record.ts';
import { PREFIX } from '../examples/stable.ts';
import { createDatabase } from '../support/database.ts';
import { openapiText } from '../support/openapi-document.ts';

type Operation = {
  readonly parameters?: { in: string; name: string }[];
  readonly responses: object;
  security: object[];
};

const { paths }: { paths: Record<string, Record<string, Operation>> } = JSON.parse(await openapiText());
const making = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { responses }]) => '201' in responses)
    .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);
const takesKey = ({ parameters = [] }: Operation) =>
  parameters.some((each) => each.in === 'header' && each.name.toLowerCase() === 'idempotency-key');
const keyed = new Set(making.filter(({ operation }) => takesKey(operation)).map(({ name }) => name));

t.test('promises P22: whatever makes something takes a key, but where nobody is known', async (t) => {
  t.ok(keyed.size >= 16, `${keyed.size} operations`);
  const others = making.filter(({ name }) => !keyed.has(name)).map(({ name }) => name);
  t.same(others.sort(), ['POST /sessions', 'POST /sessions/setup']);
  for (const { operation, name } of making) {
    if (!takesKey(operation)) continue;
    t.ok('400' in operation.responses && '409' in operation.responses && '422' in operation.responses, name);
  }
});

/** The template that a URL is one of, among those that take keys. */
const templates = [...keyed].map((name) => {
  const [method, path = ''] = name.split(' ');
  return { name, method, pattern: new RegExp(`^${path.replace(/\{[a-z_]+\}/g, '[^/]+')}$`) };
});

/** Every text in the value that has the form of a secret. */
function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') return kindOfText(value, PREFIX) === null ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}

function withNulls(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, each]) => [name, secretsIn(each).length > 0 ? null : each]);
  return { ...Object.fromEntries(entries), replayed: true };
}

t.test('promises P22: on every one of them a repetition does nothing and shows no secret', async (t) => {
  const { url } = await createDatabase(t);
  const seen = new Set<string>();
  let secrets = 0;
  const rows = await playStory(url, async ({ app, deps }) => {
    const inject = app.inject.bind(app) as (request: InjectOptions) => ReturnType<typeof app.inject>;
    const entries = async () =>
      (await deps.db.selectFrom('audit_entries').select('id').execute()).length +
      (await deps.db.selectFrom('changes').select('id').execute()).length;
    let calls = 0;
    async function twice(request: InjectOptions) {
      const [path = ''] = String(request.url).split('?');
      const found = templates.find(({ method, pattern }) => method === request.method && pattern.test(path));
      if (Object.keys(request.headers ?? {}).includes('Idempotency-Key')) return inject(request);
      calls += 1;
      const headers = { ...request.headers, 'idempotency-key': `key-${calls}` };
      const answer = await inject({ ...request, headers });
      if (found === undefined || answer.statusCode !== 201) return answer;
      const before = await entries();
      const again = await inject({ ...request, headers });
      t.equal(again.statusCode, 201, `${found.name}: ${again.body}`);
      t.equal(again.body, JSON.stringify(withNulls(answer.json())), found.name);
      t.equal(again.headers['cache-control'], 'no-store', found.name);
      t.equal(again.headers['content-type'], answer.headers['content-type'], found.name);
      t.equal(await entries(), before, `${found.name}: nothing was done`);
      const other = await inject({ ...request, headers, url: `${request.url}?other=1` });
      t.equal(other.json().code, 'idempotency_mismatch', found.name);
      secrets += secretsIn(answer.json()).length;
      seen.add(found.name);
      return answer;
    }
    Object.assign(app, { inject: twice });
    return {
      heard: () => undefined,
      end: () => deps.db.selectFrom('idempotency_keys').selectAll().execute(),
    };
  });
  t.same([...seen].sort(), [...keyed].sort(), 'the story makes each of them');
  t.ok(rows.length >= seen.size);
  t.ok(secrets > 5, `${secrets} secrets were shown`);
  t.same(secretsIn(rows), [], 'and none is kept');
  t.notMatch(JSON.stringify(rows), /"key-[0-9]/, 'nor is a key');
});
