// Deploy keys of a repository (contract 5, M9).

import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';

/** A key of this type that no two numbers share. */
function key(n: number, type = 'ssh-ed25519'): string {
  const name = Buffer.from(type);
  const bytes = Buffer.alloc(4 + name.length + 4 + 32, n);
  bytes.writeUInt32BE(name.length, 0);
  name.copy(bytes, 4);
  bytes.writeUInt32BE(32, 4 + name.length);
  return `${type} ${bytes.toString('base64')}`;
}

t.test('a key is added, shown, listed and removed, each change an entry', async (t) => {
  const { call, world, entries } = await directoryApp(t, { settings: { PUBLIC_URL: 'https://gate.example' } });
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  const made = await call(session, 'POST /repos/ada/x/keys', {
    key: `${key(1)} ci@host`,
    title: 'CI',
    read_only: false,
  });
  t.equal(made.status, 201);
  const { id } = made.body;
  t.match(made.body, {
    key: key(1),
    title: 'CI',
    read_only: false,
    verified: true,
    enabled: true,
    added_by: 'ada',
    last_used: null,
    url: `https://gate.example/repos/ada/x/keys/${id}`,
  });
  const second = await call(session, 'POST /repos/ada/x/keys', { key: `${key(2)}  laptop of ada\n` });
  t.match(second.body, { title: 'laptop of ada', read_only: true }, 'its comment; it only reads unless it is said');
  t.equal((await call(session, 'POST /repos/ada/x/keys', { key: key(3) })).body.title, 'Deploy key');
  t.same((await call(session, `GET /repos/ada/x/keys/${id}`)).body, made.body);
  t.same((await call(session, 'GET /repos/ada/x/keys?per_page=2')).body, [made.body, second.body]);
  t.equal((await call(session, `DELETE /repos/ada/x/keys/${id}`)).status, 204);
  t.equal((await call(session, `DELETE /repos/ada/x/keys/${id}`)).status, 404);
  t.equal((await call(session, `GET /repos/ada/x/keys/${id}`)).status, 404);
  t.same(
    (await entries()).map(({ action, repo }) => `${action} ${repo}`),
    ['public_key.create ada/x', 'public_key.create ada/x', 'public_key.create ada/x', 'public_key.delete ada/x'],
  );
});

t.test('the id of another repository’s key is one that never was', async (t) => {
  const { call, world } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  await world.repository(ada, 'y');
  const session = await world.session(ada);
  const { id } = (await call(session, 'POST /repos/ada/x/keys', { key: key(1) })).body;
  const absent = await call(session, 'GET /repos/ada/y/keys/999999');
  for (const other of [id, '0', 'x', '9007199254740993']) {
    t.equal((await call(session, `GET /repos/ada/y/keys/${other}`)).text, absent.text);
    t.equal((await call(session, `DELETE /repos/ada/y/keys/${other}`)).text, absent.text);
  }
  t.equal((await call(session, `GET /repos/ada/x/keys/${id}`)).status, 200);
});

t.test('what is no SSH public key, or is there already, is 422', async (t) => {
  const { call, world, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  await world.repository(ada, 'y');
  const session = await world.session(ada);
  const add = (payload: object, repository = 'x') => call(session, `POST /repos/ada/${repository}/keys`, payload);
  t.equal((await add({ key: key(1) })).status, 201);
  t.equal(fault(await add({ key: `${key(1)} another comment` })), '422 key already_exists');
  t.equal((await add({ key: key(1) }, 'y')).status, 201, 'another repository may have it');
  for (const wrong of ['hello', key(1).replace('ssh-ed25519', 'ssh-dss'), 'ssh-ed25519 AAAA', '-----BEGIN KEY-----']) {
    t.equal(fault(await add({ key: wrong })), '422 key invalid', wrong);
  }
  t.equal(fault(await add({})), '422 key missing_field');
  t.equal(fault(await add({ key: key(2), title: '' })), '422 title invalid');
  t.equal(fault(await add({ key: key(2), token_id: 1 })), '422 token_id unknown_field');
  const answers = await Promise.all([add({ key: key(3) }), add({ key: key(3) }), add({ key: key(3) })]);
  t.same(answers.map(({ status }) => status).sort(), [201, 422, 422]);
});

t.test('keys are administration: the role admin, the permission, the scope repo', async (t) => {
  const { call, world, rows, fault } = await directoryApp(t);
  const ada = await world.person('ada');
  const bob = await world.person('bob');
  const repository = await world.repository(ada, 'x', 'public');
  await world.collaborator(repository, bob, 'maintain');
  const list = 'GET /repos/ada/x/keys' as const;
  t.equal(fault(await call(await world.session(bob), list)), '403 role_missing');
  t.equal(fault(await call(null, list)), '401 authentication_required');
  const narrow = await rows.classic(ada, { scopes: ['public_repo'] });
  t.equal(fault(await call(narrow.text, list)), '403 scope_missing');
  const reader = await rows.fineGrained(ada, { selection: 'all', permissions: { administration: 'read' } });
  t.equal((await call(reader.text, list)).status, 200);
  t.equal(fault(await call(reader.text, 'POST /repos/ada/x/keys', { key: key(1) })), '403 permission_missing');
});

t.test('M9: a key that a token made dies with the token, one that a person made does not', async (t) => {
  const { call, world, rows } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  const token = await rows.classic(ada, { scopes: ['repo'] });
  const made = await call(token.text, 'POST /repos/ada/x/keys', { key: key(1) });
  t.match(made.body, { added_by: 'ada', read_only: true });
  const own = await call(session, 'POST /repos/ada/x/keys', { key: key(2) });
  t.equal((await call(session, `DELETE /user/personal-access-tokens/${token.id}`)).status, 204);
  t.same((await call(session, 'GET /repos/ada/x/keys')).body, [own.body]);
});

t.test('M9: a token that ends while it adds a key leaves none', async (t) => {
  const { call, world, rows, deps } = await directoryApp(t);
  const ada = await world.person('ada');
  await world.repository(ada, 'x');
  const session = await world.session(ada);
  for (let round = 0; round < 8; round += 1) {
    const token = await rows.classic(ada, { scopes: ['repo'] });
    const [added] = await Promise.all([
      call(token.text, 'POST /repos/ada/x/keys', { key: key(round) }),
      call(session, `DELETE /user/personal-access-tokens/${token.id}`),
    ]);
    t.ok([201, 401].includes(added.status), String(added.status));
    t.same(await deps.db.selectFrom('deploy_keys').select('id').execute(), []);
  }
});
