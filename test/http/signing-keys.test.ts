// The keys by which this service signs: made once, kept as the settings say, rotated without breaking what lives, withdrawn at once.

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SYSTEM_CALLER } from '../../src/domain/caller.ts';
import { signsFrom } from '../../src/domain/signing-key.ts';
import { withdrawSigningKey } from '../../src/use-cases/signing-keys/withdraw-signing-key.ts';
import { directoryApp } from '../support/directory-app.ts';
import { statementsOf } from '../support/query-count.ts';
import { kidOf, signingNodes } from '../support/signing-nodes.ts';

const SECRET = 's'.repeat(32);
const OTHER = 'o'.repeat(32);
const HOUR = 3600;
/** What a JWT lives at most, and how far clocks may be apart. */
const KEPT_AFTER = 15 * 60 + 5 * 60;

t.test('several nodes that start at the same moment agree on the one key', async (t) => {
  const { node, rows } = await signingNodes(t);
  const nodes = Array.from({ length: 5 }, () => node({ SIGNING_KEY_SECRET: SECRET }));
  await Promise.all(nodes.map(({ start }) => start()));
  t.equal((await rows()).length, 1);
  const [first] = nodes;
  const signed = await Promise.all(nodes.map(({ sign }) => sign()));
  t.equal(new Set(signed.map(kidOf)).size, 1, 'every node signs with it');
  for (const jwt of signed) t.ok(await first?.verifies(jwt), 'and any other verifies it');
  t.equal((await rows()).length, 1, 'none of them made another');
});

t.test('F21: a new key is published before it signs, the old one until nothing that it signed can live', async (t) => {
  const { node, setTo, rows, db } = await signingNodes(t);
  const [one, two] = [node(), node()];
  await one.start();
  const [old = ''] = await one.kids();

  setTo(90, -1);
  await one.rotate();
  t.same(await one.kids(), [old], 'a second before its time nothing changes');
  setTo(90);
  await Promise.all([one.rotate(), two.rotate(), one.rotate()]);
  const [, next = ''] = await two.kids();
  t.same(await one.kids(), [old, next], 'one new key, published on every node');
  setTo(90, HOUR - 1);
  const last = await two.sign();
  t.equal(kidOf(last), old, 'it does not sign yet');
  setTo(90, HOUR);
  for (const { sign, verifies } of [one, two]) {
    const jwt = await sign();
    t.equal(kidOf(jwt), next, 'an hour later it signs, on every node');
    t.ok(await verifies(jwt));
    t.ok(await verifies(last), 'and what the old one signed still verifies');
  }
  await one.rotate();
  setTo(90, HOUR + KEPT_AFTER - 1);
  await one.rotate();
  t.ok(await two.verifies(last), 'to the last moment that it can live');
  t.equal((await rows()).length, 2);
  setTo(90, HOUR + KEPT_AFTER);
  t.notOk(await two.verifies(last));
  t.same(await two.kids(), [next], 'then the old one is published no more');
  await one.rotate();
  t.same(
    (await rows()).map(({ kid }) => kid),
    [next],
    'and its private part is gone',
  );
  const entries = await db.selectFrom('audit_entries').select(['action', 'actor', 'data']).orderBy('id').execute();
  t.match(entries, [
    { action: 'signing_key.create', actor: null, data: { kid: old } },
    { action: 'signing_key.create', actor: null, data: { kid: next, algorithm: 'ES256', kept_in: 'plain' } },
  ]);
});

t.test('what the database says is kept until it is changed; a fault is no key', async (t) => {
  const { node, db } = await signingNodes(t);
  const [one, two] = [node(), node()];
  await one.start();
  const sign = async () => kidOf(await two.deps.signer.sign({}, { typ: 'at+jwt' }));
  const statements = (work: () => Promise<unknown>) => statementsOf(work);
  const old = await sign();
  await two.deps.freshness.catchUp();
  await sign();
  t.same(await statements(sign), [], 'kept');
  await withdrawSigningKey(one.deps, SYSTEM_CALLER, old);
  const [next] = await one.kids();
  await two.deps.freshness.catchUp();
  t.equal(await sign(), next, 'a key that another node withdrew signs nothing more');
  await db.schema.alterTable('signing_keys').renameTo('away').execute();
  two.deps.signer.forget();
  await t.rejects(sign());
  await db.schema.alterTable('away').renameTo('signing_keys').execute();
  t.equal(await sign(), next, 'a fault is not kept');
});

t.test('a node whose clock is behind that of who made the first key signs nevertheless', async (t) => {
  const { node, setTo } = await signingNodes(t);
  const one = node();
  await one.start();
  setTo(0, -5);
  t.ok(await one.verifies(await one.sign()));
});

t.test(
  'with SIGNING_KEY_SECRET nothing in the database tells the key; a wrong or lost secret refuses the start',
  async (t) => {
    const { node, rows } = await signingNodes(t);
    const one = node({ SIGNING_KEY_SECRET: SECRET });
    await one.start();
    const [row] = await rows();
    t.equal(row?.kept_in, 'encrypted');
    t.notMatch(JSON.stringify(await rows()), /"d\\?":|PRIVATE|kty[^}]*"d/);
    t.match(await node().refusal(), /^Set `SIGNING_KEY_SECRET`: .*encrypted/);
    const wrong = node({ SIGNING_KEY_SECRET: OTHER });
    t.match(await wrong.refusal(), /^Change `SIGNING_KEY_SECRET`: it does not open the signing key/);
    t.notMatch(await wrong.refusal(), /\n|o{32}/, 'one line, without the secret');
    await t.rejects(wrong.sign(), { code: 'unavailable' }, 'nor does such a node sign with another key');
    t.match(wrong.logged(), /cannot use the key that signs/);

    t.test('the secret is changed by naming the one before', async (t) => {
      const both = { SIGNING_KEY_SECRET: OTHER, SIGNING_KEY_SECRET_PREVIOUS: SECRET };
      const before = await one.sign();
      await Promise.all([node(both).start(), node(both).start()]);
      t.ok(await one.verifies(await one.sign()), 'who runs since before goes on');
      const after = node({ SIGNING_KEY_SECRET: OTHER });
      await after.start();
      t.equal(kidOf(await after.sign()), kidOf(before), 'the key is the same');
      t.match(await node({ SIGNING_KEY_SECRET: SECRET }).refusal(), /^Change/);
    });

    t.test('docs/runbooks/keys.md: every node signs at every step, whether or not it has signed before', async (t) => {
      const { node } = await signingNodes(t);
      const from_none = [{}, { SIGNING_KEY_SECRET_PREVIOUS: SECRET }, { SIGNING_KEY_SECRET: SECRET }];
      const both = { SIGNING_KEY_SECRET: SECRET, SIGNING_KEY_SECRET_PREVIOUS: OTHER };
      const exchanged = { SIGNING_KEY_SECRET: OTHER, SIGNING_KEY_SECRET_PREVIOUS: SECRET };
      const [first, ...steps] = [...from_none, both, exchanged, { SIGNING_KEY_SECRET: OTHER }];
      let before = first;
      for (const step of steps) {
        const [old, renewed] = [node(before), node(step)];
        await old.start();
        await renewed.start();
        t.ok(await old.sign(), 'one that was not restarted yet');
        t.ok(await renewed.sign());
        before = step;
      }
      const unprepared = node({ SIGNING_KEY_SECRET: OTHER });
      await unprepared.start();
      await node({ SIGNING_KEY_SECRET: SECRET, SIGNING_KEY_SECRET_PREVIOUS: OTHER }).start();
      await t.rejects(unprepared.sign(), { code: 'unavailable' }, 'control: one that did not know the new one first');
    });

    t.test('a private part that was moved to another key does not open', async (t) => {
      const { node, db, rows } = await signingNodes(t);
      await node({ SIGNING_KEY_SECRET: SECRET }).start();
      const [row] = await rows();
      const moved = { kid: 'moved', private_part: row?.private_part ?? null };
      await db.updateTable('signing_keys').set(moved).execute();
      t.match(await node({ SIGNING_KEY_SECRET: SECRET }).refusal(), /^Change/);
    });
  },
);

t.test(
  'without settings the key stands in the database, which the start says; a secret set later encrypts it',
  async (t) => {
    const { node, rows } = await signingNodes(t);
    const plain = node();
    t.same(await plain.start(), { is_unprotected: true });
    const before = await plain.sign();
    const secret = node({ SIGNING_KEY_SECRET: SECRET });
    await secret.start();
    t.match(await rows(), [{ kept_in: 'encrypted', private_part: /^v1\./ }]);
    t.equal(kidOf(await secret.sign()), kidOf(before));
  },
);

const privateJwk = (kid?: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  ...(kid !== undefined && { kid }),
});

t.test('with SIGNING_KEY_FILE the database never has a private part', async (t) => {
  const { node, rows, setTo, db } = await signingNodes(t);
  const folder = t.testdir();
  const write = (name: string, keys: readonly unknown[]) => {
    writeFileSync(join(folder, name), JSON.stringify({ keys }));
    return { SIGNING_KEY_FILE: join(folder, name) };
  };
  const [first, second] = [privateJwk('first'), privateJwk('second')];
  const settings = write('keys', [first]);
  const nodes = [node(settings), node(settings)];
  await Promise.all(nodes.map(({ start }) => start()));
  const [one] = nodes;
  if (one === undefined) throw new Error('no node');
  const jwt = await one.sign();
  t.equal(kidOf(jwt), 'first');
  t.match(await node().refusal(), /^Set `SIGNING_KEY_FILE`/, 'a node without the file does not start');

  write('keys', [first, second]);
  await one.rotate();
  t.same(await one.kids(), ['first', 'second'], 'a key that is added is found while the service runs');
  t.equal(kidOf(await one.sign()), 'first');
  const late = node(write('old', [first]));
  await late.start();
  t.match(late.logged(), /lacks the key that signs next/);
  setTo(0, HOUR);
  t.equal(kidOf(await one.sign()), 'second', 'an hour later it signs');
  await t.rejects(late.sign(), { code: 'unavailable' }, 'a node without it signs nothing');
  t.match(await late.refusal(), /^Change `SIGNING_KEY_FILE`: it lacks the key that signs, second/);
  t.ok(await one.verifies(jwt));
  setTo(0, HOUR + KEPT_AFTER);
  await one.rotate();
  await one.start();
  t.same(await one.kids(), ['second'], 'what had its time does not come back with the file');
  for (const { kept_in, private_part } of await rows()) t.same([kept_in, private_part], ['file', null]);
  t.notMatch(JSON.stringify(await rows()), second.d);
  t.notMatch(JSON.stringify(await db.selectFrom('audit_entries').selectAll().execute()), second.d);
});

t.test('a key under the name of another refuses the start, and signs nothing where the service runs', async (t) => {
  const { node } = await signingNodes(t);
  const file = join(t.testdir(), 'keys');
  const write = (key: object) => writeFileSync(file, JSON.stringify({ keys: [key] }));
  write(privateJwk('first'));
  const one = node({ SIGNING_KEY_FILE: file });
  await one.start();
  write(privateJwk('first'));
  t.match(await node({ SIGNING_KEY_FILE: file }).refusal(), /^Change `SIGNING_KEY_FILE`: another key than its first/);
  await t.rejects(one.sign(), { code: 'unavailable' });
});

t.test('a file that holds anything but private keys refuses the start', async (t) => {
  const { node } = await signingNodes(t);
  const { d: _d, ...public_only } = privateJwk();
  const { x, y } = privateJwk();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' });
  const cases: Readonly<Record<string, string>> = {
    'no JSON': '{"keys": [{"d": "hunter2"',
    'no JWKS': '[]',
    'no keys': '{"keys": []}',
    'public only': JSON.stringify({ keys: [public_only] }),
    'not a pair': JSON.stringify({ keys: [{ ...privateJwk(), x, y }] }),
    'a small modulus': JSON.stringify({ keys: [rsa] }),
    'twice the same name': JSON.stringify({ keys: [privateJwk('a'), privateJwk('a')] }),
    'a strange name': JSON.stringify({ keys: [privateJwk('a b')] }),
    'another algorithm': JSON.stringify({ keys: [{ ...privateJwk(), alg: 'ES384' }] }),
    null: 'null',
  };
  const file = join(t.testdir(), 'keys');
  for (const [name, text] of Object.entries(cases)) {
    writeFileSync(file, text);
    const said = await node({ SIGNING_KEY_FILE: file }).refusal();
    t.match(said, /^Change `SIGNING_KEY_FILE`: /, name);
    t.notMatch(said, /hunter2|\n/, name);
  }
  t.match(
    await node({ SIGNING_KEY_FILE: '/dev/null/keys' }).refusal(),
    /^Change `SIGNING_KEY_FILE`: it cannot be read/,
  );
});

t.test('SIGNING_ALGORITHM is that of the next key', async (t) => {
  const { node, setTo } = await signingNodes(t);
  const [es, rs] = [node(), node({ SIGNING_ALGORITHM: 'RS256' })];
  await es.start();
  const before = await es.sign();
  await rs.rotate();
  setTo(0, HOUR);
  const after = await rs.sign();
  t.same(await Promise.all([before, after].map(rs.verifies)), [true, true]);
  t.match(JSON.parse(Buffer.from(after.split('.')[0] ?? '', 'base64url').toString()), { alg: 'RS256', typ: 'at+jwt' });
});

t.test('site administrators see, rotate and withdraw keys; everybody reads the public parts', async (t) => {
  const { call, world, deps, inject, entries } = await directoryApp(t);
  const session = await world.session(await world.person('ada', { site_admin: true }));
  const jwks = async () => (await call(null, 'GET /oauth/jwks')).body.keys as Record<string, unknown>[];
  const answer = await inject('/oauth/jwks');
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers['cache-control'], 'public, max-age=300');
  t.match(answer.headers['content-type'], /^application\/json/);
  const [first] = answer.json().keys;
  t.same(Object.keys(first).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], 'no private member');
  await entries();

  const made = await call(session, 'POST /admin/signing-keys');
  t.equal(made.status, 201);
  t.match(made.body, { algorithm: 'ES256', kept_in: 'plain', state: 'next' });
  t.equal(
    made.body.signs_from,
    `${signsFrom(new Date(made.body.created_at), { at_once: false }).toISOString().slice(0, 19)}Z`,
  );
  t.same(
    (await jwks()).map(({ kid }) => kid),
    [first.kid, made.body.kid],
    'published at once',
  );
  t.match((await call(session, 'GET /admin/signing-keys')).body, [
    { kid: first.kid, state: 'signing' },
    { kid: made.body.kid, state: 'next' },
  ]);
  const again = await call(session, 'POST /admin/signing-keys');
  t.same([again.status, again.body.code], [409, 'conflict'], 'one waits already');
  t.match(await entries(), [{ action: 'signing_key.create', actor: 'ada', data: { kid: made.body.kid } }]);

  t.equal((await call(session, `DELETE /admin/signing-keys/${first.kid}`)).status, 204);
  t.same(
    (await jwks()).map(({ kid }) => kid),
    [made.body.kid],
    'out at once',
  );
  t.equal(kidOf(await deps.signer.sign({}, { typ: 'at+jwt' })), made.body.kid, 'and the next one signs');
  t.equal((await call(session, `DELETE /admin/signing-keys/${first.kid}`)).status, 404);
  t.equal((await call(session, `DELETE /admin/signing-keys/${made.body.kid}`)).status, 204);
  const [last] = await jwks();
  t.equal(kidOf(await deps.signer.sign({}, { typ: 'at+jwt' })), last?.kid, 'a new one where none waited');
  t.match(await entries(), [
    { action: 'signing_key.delete', data: { kid: first.kid, state: 'signing', replaced_by: made.body.kid } },
    { action: 'signing_key.delete', data: { kid: made.body.kid, replaced_by: last?.kid } },
  ]);
});

t.test('keys of a file are neither made nor withdrawn without another in it', async (t) => {
  const file = join(t.testdir(), 'keys');
  writeFileSync(file, JSON.stringify({ keys: [privateJwk('first')] }));
  const { call, world } = await directoryApp(t, { settings: { SIGNING_KEY_FILE: file } });
  const session = await world.session(await world.person('ada', { site_admin: true }));
  t.match((await call(null, 'GET /oauth/jwks')).body, { keys: [{ kid: 'first' }] });
  const made = await call(session, 'POST /admin/signing-keys');
  t.match([made.status, made.body.message], [409, /SIGNING_KEY_FILE/]);
  t.equal((await call(session, 'DELETE /admin/signing-keys/first')).status, 409);
});
