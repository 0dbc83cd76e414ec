import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { newText } from '../../src/secrets.ts';
import { type Asked, ask, backendOf, type Question } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { statementsOf } from '../support/query-count.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

/** Ahead of every clock, so that it is the one that counts. */
const NOW = new Date('2040-01-01T00:00:00.500Z');

/** Ada owns acme, which has repositories; ben is a member with the base permission `read`; eve is a stranger. */
async function acme(t: Test) {
  const test = await buildTestApp(t, { deps: { clock: () => NOW } });
  const { deps, inject } = test;
  const world = worldOf(deps);
  const [ada, ben, eve] = [await world.person('ada'), await world.person('ben'), await world.person('eve')];
  const organization = await world.organization('Acme', ada);
  await world.member(organization, ben);
  const web = await world.repository(organization, 'web');
  const open = await world.repository(organization, 'open', 'public');
  const old = await world.repository(organization, 'old');
  await deps.db.updateTable('repositories').set({ archived: true }).where('id', '=', old.id).execute();
  await world.repository(ada, 'notes');
  const client = await world.client(['evaluate']);
  const backend = backendOf(inject, client.authorization);
  return { ...test, world, rows: tokenRowsOf(deps), ada, ben, eve, organization, web, open, client, backend };
}

const WEB = ['repository', 'acme/web'] as const;
const OPEN = ['repository', 'acme/open'] as const;

function decided(t: Test, answer: Asked, reason: string, status: number, what = reason): void {
  t.equal(answer.status, 200, `${what} is answered`);
  t.equal(answer.body.decision, status === 200, what);
  t.match(answer.body.context, { reason, status }, what);
}

t.test('F5: a yes and a no say why, for whom, and what would have been enough', async (t) => {
  const { backend, rows, ada, organization } = await acme(t);
  const token = await rows.fineGrained(ada, {
    owner: organization,
    permissions: { issues: 'write' },
    selection: 'all',
  });
  const common = { holder: { id: ada.id, login: 'ada' }, token_id: token.id, as_of: '2040-01-01T00:00:00Z' };
  t.same((await backend.evaluate(ask(token.text, 'issues:write', WEB))).body, {
    decision: true,
    context: { reason: 'allowed', status: 200, message: 'Allowed', ...common },
  });
  t.same((await backend.evaluate(ask(token.id, 'contents:write', WEB))).body, {
    decision: false,
    context: {
      reason: 'permission_missing',
      status: 403,
      message: 'Resource not accessible by personal access token',
      needed: { permissions: [['contents:write']], scopes: ['repo'] },
      ...common,
    },
  });
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const { body } = await backend.evaluate(
    ask(classic.text, 'contents:write', WEB, { path: '.github/workflows/a.yml' }),
  );
  t.match(body, { decision: false, context: { reason: 'scope_missing' } });
  t.same(body.context.needed, { permissions: [['contents:write', 'workflows:write']], scopes: ['workflow'] });
});

t.test('F6: absent and hidden are the same bytes, without a moment; the reason is told finely', async (t) => {
  const { backend, rows, ada, eve, organization } = await acme(t);
  const stranger = await rows.classic(eve, { scopes: ['repo'] });
  const hidden = await backend.evaluate(ask(stranger.text, 'contents:read', WEB));
  decided(t, hidden, 'not_visible', 404);
  t.equal((await backend.evaluate(ask(stranger.text, 'contents:read', ['repository', 'acme/none']))).text, hidden.text);
  t.equal((await backend.evaluate(ask(stranger.text, 'contents:read', ['repository', 'none/none']))).text, hidden.text);
  t.notOk('as_of' in hidden.body.context);
  const cases = {
    not_selected: await rows.fineGrained(ada, { owner: organization, permissions: { contents: 'read' } }),
    other_owner: await rows.fineGrained(ada, { permissions: { contents: 'read' }, selection: 'all' }),
    pending: await rows.fineGrained(ada, { owner: organization, standing: 'pending' }),
    denied: await rows.fineGrained(ada, { owner: organization, standing: 'denied' }),
    permission_missing: await rows.fineGrained(ada, {
      owner: organization,
      permissions: { members: 'read' },
      selection: 'all',
    }),
    scope_missing: await rows.classic(ada, { scopes: ['gist', 'public_repo'] }),
  };
  for (const [reason, token] of Object.entries(cases)) {
    const answer = await backend.evaluate(ask(token.text, 'contents:read', WEB));
    decided(t, answer, reason, 404);
    t.match(answer.body.context, { message: 'Not Found', token_id: token.id });
    t.notOk('as_of' in answer.body.context || 'needed' in answer.body.context, `${reason} hides`);
    decided(
      t,
      await backend.evaluate(ask(token.text, 'contents:read', OPEN)),
      'public_read',
      200,
      `${reason}: public read`,
    );
  }
  const foreign = await rows.fineGrained(ada, { permissions: { contents: 'write' }, selection: 'all' });
  decided(t, await backend.evaluate(ask(foreign.text, 'contents:write', OPEN)), 'other_owner', 403);
});

t.test('P1, P2, P4, O1: a policy is told with whose it is, missing single sign-on with where to get it', async (t) => {
  const { backend, rows, world, ada, organization, deps } = await acme(t);
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const fine = await rows.fineGrained(ada, {
    owner: organization,
    permissions: { contents: 'write' },
    selection: 'all',
  });
  const both = async (reason: string, token: { text: string }): Promise<Asked> => {
    const answer = await backend.evaluate(ask(token.text, 'contents:write', WEB));
    decided(t, answer, reason, 403);
    return answer;
  };
  const policy = { source: 'organization', owner: 'Acme' };
  await world.setPolicy(organization, { classic_tokens: 'restricted', fine_grained_tokens: 'restricted' });
  t.match((await both('classic_restricted', classic)).body.context, { policy });
  t.match((await both('fine_grained_restricted', fine)).body.context.policy, policy);
  await world.setPolicy(organization, {
    classic_tokens: 'allowed',
    fine_grained_tokens: 'allowed',
    max_lifetime_days_classic: 7,
  });
  t.match((await both('lifetime_exceeded', classic)).body.context, { policy });
  await world.setPolicy(organization, { max_lifetime_days_classic: null });
  await deps.db.insertInto('organization_sso').values({ organization_id: organization.id, required: true }).execute();
  const sso_url = `${deps.config.public_url}/orgs/Acme/sso`;
  for (const token of [classic, fine]) t.match((await both('sso_required', token)).body.context, { sso_url });
  decided(t, await backend.evaluate(ask(classic.text, 'contents:read', OPEN)), 'public_read', 200);
});

t.test('F1, C5: the role, the archive and the scope are asked after the reach', async (t) => {
  const { backend, rows, ben, ada, organization } = await acme(t);
  const fine = await rows.fineGrained(ben, {
    owner: organization,
    permissions: { contents: 'write' },
    selection: 'all',
  });
  decided(t, await backend.evaluate(ask(fine.text, 'contents:write', WEB)), 'role_missing', 403);
  decided(t, await backend.evaluate(ask(fine.text, 'contents:read', WEB)), 'allowed', 200);
  const owner = await rows.classic(ada, { scopes: ['repo'] });
  decided(t, await backend.evaluate(ask(owner.text, 'contents:write', ['repository', 'acme/old'])), 'archived', 403);
  decided(t, await backend.evaluate(ask(owner.text, 'members:write', ['organization', 'acme'])), 'scope_missing', 403);
});

t.test('F5.1: the credential is judged first', async (t) => {
  const { backend, rows, ada, world, client } = await acme(t);
  const suspended = await rows.classic(await world.person('gone', { suspended: true }));
  const bad = {
    unknown: newText('classic', 'gth'),
    'unknown id': '999999',
    'id zero': '0',
    'too large an id': '99999999999999999',
    'a session': await world.session(ada),
    'a client secret': client.secret,
    'an exchanged text': newText('exchanged', 'gth'),
    'a wrong checksum': `${newText('classic', 'gth').slice(0, -6)}000000`,
    expired: (await rows.classic(ada, { issued_at: daysAfter(NOW, -1), expires_at: NOW })).text,
    revoked: (await rows.classic(ada, { revoked_at: NOW })).text,
    'a revoked one by its id': String((await rows.classic(ada, { revoked_at: NOW })).id),
    empty: '',
  };
  for (const [what, id] of Object.entries(bad)) {
    for (const action of ['contents:read', 'nothing']) {
      const answer = await backend.evaluate(ask(id, action, OPEN));
      decided(t, answer, 'bad_credential', 401, what);
      t.strictSame(
        Object.keys(answer.body.context),
        ['reason', 'status', 'message', 'as_of'],
        `${what}: nobody is named`,
      );
    }
  }
  const answer = await backend.evaluate(ask(suspended.text, 'contents:read', OPEN));
  decided(t, answer, 'holder_suspended', 401);
  t.equal(answer.body.context.message, 'Bad credentials');
  t.notOk('holder' in answer.body.context);
});

t.test('T5: a text that is no token of ours is not asked of the database', async (t) => {
  const { backend, ada, world } = await acme(t);
  const session = await world.session(ada);
  const statements = await statementsOf(async () => {
    for (const id of [session, 'nonsense', newText('client', 'gth'), `${newText('classic', 'gth')}0`]) {
      await backend.evaluate(ask(id, 'contents:read', OPEN));
    }
  });
  t.same(statements, []);
});

t.test('C5, F7: a user is bounded by his role only, nobody makes public reads', async (t) => {
  const { backend, world } = await acme(t);
  const user = (id: string, action: string, [type, name]: readonly [string, string]): Question => ({
    ...ask('', action, [type, name]),
    subject: { type: 'user', id },
  });
  await world.person('gone', { suspended: true });
  decided(t, await backend.evaluate(user('ADA', 'administration:write', WEB)), 'allowed', 200);
  decided(t, await backend.evaluate(user('ben', 'contents:write', WEB)), 'role_missing', 403);
  decided(t, await backend.evaluate(user('eve', 'contents:read', WEB)), 'not_visible', 404);
  decided(t, await backend.evaluate(user('gone', 'contents:read', OPEN)), 'holder_suspended', 401);
  decided(t, await backend.evaluate(user('nobody', 'contents:read', OPEN)), 'bad_credential', 401);
  decided(t, await backend.evaluate(user('acme', 'contents:read', OPEN)), 'bad_credential', 401, 'an organization');
  decided(t, await backend.evaluate(user('\u212Aate', 'contents:read', OPEN)), 'bad_credential', 401, 'not ASCII');
  decided(t, await backend.evaluate(user('ada', 'repo', WEB)), 'scope_missing', 403, 'a person has no scopes');
  const anonymous = { type: 'anonymous', id: 'anonymous' };
  const stranger = (action: string, on: readonly [string, string]) => ({ ...ask('', action, on), subject: anonymous });
  decided(t, await backend.evaluate(stranger('contents:read', OPEN)), 'public_read', 200);
  decided(t, await backend.evaluate(stranger('contents:write', OPEN)), 'authentication_required', 401);
  const hidden = await backend.evaluate(stranger('contents:read', WEB));
  decided(t, hidden, 'authentication_required', 401);
  t.equal((await backend.evaluate(stranger('contents:read', ['repository', 'acme/none']))).text, hidden.text);
});

t.test(
  'K2, C6, F3: public_repo is for what is said to be public, and for starring; of repositories not named it is a doubt',
  async (t) => {
    const { backend, rows, ada } = await acme(t);
    const open_only = await rows.classic(ada, { scopes: ['public_repo'] });
    const wide = await rows.classic(ada, { scopes: ['repo'] });
    const [OWN, ACME] = [['user', 'ada'] as const, ['organization', 'acme'] as const];
    const asked = [
      ['contents:write', OPEN, 'allowed'],
      ['contents:write', WEB, 'scope_missing'],
      ['contents:write', OWN, 'scope_missing'],
      ['contents:write', ACME, 'scope_missing'],
      ['POST /user/repos', OWN, 'scope_missing'],
      ['POST /orgs/{org}/repos', ACME, 'scope_missing'],
      ['starring:write', OWN, 'allowed'],
    ] as const;
    for (const [action, place, reason] of asked) {
      const { body } = await backend.evaluate(ask(open_only.text, action, place));
      t.equal(body.context.reason, reason, `public_repo: ${action} at ${place.join(' ')}`);
      t.same(body.context.needed?.scopes ?? ['repo'], ['repo'], 'what would have been enough is `repo` alone');
      t.equal((await backend.evaluate(ask(wide.text, action, place))).body.decision, true, `repo: ${action}`);
    }
    const held = await backend.search('action', {
      subject: { type: 'token', id: open_only.text },
      resource: { type: 'user', id: 'ada' },
    });
    t.same(
      held.body.results.map(({ name }: { readonly name: string }) => name),
      ['starring:read', 'starring:write'],
    );
  },
);

t.test('F3: what is not known is a no: subjects, actions, resources', async (t) => {
  const { backend, rows, ada, organization } = await acme(t);
  const token = await rows.classic(ada, { scopes: ['repo', 'admin:org', 'workflow', 'user'] });
  const unknown_actions = [
    '',
    'everything',
    'contents:own',
    'contents:admin',
    'nothing:read',
    'GET /nowhere',
    'get /user',
  ];
  for (const action of [...unknown_actions, 'OPTIONS /user', 'GET  /user', 'GET /repos/acme/web', 'contents:read ']) {
    decided(t, await backend.evaluate(ask(token.text, action, WEB)), 'unknown_operation', 403, `action \`${action}\``);
  }
  for (const [type, id] of [
    ['team', 'acme/web'],
    ['', ''],
    ['repository', 'web'],
    ['repository', 'acme/web/x'],
    ['Repository', 'acme/web'],
    ['repository', 'acme/web.git'],
    ['organization', 'ada'],
    ['user', 'acme'],
    ['enterprise', 'acme'],
    ['none', ''],
  ] as const) {
    decided(
      t,
      await backend.evaluate(ask(token.text, 'metadata:read', [type, id])),
      'not_visible',
      404,
      `${type} \`${id}\``,
    );
  }
  decided(
    t,
    await backend.evaluate(ask(token.text, 'GET /orgs/{org}/teams', WEB)),
    'not_visible',
    404,
    'an operation of another type',
  );
  decided(
    t,
    await backend.evaluate(ask(token.text, 'GET /orgs/{org}', ['user', 'ada'])),
    'not_visible',
    404,
    'no public read of it',
  );
  decided(
    t,
    await backend.evaluate({ ...ask('', 'metadata:read', OPEN), subject: { type: 'robot', id: '1' } }),
    'bad_credential',
    401,
  );
  decided(
    t,
    await backend.evaluate({ ...ask('', 'metadata:read', OPEN), subject: { type: 'anonymous', id: 'ada' } }),
    'bad_credential',
    401,
  );
  await rows.fineGrained(ada, { owner: organization });
});

t.test('C1, C4: actions are permissions, scopes, and operations with Git among them', async (t) => {
  const { backend, rows, ada, organization } = await acme(t);
  const fine = await rows.fineGrained(ada, {
    owner: organization,
    permissions: { contents: 'write' },
    selection: 'all',
  });
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const yes = async (token: { text: string }, action: string, on: readonly [string, string] = WEB) =>
    (await backend.evaluate(ask(token.text, action, on))).body.decision;
  t.equal(await yes(fine, 'GET /repos/{owner}/{repo}'), true);
  t.equal(await yes(fine, 'HEAD /repos/{owner}/{repo}'), true, 'HEAD counts as GET');
  t.equal(await yes(fine, 'PATCH /repos/{owner}/{repo}'), false);
  t.equal(await yes(classic, 'PATCH /repos/{owner}/{repo}'), true);
  t.equal(await yes(classic, 'DELETE /repos/{owner}/{repo}'), false, 'needs delete_repo');
  t.equal(await yes(classic, 'GET /user', ['user', 'ada']), true);
  t.equal(await yes(classic, 'GET /user', ['user', 'ben']), false, 'another person');
  for (const suffix of ['', '.git']) {
    t.equal(await yes(fine, `POST /{owner}/{repo}${suffix}/git-upload-pack`), true);
    t.equal(await yes(fine, `GET /{owner}/{repo}${suffix}/info/refs?service=git-receive-pack`), true);
    t.equal(await yes(fine, `POST /{owner}/{repo}${suffix}/git-receive-pack`), true);
  }
  t.equal(await yes(fine, 'GET /{owner}/{repo}/info/refs'), false, 'without the service it is not known');
  const reader = await rows.fineGrained(ada, {
    owner: organization,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  t.equal(await yes(reader, 'POST /{owner}/{repo}/git-upload-pack'), true);
  t.equal(await yes(reader, 'POST /{owner}/{repo}/git-receive-pack'), false);
  t.equal(await yes(classic, 'repo'), true, 'a scope');
  t.equal(await yes(classic, 'repo:status'), true, 'one that it includes');
  t.equal(await yes(classic, 'admin:org', ['organization', 'acme']), false);
  t.equal(await yes(fine, 'repo'), false, 'a fine-grained token has no scopes');
});

t.test('C4: a file below .github/workflows asks for workflows too', async (t) => {
  const { backend, rows, ada, organization } = await acme(t);
  const owner = organization;
  const without = await rows.fineGrained(ada, { owner, permissions: { contents: 'write' }, selection: 'all' });
  const and = await rows.fineGrained(ada, {
    owner,
    permissions: { contents: 'write', workflows: 'write' },
    selection: 'all',
  });
  const classic = await rows.classic(ada, { scopes: ['repo'] });
  const path = '.github/workflows/ci.yml';
  const write = (token: { text: string }, properties: object, action = 'contents:write') =>
    backend.evaluate(ask(token.text, action, WEB, properties));
  decided(t, await write(without, { path }), 'permission_missing', 403);
  decided(t, await write(without, { path: 'README.md' }), 'allowed', 200);
  decided(t, await write(without, { path }, 'contents:read'), 'allowed', 200, 'reading asks nothing more');
  decided(t, await write(and, { path }), 'allowed', 200);
  decided(t, await write(classic, { path }), 'scope_missing', 403);
  decided(t, await write(await rows.classic(ada, { scopes: ['repo', 'workflow'] }), { path }), 'allowed', 200);
  t.equal((await write(without, { path: 7 })).status, 400, 'a path is a text');
});

t.test('T6: to a client of some organizations other tokens and persons are unknown', async (t) => {
  const { inject, world, rows, ada, ben, eve, organization } = await acme(t);
  const other = await world.organization('other', eve);
  const bound = backendOf(inject, (await world.client(['evaluate'], [organization])).authorization);
  const beyond = [await rows.fineGrained(eve, { owner: other }), await rows.fineGrained(ada), await rows.classic(eve)];
  for (const { text, id } of beyond) {
    for (const subject of [text, id]) {
      const answer = await bound.evaluate(ask(subject, 'contents:read', OPEN));
      decided(t, answer, 'bad_credential', 401);
      t.notOk('holder' in answer.body.context || 'token_id' in answer.body.context);
    }
  }
  const within = [await rows.fineGrained(ben, { owner: organization }), await rows.classic(ben)];
  for (const { text } of within) decided(t, await bound.evaluate(ask(text, 'contents:read', OPEN)), 'public_read', 200);
  const user = (id: string) => bound.evaluate({ ...ask('', 'contents:read', OPEN), subject: { type: 'user', id } });
  decided(t, await user('ben'), 'public_read', 200);
  decided(t, await user('eve'), 'bad_credential', 401);
  const anonymous = { ...ask('', 'contents:read', OPEN), subject: { type: 'anonymous', id: 'anonymous' } };
  decided(t, await bound.evaluate(anonymous), 'public_read', 200, 'nobody has nothing to hide');
});

t.test('a malformed question is 400, members that are not known are ignored, the request id comes back', async (t) => {
  const { backend, inject, client, rows, ada } = await acme(t);
  const token = await rows.classic(ada, { scopes: ['repo'] });
  const question = ask(token.text, 'contents:write', WEB);
  const { subject, action, resource } = question;
  const malformed = [
    {},
    { action, resource },
    { subject, resource },
    { subject, action },
    { ...question, subject: 'ada' },
    { ...question, subject: { type: 'token' } },
    { ...question, subject: { type: 'token', id: token.id } },
    { ...question, subject: { ...subject, properties: [] } },
    { ...question, action: 'contents:write' },
    { ...question, action: { name: null } },
    { ...question, resource: [] },
    { ...question, context: 'now' },
    { ...question, subject: { type: 'token', id: 'a\0b' } },
  ];
  for (const body of malformed) {
    const answer = await backend.evaluate(body);
    t.match(answer, { status: 400, body: { code: 'malformed_request', status: '400' } }, JSON.stringify(body));
  }
  const wrong = { 'content-type': 'text/plain' };
  t.equal((await backend.evaluate(question, wrong)).status, 400, 'a wrong content type');
  const headers = { authorization: client.authorization, 'content-type': 'application/json' };
  for (const payload of ['', '[]', '{', '{"subject":1,"subject":2}']) {
    t.equal(
      (await inject({ method: 'POST', url: '/access/v1/evaluation', headers, payload })).statusCode,
      400,
      payload,
    );
  }
  const further = {
    ...question,
    further: 1,
    context: { time: 'now' },
    subject: { ...subject, further: {}, properties: { a: 1 } },
  };
  const answer = await backend.evaluate(further, { 'x-request-id': 'bfe9eb29-ab87' });
  decided(t, answer, 'allowed', 200);
  t.equal(answer.headers['x-request-id'], 'bfe9eb29-ab87');
});

t.test('evaluation is for clients that may evaluate', async (t) => {
  const { inject, world, rows, ada } = await acme(t);
  const token = await rows.classic(ada, { scopes: ['repo'] });
  const question = ask(token.text, 'contents:write', WEB);
  for (const url of ['/access/v1/evaluation', '/access/v1/evaluations']) {
    const post = (headers: Readonly<Record<string, string>>) =>
      inject({ method: 'POST', url, headers, payload: question });
    const none = await post({});
    t.match([none.statusCode, none.json().code], [401, 'authentication_required']);
    t.equal(none.headers['www-authenticate'], 'Basic realm="gatehouse"');
    t.equal((await post({ authorization: `Bearer ${token.text}` })).statusCode, 401);
    const weak = await world.client(['introspect', 'gateway', 'exchange', 'revoke', 'directory']);
    const refused = await post({ authorization: weak.authorization });
    t.match([refused.statusCode, refused.json().code], [403, 'capability_missing']);
  }
});

t.test('many questions: defaults, three semantics, and each malformed one denied for itself', async (t) => {
  const { backend, rows, ada, organization } = await acme(t);
  const token = await rows.fineGrained(ada, {
    owner: organization,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  const defaults = ask(token.text, 'contents:read', WEB);
  const no = { action: { name: 'contents:write' } };
  const many = async (evaluations: unknown, options?: object): Promise<boolean[]> => {
    const { status, body } = await backend.evaluateMany({ ...defaults, evaluations, ...(options && { options }) });
    t.equal(status, 200);
    t.notOk('decision' in body);
    return body.evaluations.map((each: { decision: boolean }) => each.decision);
  };
  t.same(await many([{}, no, {}]), [true, false, true]);
  t.same(await many([{}, no, {}], { evaluations_semantic: 'execute_all', other: 1 }), [true, false, true]);
  t.same(await many([{}, no, {}], { evaluations_semantic: 'deny_on_first_deny' }), [true, false]);
  t.same(await many([{}, {}], { evaluations_semantic: 'deny_on_first_deny' }), [true, true]);
  t.same(await many([no, no, {}, no], { evaluations_semantic: 'permit_on_first_permit' }), [false, false, true]);
  t.same(await many([no, no], { evaluations_semantic: 'permit_on_first_permit' }), [false, false]);
  t.same(await many([{ subject: { type: 'token' } }, {}], { evaluations_semantic: 'deny_on_first_deny' }), [false]);

  const broken = [{ resource: { type: 'repository' } }, null, 'contents:read', [], { subject: 1 }, {}];
  const { body } = await backend.evaluateMany({ ...defaults, evaluations: broken });
  for (const each of body.evaluations.slice(0, -1)) {
    t.match(each, { decision: false, context: { reason: 'malformed_request', status: 400 } });
  }
  t.equal(body.evaluations.at(-1).decision, true, 'the others are answered');

  const { subject, action, resource } = defaults;
  const own = [{ subject, action, resource }];
  t.same((await backend.evaluateMany({ evaluations: own })).body.evaluations.length, 1, 'without defaults');
  for (const body of [defaults, { ...defaults, evaluations: [] }]) {
    t.same(
      (await backend.evaluateMany(body)).body,
      (await backend.evaluate(defaults)).body,
      'one question is one answer',
    );
  }
  t.equal((await backend.evaluateMany({ subject, action })).status, 400);
  for (const wrong of [
    { evaluations: {} },
    { evaluations: [{}], options: { evaluations_semantic: 'all' } },
    { evaluations: [{}], subject: 1 },
  ]) {
    t.equal((await backend.evaluateMany({ ...defaults, ...wrong })).status, 400, JSON.stringify(wrong));
  }
});

t.test('at most 1,000 questions, all loaded by one statement', async (t) => {
  const { backend, rows, ada, organization } = await acme(t);
  const token = await rows.fineGrained(ada, {
    owner: organization,
    permissions: { contents: 'read' },
    selection: 'all',
  });
  const evaluations = Array.from({ length: 1000 }, (_, index) =>
    index % 2 ? {} : { action: { name: 'contents:write' } },
  );
  const all = { ...ask(token.text, 'contents:read', WEB), evaluations };
  const statements = await statementsOf(async () => {
    const { body } = await backend.evaluateMany(all);
    t.same(
      body.evaluations.map((each: { decision: boolean }) => each.decision),
      evaluations.map((_, index) => index % 2 === 1),
    );
  });
  t.same(statements, ['facts repository']);
  t.equal((await backend.evaluateMany({ ...all, evaluations: [...evaluations, {}] })).status, 400);
});

t.test('1,000 different questions of 1,000 different subjects, cold, are one round trip', async (t) => {
  const { backend, deps, organization } = await acme(t);
  const fill = [
    sql`insert into accounts (type, login) select 'User', 'person-' || i from generate_series(1, 500) i`,
    sql`insert into users (id, email) select id, login || '@example.test' from accounts where login like 'person-%'`,
    sql`insert into memberships (organization_id, user_id, role)
      select ${organization.id}, id, 'member' from accounts where login like 'person-%' and id % 2 = 0`,
    sql`insert into repositories (owner_id, name, visibility)
      select ${organization.id}, 'repository-' || i, 'private' from generate_series(1, 500) i`,
    sql`insert into tokens (kind, user_id, name, created_at, secret_issued_at, token_last_eight, scopes)
      select 'classic', id, 'token', now(), now(), '12345678', array['repo'] from accounts where login like 'person-%'`,
  ];
  for (const statement of fill) await statement.execute(deps.db);
  const people = await sql<{ login: string; token_id: number; member: boolean }>`
    select a.login, t.id as token_id, a.id % 2 = 0 as member
    from accounts a join tokens t on t.user_id = a.id where a.login like 'person-%' order by a.id`.execute(deps.db);
  const evaluations = people.rows.flatMap(({ login, token_id }, index) =>
    [
      { type: 'user', id: login },
      { type: 'token', id: String(token_id) },
    ].map((subject) => ({ subject, resource: { type: 'repository', id: `acme/repository-${index + 1}` } })),
  );
  t.equal(evaluations.length, 1000);
  const statements = await statementsOf(async () => {
    const { body } = await backend.evaluateMany({ action: { name: 'contents:read' }, evaluations });
    const decisions = body.evaluations.map((each: { decision: boolean }) => each.decision);
    t.same(
      decisions,
      people.rows.flatMap(({ member }) => [member, member]),
    );
  });
  t.same(statements, ['facts'], 'one for who asks, one for all that he asks');
});

t.test('M9: a text that is evaluated is used, an id is not', async (t) => {
  const { backend, rows, ada, deps } = await acme(t);
  const [by_text, by_id, many] = [await rows.classic(ada), await rows.classic(ada), await rows.classic(ada)];
  await backend.evaluate(ask(by_text.text, 'contents:write', WEB));
  await backend.evaluate(ask(by_id.id, 'contents:read', OPEN));
  await backend.evaluateMany({ ...ask(many.text, 'contents:read', OPEN), evaluations: [{}] });
  await deps.last_use.flush();
  const used = await deps.db
    .selectFrom('tokens')
    .select('id')
    .where('last_used_at', 'is not', null)
    .orderBy('id')
    .execute();
  t.same(used, [{ id: by_text.id }, { id: many.id }]);
});

t.test('decisions are counted by their reason', async (t) => {
  const { backend, rows, ada, inject } = await acme(t);
  const token = await rows.classic(ada);
  const counted = async (reason: string): Promise<number> => {
    const { body } = await inject({ url: '/metrics' });
    return Number(
      new RegExp(`^gatehouse_decisions_total\\{effect="\\w+",reason="${reason}"\\} (\\d+)$`, 'm').exec(body)?.[1] ?? 0,
    );
  };
  const before = await counted('public_read');
  await backend.evaluate(ask(token.text, 'contents:read', OPEN));
  await backend.evaluateMany({ ...ask(token.text, 'contents:read', OPEN), evaluations: [{}, {}] });
  t.equal(await counted('public_read'), before + 3);
});
