// Making tokens (rules M1 to M6, K3 to K7; contract 6).

import t from 'tap';
import { digestOf, kindOfText } from '../../src/secrets.ts';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

const PATH = '/user/personal-access-tokens';

t.test('contract 6: a classic token is a record and its text, shown once', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const session = await world.session(await world.person('ada'));
  const payload = { kind: 'classic', name: '  ci  ', scopes: ['repo', 'public_repo', 'read:org', 'repo'] };
  const made = await inject({ method: 'POST', url: PATH, headers: bearer(session), payload });
  t.equal(made.statusCode, 201, made.body);
  t.equal(made.headers['cache-control'], 'no-store');
  const record = made.json();
  t.equal(kindOfText(record.token, 'gth'), 'classic');
  t.same(record.scopes, ['repo', 'read:org'], 'scopes are normalised (K5)');
  t.equal(record.name, 'ci');
  t.equal(record.hashed_token, digestOf(record.token));
  t.equal(record.token_last_eight, record.token.slice(-8));
  t.equal(
    Date.parse(record.expires_at) - Date.parse(record.created_at),
    30 * 86_400_000,
    'M3: 30 days where nothing is said',
  );
  t.same(Object.keys(record).sort(), [
    'created_at',
    'description',
    'expires_at',
    'hashed_token',
    'id',
    'kind',
    'last_used_at',
    'name',
    'previous_secret_expires_at',
    'scopes',
    'secret_issued_at',
    'sso',
    'state',
    'token',
    'token_last_eight',
  ]);
});

t.test('contract 6: a fine-grained token of an organization', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'api');
  const session = await world.session(ada);
  const token = await tokensOf({ inject }).fineGrainedToken(session, {
    resource_owner: 'ACME',
    repository_selection: 'subset',
    repositories: ['api', 'Acme/API'],
    permissions: { contents: 'write' },
  });
  t.match(token, {
    state: 'active',
    kind: 'fine_grained',
    resource_owner: 'acme',
    resource_owner_id: acme.id,
    approval: null,
  });
});
