// Long lists, page by page (contract 1): put together, the pages of whatever size are the whole list in its order, without a gap and
// without a row twice; `Link` leads through it, and a page asked by its number is the one that it leads to.

import fc from 'fast-check';
import { sql } from 'kysely';
import t from 'tap';
import { directoryApp } from '../support/directory-app.ts';
import { cases } from '../support/effort.ts';

const PEOPLE = 130;
const RUNS = cases({ short: 1, long: 12 });

type App = Awaited<ReturnType<typeof directoryApp>>;
/** Of acme: people, teams, repositories, tokens with grants and with requests, every seventh of them revoked or authorised no more. */
async function longWorld(app: App) {
  const { world, deps } = app;
  const ada = await world.person('ada', { site_admin: true });
  const acme = await world.organization('acme', ada, { approval: 'required' });
  const run = (statement: string) => sql.raw(statement).execute(deps.db);
  await run(`insert into accounts (type, login) select 'User', 'p' || i from generate_series(1, ${PEOPLE}) i`);
  await run(
    `insert into users (id, email, email_verified) select id, login || '@example.test', true from accounts where login ~ '^p[0-9]'`,
  );
  await run(`insert into memberships (organization_id, user_id, role)
    select ${acme.id}, id, case when id % 9 = 0 then 'admin' else 'member' end from users where id <> ${ada.id}`);
  await run(
    `insert into token_reviewers (organization_id, user_id) select ${acme.id}, user_id from memberships where user_id % 2 = 0`,
  );
  await run(
    `insert into teams (organization_id, name, slug) select ${acme.id}, 't', 't' || 7919 * i % 10007 from generate_series(1, 90) i`,
  );
  await run(`insert into repositories (owner_id, name, visibility, created_at)
    select case when i % 3 = 0 then ${ada.id} else ${acme.id} end, 'r' || 7919 * i % 10007,
      case when i % 4 = 0 then 'public' else 'private' end, now() - interval '1 hour' * (i / 5)
    from generate_series(1, 200) i`);
  await run(`insert into tokens (kind, user_id, name, created_at, secret_issued_at, expires_at, token_last_eight, scopes,
      resource_owner_id, resource_owner_id_asked, permissions, repository_selection, last_used_at)
    select case i % 3 when 0 then 'classic' else 'fine_grained' end, case when i % 2 = 0 then ${ada.id} else p.id end,
      'k' || i, now(), now(), case when i % 5 = 0 then now() - interval '1 day' else now() + interval '9 days' end, 'abcdefgh',
      case i % 3 when 0 then '{repo}'::text[] end, case i % 3 when 0 then null else ${acme.id} end,
      case i % 3 when 0 then null else ${acme.id} end,
      case i % 3 when 0 then null else jsonb_build_object('contents', case i % 4 when 1 then 'write' else 'read' end) end,
      case i % 3 when 0 then null else case i % 4 when 1 then 'all' else 'subset' end end,
      now() - interval '1 day' * (i % 50)
    from generate_series(1, 400) i join accounts p on p.login = 'p' || 1 + i % ${PEOPLE}`);
  await run(`insert into token_secrets (digest, token_id, is_current) select 'digest-' || id, id, true from tokens`);
  await run(`insert into grants (token_id, resource_owner_id, permissions, repository_selection, granted_at)
    select id, ${acme.id}, permissions, repository_selection, now() - interval '1 hour' * (id * 31 % 40)
    from tokens where kind = 'fine_grained' and id % 5 <> 2`);
  await run(`insert into grant_repositories (grant_id, repository_id)
    select g.id, r.id from grants g join repositories r on r.id % 11 = g.id % 11 and r.owner_id = ${acme.id}
    where g.repository_selection = 'subset'`);
  await run(`insert into grant_requests (token_id, resource_owner_id, state, permissions, repository_selection, created_at)
    select id, ${acme.id}, case when id % 6 = 0 then 'denied' else 'pending' end, permissions, repository_selection,
      now() - interval '1 hour' * (id * 37 % 40) from tokens where kind = 'fine_grained'`);
  await run(`insert into grant_request_repositories (request_id, repository_id)
    select q.id, r.id from grant_requests q join repositories r on r.id % 11 = q.id % 11 and r.owner_id = ${acme.id}
    where q.repository_selection = 'subset'`);
  await run(`insert into token_sso_authorizations (token_id, organization_id, authorized_at, revoked_at)
    select id, ${acme.id}, now(), case when id % 8 = 0 then now() end from tokens where kind = 'classic'`);
  // Every fifth token used something of acme, every other of these long ago; every third something of ada's own.
  await run(`insert into token_usage (token_id, day, owner_id, needed, checks)
    select id, current_date - case when id % 2 = 0 then 3 else 60 end - n, case when id % 3 = 0 then ${ada.id} else ${acme.id} end,
      'contents:read', 1
    from tokens, generate_series(0, 2) n where id % 5 < 2`);
  await run(
    `insert into notifications (user_id, type, created_at) select ${ada.id}, 'session_revoked', now() from generate_series(1, 70)`,
  );
  // As whatever ends tokens does it.
  await run(`update tokens set revoked_at = now(), revoked_reason = 'unused' where id % 7 = 0`);
  await run(
    `update grant_requests set state = 'cancelled' where state = 'pending'
      and token_id in (select id from tokens where revoked_at is not null)`,
  );
  const ids = async (query: string): Promise<readonly number[]> => {
    const { rows } = await sql.raw<{ id: number }>(query).execute(deps.db);
    return rows.map(({ id }) => id);
  };
  return { ada: ada.id, acme: acme.id, session: await world.session(ada), ids };
}

/** Of each list a query that says what stands in it: one that reads everything, as slowly as may be. */
function listsOf({ ada, acme }: { readonly ada: number; readonly acme: number }): Readonly<Record<string, string>> {
  const granted = (where: string, way = 'desc') => `
    select g.id from grants g join tokens t on t.id = g.token_id
    where g.resource_owner_id = ${acme} and t.revoked_at is null and (${where}) order by g.granted_at ${way}, g.id ${way}`;
  const asked = (where: string, way = 'desc') => `
    select q.id from grant_requests q join tokens t on t.id = q.token_id
    where q.resource_owner_id = ${acme} and q.state = 'pending' and t.revoked_at is null and (${where})
    order by q.created_at ${way}, q.id ${way}`;
  const repository = `(select r.id from repositories r where r.owner_id = ${acme} order by r.id limit 1)`;
  const members = (where: string) =>
    `select user_id as id from memberships where organization_id = ${acme} and ${where} order by user_id`;
  const own = (where: string) => `select id from tokens t where user_id = ${ada} and ${where} order by id desc`;
  const has = (table: string) => `exists (select from ${table} x where x.token_id = t.id`;
  const is_live = 't.revoked_at is null and t.expires_at > now()';
  const [grants, requests] = ['/orgs/acme/personal-access-tokens', '/orgs/acme/personal-access-token-requests'];
  return {
    [grants]: granted('true'),
    [`${grants}?direction=asc`]: granted('true', 'asc'),
    [`${grants}?repository=FIRST`]: granted(`g.repository_selection = 'all' or exists (
      select from grant_repositories c where c.grant_id = g.id and c.repository_id = ${repository})`),
    [`${grants}?repository=FIRST&direction=asc&permission=contents_read`]: granted(
      `exists (select from grant_repositories c where c.grant_id = g.id and c.repository_id = ${repository})
       and g.permissions ->> 'contents' = 'read'`,
      'asc',
    ),
    [`${grants}?repository=nothing-of-this-name`]: granted('false'),
    [`${grants}?owner=ada`]: granted(`t.user_id = ${ada}`),
    [`${grants}?permission=contents_write`]: granted(`g.permissions ->> 'contents' = 'write'`),
    [`${grants}?last_used_before=MONTH`]: granted(`t.last_used_at < 'MONTH'`),
    [requests]: asked('true'),
    [`${requests}?direction=asc&last_used_after=MONTH`]: asked(`t.last_used_at > 'MONTH'`, 'asc'),
    [`${requests}?repository=FIRST`]: asked(`q.repository_selection = 'all' or exists (
      select from grant_request_repositories c where c.request_id = q.id and c.repository_id = ${repository})`),
    '/orgs/acme/personal-access-token-usage': `
      select coalesce((select g.id from grants g where g.token_id = t.id), t.id) as id from tokens t where t.revoked_at is null and (
        exists (select from grants g where g.token_id = t.id and g.resource_owner_id = ${acme})
        or (t.kind = 'classic' and exists (select from token_usage u where u.token_id = t.id and u.owner_id = ${acme}
          and u.day >= current_date - 20)))
      order by t.id desc`,
    '/orgs/acme/repos': `select id from repositories where owner_id = ${acme} order by created_at desc, id desc`,
    '/orgs/acme/repos?sort=full_name': `select id from repositories where owner_id = ${acme} order by lower(name)`,
    '/user/repos': `
      select r.id from repositories r join accounts a on a.id = r.owner_id order by lower(a.login), lower(r.name)`,
    '/user/repos?sort=created&visibility=private': `
      select id from repositories where visibility = 'private' order by created_at desc, id desc`,
    '/orgs/acme/members': members('true'),
    '/orgs/acme/members?role=admin': members(`role = 'admin'`),
    '/orgs/acme/members?role=member': members(`role = 'member'`),
    '/orgs/acme/teams': `select id from teams where organization_id = ${acme} order by slug`,
    '/orgs/acme/token-reviewers': `select user_id as id from token_reviewers where organization_id = ${acme} order by user_id`,
    '/orgs/acme/credential-authorizations': `
      select s.id from token_sso_authorizations s join tokens t on t.id = s.token_id
      where s.organization_id = ${acme} and s.revoked_at is null and ${is_live} order by s.id`,
    '/user/personal-access-tokens': own('true'),
    '/user/personal-access-tokens?kind=classic': own(`kind = 'classic'`),
    '/user/personal-access-tokens?state=revoked': own('revoked_at is not null'),
    '/user/personal-access-tokens?state=expired': own('revoked_at is null and expires_at <= now()'),
    '/user/personal-access-tokens?state=active&resource_owner=acme': own(
      `${is_live} and resource_owner_id = ${acme} and ${has('grants')})`,
    ),
    '/user/personal-access-tokens?state=pending': own(
      `${is_live} and kind = 'fine_grained' and not ${has('grants')}) and ${has('grant_requests')} and x.state = 'pending')`,
    ),
    '/user/notifications': `select id from notifications where user_id = ${ada} order by id desc`,
    '/admin/users': 'select id from users order by id',
    '/admin/organizations': 'select id from organizations order by id',
  };
}

const rels = (link: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...String(link ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, to = '', rel = '']) => [rel, to]),
  );

t.test('the pages of a list put together are the list', async (t) => {
  const app = await directoryApp(t, { settings: { RATE_LIMIT_PER_HOUR: '1000000' } });
  const world = await longWorld(app);
  const { session, acme, ids } = world;
  const [first] = await app.deps.db
    .selectFrom('repositories')
    .select('name')
    .where('owner_id', '=', acme)
    .orderBy('id')
    .limit(1)
    .execute();
  const month = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const named = (text: string) => text.replaceAll('FIRST', first?.name ?? '').replaceAll('MONTH', month);
  type Row = { readonly id?: number; readonly credential_id?: number; readonly token_id?: number };
  const page = async (url: string) => {
    const { status, body, headers } = await app.call(session, `GET ${url}`);
    if (status !== 200) throw new Error(`${url}: ${status} ${JSON.stringify(body)}`);
    return {
      ids: (body as Row[]).map((row) => row.credential_id ?? row.id ?? row.token_id),
      links: rels(headers.link),
    };
  };
  for (const [list, query] of Object.entries(listsOf(world))) {
    const url = named(list);
    const expected = await ids(named(query));
    if (!url.includes('nothing-of-this-name') && !url.startsWith('/admin/organizations')) {
      t.ok(expected.length > 10, `${url} is long enough: ${expected.length}`);
    }
    const numbered = (per_page: number, number: number) =>
      `${url}${url.includes('?') ? '&' : '?'}per_page=${per_page}&page=${number}`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 13, max: 100 }), fc.nat(), async (per_page, any) => {
        const pages = Math.max(1, Math.ceil(expected.length / per_page));
        const seen: unknown[] = [];
        let [next, number]: [string | undefined, number] = [numbered(per_page, 1), 1];
        while (next !== undefined) {
          const { ids: shown, links }: Awaited<ReturnType<typeof page>> = await page(next);
          seen.push(...shown);
          const there = Object.fromEntries(
            Object.entries(links).map(([rel, to]) => [rel, Number(new URL(to).searchParams.get('page'))]),
          );
          const before = number > 1 ? { prev: number - 1, first: 1 } : {};
          const behind = number < pages ? { next: number + 1 } : {};
          t.match({ last: pages, ...there }, { ...before, ...behind, last: pages }, `${url}: links of page ${number}`);
          t.equal('next' in there, number < pages, `${url}: where it ends`);
          next = links.next === undefined ? undefined : links.next.slice(new URL(links.next).origin.length);
          number += 1;
        }
        t.same(seen, expected, `${url} by ${per_page}`);
        const asked = 1 + (any % (pages + 2));
        const begin = (asked - 1) * per_page;
        t.same(
          (await page(numbered(per_page, asked))).ids,
          expected.slice(begin, begin + per_page),
          `${url}: page ${asked}`,
        );
      }),
      { numRuns: RUNS },
    );
  }
});
