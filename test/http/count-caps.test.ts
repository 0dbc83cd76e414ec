// How many there may be of what people and tokens make by themselves (threats D1): one more than allowed is refused, and nobody else's.

import { sql } from 'kysely';
import t, { type Test } from 'tap';
import {
  CLASSIC_TOKENS_MAX,
  DEPLOY_KEYS_MAX,
  EXCHANGED_TOKENS_MAX,
  REPOSITORIES_MAX,
  SESSIONS_MAX,
  TEAMS_MAX,
  TOKEN_RECORDS_MAX,
} from '../../src/domain/count-caps.ts';
import { digestOf } from '../../src/secrets.ts';
import { directoryApp } from '../support/directory-app.ts';
import { TOKENS } from '../support/token-calls.ts';

async function start(t: Test) {
  const application = await directoryApp(t);
  const { world, deps, inject } = application;
  const [ada, ben] = [await world.person('ada'), await world.person('ben')];
  const [acme, other] = [await world.organization('acme', ada), await world.organization('other', ada)];
  const [plans, notes] = [await world.repository(acme, 'plans'), await world.repository(acme, 'notes')];
  const [session, of_ben] = [await world.session(ada), await world.session(ben)];
  /** Rows without what else happens when one is made. */
  async function fill(table: string, statement: ReturnType<typeof sql>): Promise<void> {
    await sql`alter table ${sql.table(table)} disable trigger user`.execute(deps.db);
    await statement.execute(deps.db);
    await sql`alter table ${sql.table(table)} enable trigger user`.execute(deps.db);
  }
  return { ...application, ada, ben, acme, other, plans, notes, session, of_ben, fill, inject };
}

t.test('threats D1: one more than may be is refused, and is not there; others have room', async (t) => {
  const { call, fault, fill, session, of_ben, acme, other, plans, ada } = await start(t);
  const classic = { kind: 'classic', name: 'one more' } as const;

  await fill(
    'teams',
    sql`insert into teams (organization_id, name, slug) select ${acme.id}, 'team ' || n, 'team-' || n from generate_series(2, ${TEAMS_MAX}) n`,
  );
  t.equal((await call(session, 'POST /orgs/acme/teams', { name: 'last' })).status, 201);
  t.equal(fault(await call(session, 'POST /orgs/acme/teams', { name: 'too many' })), '422 name unprocessable');
  t.equal((await call(session, 'GET /orgs/acme/teams/too-many')).status, 404);
  t.equal((await call(session, 'POST /orgs/other/teams', { name: 'first' })).status, 201);

  await fill(
    'repositories',
    sql`insert into repositories (owner_id, name, visibility) select ${other.id}, 'r' || n, 'private' from generate_series(2, ${REPOSITORIES_MAX}) n`,
  );
  t.equal((await call(session, 'POST /orgs/other/repos', { name: 'last' })).status, 201);
  t.equal(fault(await call(session, 'POST /orgs/other/repos', { name: 'too-many' })), '422 name unprocessable');
  t.equal((await call(session, 'POST /orgs/acme/repos', { name: 'one-more' })).status, 201);

  await fill(
    'deploy_keys',
    sql`insert into deploy_keys (repository_id, title, key, read_only, added_by, created_at) select ${plans.id}, 'k', 'key ' || n, true, 'ada', now() from generate_series(2, ${DEPLOY_KEYS_MAX}) n`,
  );
  const at_once = await Promise.all(
    [1, 2, 3].map(() => call(session, 'POST /repos/acme/plans/keys', { key: sshKey() })),
  );
  t.same(at_once.map(({ status }) => status).sort(), [201, 422, 422], 'the last place is taken by one');
  t.equal(fault(await call(session, 'POST /repos/acme/plans/keys', { key: sshKey() })), '422 key unprocessable');
  t.equal((await call(session, 'POST /repos/acme/notes/keys', { key: sshKey() })).status, 201);

  const tokens = (from: number, to: number, ended: boolean) =>
    fill(
      'tokens',
      sql`insert into tokens (kind, user_id, name, created_at, secret_issued_at, expires_at, token_last_eight, scopes)
        select 'classic', ${ada.id}, 'token ' || n, now() - interval '2 days', now() - interval '2 days',
          now() + ${ended ? '-1 day' : '1 day'}::interval, 'aaaaaaaa', '{}' from generate_series(${from}::int, ${to}::int) n`,
    );
  await tokens(2, CLASSIC_TOKENS_MAX, false);
  t.equal((await call(session, `POST ${TOKENS}`, classic)).status, 201);
  t.equal(fault(await call(session, `POST ${TOKENS}`, { ...classic, name: 'too many' })), '422 kind unprocessable');
  t.equal((await call(of_ben, `POST ${TOKENS}`, classic)).status, 201);
  const fine = { kind: 'fine_grained', permissions: {} } as const;
  await tokens(CLASSIC_TOKENS_MAX + 2, TOKEN_RECORDS_MAX, true);
  t.equal((await call(session, `POST ${TOKENS}`, { ...fine, name: 'last' })).status, 201, 'of the other kind');
  t.equal(fault(await call(session, `POST ${TOKENS}`, { ...fine, name: 'none' })), '422 kind unprocessable');
  const [{ id } = { id: 0 }] = (await call(session, `GET ${TOKENS}?state=expired&per_page=1`)).body;
  t.equal((await call(session, `DELETE ${TOKENS}/${id}`)).status, 204);
  t.equal((await call(session, `POST ${TOKENS}`, { ...fine, name: 'room' })).status, 201, 'where one was deleted');
});

let keys = 0;
/** A key that nobody has. */
function sshKey(): string {
  const type = Buffer.from('ssh-ed25519');
  const part = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const public_part = Buffer.alloc(32, 7);
  keys += 1;
  public_part.writeUInt32BE(keys, 0);
  return `ssh-ed25519 ${Buffer.concat([part(type), part(public_part)]).toString('base64')}`;
}

t.test('threats D1: the oldest session of a person ends where there are too many; nobody else’s', async (t) => {
  const { call, deps, ada, world, session, of_ben, fill } = await start(t);
  await fill(
    'sessions',
    sql`insert into sessions (digest, user_id, created_at, expires_at)
      select 'digest ' || n, ${ada.id}, now(), now() + interval '1 day' from generate_series(2, ${SESSIONS_MAX}) n`,
  );
  t.equal((await call(session, 'GET /user')).status, 200, 'as many as may be');
  const newest = await world.session(ada);
  t.equal((await call(session, 'GET /user')).status, 401, 'the first one');
  t.equal((await call(newest, 'GET /user')).status, 200);
  t.equal((await call(of_ben, 'GET /user')).status, 200);
  const { count } = await deps.db
    .selectFrom('sessions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', ada.id)
    .executeTakeFirstOrThrow();
  t.equal(count, SESSIONS_MAX);
});

t.test('threats D1, T3: so many exchanged texts of one text live at once; 429 beyond', async (t) => {
  const { inject, world, rows, ada, fill } = await start(t);
  const [token, another] = [
    await rows.classic(ada, { scopes: ['repo'] }),
    await rows.classic(ada, { scopes: ['repo'] }),
  ];
  const client = await world.client(['exchange']);
  await fill(
    'exchanged_tokens',
    sql`insert into exchanged_tokens (digest, secret_digest, depth, client_id, issued_at, expires_at, scopes, narrows_repositories, actor_ids)
      select 'digest ' || n, ${digestOf(token.text)}, 1, client.id, now(), now() + interval '1 hour', '{repo}', false, '{}'
      from generate_series(2, ${EXCHANGED_TOKENS_MAX}) n, clients client`,
  );
  const exchange = ({ text }: { text: string }) =>
    inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { authorization: client.authorization, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: text,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }).toString(),
    });
  t.equal((await exchange(token)).statusCode, 200);
  const refused = await exchange(token);
  t.match([refused.statusCode, refused.headers['retry-after']], [429, '60']);
  t.equal((await exchange(another)).statusCode, 200);
});
