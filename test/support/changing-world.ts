// A small world in real tables that changes at random: one statement a change, of every kind on which an answer can rest. And the
// questions that can be asked of it.

import type { Deps } from '../../src/deps.ts';
import type { FactsQuestion, ResourceKey, SubjectKey } from '../../src/facts/source.ts';
import { digestOf, newText } from '../../src/secrets.ts';
import { tokenRowsOf } from './token-rows.ts';
import { worldOf } from './world.ts';

/** A number from 0, below the given one. */
export type Draw = (below: number) => number;

const LOGINS = ['ada', 'bea', 'cyd', 'acme', 'beta', 'gamma', 'delta', 'dora', 'eve'] as const;
const NAMES = ['mill', 'press', 'well', 'own', 'barn'] as const;
const PERMISSIONS = ['{"metadata":"read"}', '{"contents":"write","metadata":"read"}', '{}', '{"members":"read"}'];
const SCOPES = [`'{}'`, `'{repo}'`, `'{repo,workflow}'`, `'{public_repo,admin:org}'`];
const ROLES = ['read', 'triage', 'write', 'maintain', 'admin'];
const VISIBILITIES = ['public', 'internal', 'private'];

export function pickBy<Value>(draw: Draw, values: readonly Value[]): Value {
  return values[draw(values.length)] as Value;
}

/** The row is there afterwards if it was not, and gone if it was. */
function toggled(table: string, key: Readonly<Record<string, number>>, more: Readonly<Record<string, string>> = {}) {
  const where = Object.entries(key).map(([column, id]) => `${column} = ${id}`);
  const columns = [...Object.keys(key), ...Object.keys(more)].join(', ');
  const values = [...Object.values(key), ...Object.values(more)].join(', ');
  return `with gone as (delete from ${table} where ${where.join(' and ')} returning 1)
    insert into ${table} (${columns}) select ${values} where not exists (select from gone)`;
}

export async function plantChangingWorld(deps: Deps) {
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [ada, bea, cyd] = [await world.person('ada'), await world.person('bea'), await world.person('cyd')];
  const [acme, beta] = [await world.organization('acme', ada), await world.organization('beta', bea)];
  await world.member(acme, bea);
  const galaxy = await world.enterprise('galaxy', [acme], [cyd]);
  const repositories = [
    await world.repository(acme, 'mill'),
    await world.repository(acme, 'press', 'internal'),
    await world.repository(beta, 'well', 'public'),
    await world.repository(ada, 'own'),
  ];
  const team = await world.team(acme, 'crew', [bea]);
  const subset = { owner: acme, permissions: { contents: 'write' }, selection: 'subset' } as const;
  const fine = [
    await rows.fineGrained(bea, { ...subset, repositories: repositories.slice(0, 2) }),
    await rows.fineGrained(ada, { owner: acme, permissions: { contents: 'read' }, selection: 'all' }),
    await rows.fineGrained(cyd, { permissions: { metadata: 'read' } }),
  ];
  const classic = [await rows.classic(ada, { scopes: ['repo'] }), await rows.classic(bea, { scopes: ['public_repo'] })];
  const exchanged = [
    await rows.exchanged(classic[0] as never, { scopes: ['repo'], repositories: repositories.slice(0, 1) }),
    await rows.exchanged(fine[1] as never, { permissions: { metadata: 'read' } }),
  ];
  const { client_id } = await world.client(['introspect', 'evaluate'], [acme]);
  const client = await deps.db
    .selectFrom('clients')
    .select('id')
    .where('client_id', '=', client_id)
    .executeTakeFirstOrThrow();
  /** The texts by which one of the tokens is known by turns. */
  const texts = Array.from({ length: 3 }, () => digestOf(newText('fine_grained', 'gth')));
  const renewed = fine[2]?.id ?? 0;

  const people = [ada, bea, cyd].map(({ id }) => id);
  const organizations = [acme, beta].map(({ id }) => id);
  const accounts = [...people, ...organizations];
  const repository_ids = repositories.map(({ id }) => id);
  const tokens = [...fine, ...classic].map(({ id }) => id);
  const fine_ids = fine.map(({ id }) => id);

  /** A statement that changes something, by the part of the world that it is about. */
  const changes: Readonly<Record<string, (draw: Draw) => string>> = {
    revocation: (draw) => `update tokens set revoked_at = case when revoked_at is null then now() end,
      revoked_reason = case when revoked_at is null then 'leaked' end where id = ${pickBy(draw, tokens)}`,
    expiry: (draw) =>
      `update tokens set expires_at = now() + interval '${draw(90) - 2} days' where id = ${pickBy(draw, tokens)}`,
    'name of a token': (draw) => `update tokens set name = 'name ${draw(9)}' where id = ${pickBy(draw, tokens)}`,
    scopes: (draw) => `update tokens set scopes = ${pickBy(draw, SCOPES)} where kind = 'classic'`,
    permissions: (draw) =>
      `update grants set permissions = '${pickBy(draw, PERMISSIONS)}' where token_id = ${pickBy(draw, fine_ids)}`,
    selection: (draw) => `update grants set repository_selection = '${pickBy(draw, ['none', 'all', 'subset'])}'
      where token_id = ${pickBy(draw, fine_ids)}`,
    'selected repositories': (draw) => {
      const grant = `(select id from grants where token_id = ${fine_ids[0]})`;
      const id = pickBy(draw, repository_ids);
      return `with gone as (delete from grant_repositories where grant_id = ${grant} and repository_id = ${id} returning 1)
        insert into grant_repositories select ${grant}, ${id} where not exists (select from gone) and ${grant} is not null`;
    },
    grant: (draw) => {
      const id = pickBy(draw, fine_ids);
      return `with gone as (delete from grants where token_id = ${id} returning 1)
        insert into grants (token_id, resource_owner_id, permissions, repository_selection, granted_at)
        select id, resource_owner_id, permissions, repository_selection, now() from tokens
        where id = ${id} and resource_owner_id is not null and not exists (select from gone)`;
    },
    request: (draw) => {
      const id = pickBy(draw, fine_ids.slice(0, 2));
      return toggled(
        'grant_requests',
        { token_id: id, resource_owner_id: acme.id },
        { state: `'pending'`, permissions: `'{}'`, repository_selection: `'none'`, created_at: 'now()' },
      );
    },
    'text of a token': (draw) => {
      const digest = pickBy(draw, texts);
      return `delete from token_secrets where token_id = ${renewed} and (not is_current or digest = '${digest}');
        update token_secrets set is_current = false, expires_at = now() + interval '1 day' where token_id = ${renewed};
        insert into token_secrets (digest, token_id, is_current) values ('${digest}', ${renewed}, true)`;
    },
    'end of an exchanged text': (draw) =>
      `update exchanged_tokens set ended_at = case when ended_at is null then now() end where id = ${pickBy(draw, exchanged).id}`,
    // They are chosen when it is made, and none comes later: that alone would not be noted.
    'repositories of an exchanged text': (draw) => {
      const id = exchanged[0]?.id ?? 0;
      const key = { exchanged_token_id: id, repository_id: pickBy(draw, repository_ids) };
      return `${toggled('exchanged_token_repositories', key)};
        update exchanged_tokens set ended_at = ended_at where id = ${id}`;
    },
    'single sign-on of a token': (draw) =>
      toggled(
        'token_sso_authorizations',
        { token_id: pickBy(draw, tokens), organization_id: acme.id },
        { authorized_at: 'now()' },
      ),
    'single sign-on': (draw) =>
      toggled('organization_sso', { organization_id: pickBy(draw, organizations) }, { required: 'true' }),
    suspension: (draw) =>
      `update users set suspended_at = case when suspended_at is null then now() end where id = ${pickBy(draw, people)}`,
    'site administrator': (draw) => `update users set site_admin = not site_admin where id = ${pickBy(draw, people)}`,
    login: (draw) => {
      const login = pickBy(draw, LOGINS);
      return `update accounts set login = '${login}' where id = ${pickBy(draw, accounts)}
        and not exists (select from accounts where login_key = '${login}')`;
    },
    profile: (draw) =>
      `update accounts set profile_name = 'Profile ${draw(9)}' where id = ${pickBy(draw, organizations)}`,
    membership: (draw) =>
      toggled(
        'memberships',
        { organization_id: pickBy(draw, organizations), user_id: pickBy(draw, people) },
        { role: `'${pickBy(draw, ['admin', 'member'])}'` },
      ),
    'role of a member': (draw) => `update memberships set role = '${pickBy(draw, ['admin', 'member'])}'
      where user_id = ${pickBy(draw, people)}`,
    reviewer: (draw) => {
      const id = pickBy(draw, people);
      return `with gone as (delete from token_reviewers where user_id = ${id} returning 1)
        insert into token_reviewers select organization_id, user_id from memberships
        where user_id = ${id} and not exists (select from gone)`;
    },
    'member of a team': (draw) => toggled('team_members', { team_id: team.id, user_id: pickBy(draw, people) }),
    'repository of a team': (draw) =>
      toggled(
        'team_repositories',
        { team_id: team.id, repository_id: pickBy(draw, repository_ids) },
        { role: `'${pickBy(draw, ROLES)}'` },
      ),
    collaborator: (draw) =>
      toggled(
        'collaborators',
        { repository_id: pickBy(draw, repository_ids), user_id: pickBy(draw, people) },
        { role: `'${pickBy(draw, ROLES)}'` },
      ),
    'name of a repository': (draw) =>
      `update repositories set name = '${pickBy(draw, NAMES)}' where id = ${pickBy(draw, repository_ids)}`,
    visibility: (draw) =>
      `update repositories set visibility = '${pickBy(draw, VISIBILITIES)}' where id = ${pickBy(draw, repository_ids)}`,
    archive: (draw) => `update repositories set archived = not archived where id = ${pickBy(draw, repository_ids)}`,
    transfer: (draw) =>
      `update repositories set owner_id = ${pickBy(draw, accounts)} where id = ${pickBy(draw, repository_ids)}`,
    'policy of an organization': (draw) => `update organization_token_policies set
      fine_grained_tokens = '${pickBy(draw, ['allowed', 'restricted'])}', classic_tokens = '${pickBy(draw, ['allowed', 'restricted'])}',
      max_lifetime_days_classic = ${1 + draw(366)} where organization_id = ${pickBy(draw, organizations)}`,
    'no policy': (draw) => toggled('organization_token_policies', { organization_id: pickBy(draw, organizations) }),
    'base permission': (
      draw,
    ) => `update organizations set default_repository_permission = '${pickBy(draw, ['none', 'read', 'write'])}'
      where id = ${pickBy(draw, organizations)}`,
    'enterprise of an organization': (draw) => `update organizations
      set enterprise_id = case when enterprise_id is null then ${galaxy.id} end where id = ${pickBy(draw, organizations)}`,
    'policy of the enterprise': (draw) => `update enterprise_token_policies set
      fine_grained_tokens = '${pickBy(draw, ['allowed', 'restricted', 'no_policy'])}', max_lifetime_days_classic = ${draw(366)}`,
    'name of the enterprise': (draw) => `update enterprises set name = 'Galaxy ${draw(9)}'`,
    'administrator of the enterprise': (draw) =>
      toggled('enterprise_administrators', { enterprise_id: galaxy.id, user_id: pickBy(draw, people) }),
    'organizations of the client': (draw) =>
      toggled('client_organizations', { client_id: client.id, organization_id: pickBy(draw, organizations) }),
  };

  const galaxy_key = { type: 'enterprise', slug: 'Galaxy' } as const;
  const digests = [...fine, ...classic, ...exchanged].map(({ digest }) => digest).concat(texts);
  const subjects: readonly SubjectKey[] = [
    ...digests.map((digest) => ({ type: 'token_text', digest }) as const),
    ...tokens.map((id) => ({ type: 'token_id', id }) as const),
    ...LOGINS.map((login) => ({ type: 'login', login }) as const),
    { type: 'anonymous' },
  ];
  const resources: readonly ResourceKey[] = [
    ...LOGINS.flatMap((owner) => NAMES.map((name) => ({ type: 'repository', owner, name }) as const)),
    ...repository_ids.map((id) => ({ type: 'repository_id', id }) as const),
    ...LOGINS.flatMap((login) => (['organization', 'user', 'account'] as const).map((type) => ({ type, login }))),
    galaxy_key,
    { type: 'organization_of_team', team_id: team.id },
    ...(['none', 'granted', 'granted', 'granted', 'granted', 'holder', 'holder'] as const).map((type) => ({ type })),
  ];

  const text_of = (place: number) => ({ type: 'token_text', digest: digests[place] ?? '' }) as const;
  const repository_of = (place: number) => ({ type: 'repository_id', id: repository_ids[place] ?? 0 }) as const;
  /** Some that rest on each kind of thing. */
  const steady: readonly FactsQuestion[] = [
    { subject: text_of(0), resource: { type: 'granted' }, bounded_client_id: client.id },
    { subject: text_of(1), resource: { type: 'none' }, bounded_client_id: client.id },
    { subject: { type: 'anonymous' }, resource: galaxy_key, bounded_client_id: null },
    { subject: text_of(2), resource: galaxy_key, bounded_client_id: null },
    { subject: { type: 'anonymous' }, resource: repository_of(0), bounded_client_id: null },
    { subject: text_of(3), resource: repository_of(1), bounded_client_id: null },
  ];

  return {
    changes,
    steady,
    question: (draw: Draw): FactsQuestion => ({
      subject: pickBy(draw, subjects),
      resource: pickBy(draw, resources),
      bounded_client_id: draw(3) === 0 ? client.id : null,
    }),
  };
}
