// A small directory in which everything that a read may depend on varies at random: visibilities, base permissions, teams,
// collaborators, enterprises, policies, single sign-on, and credentials of every kind. The same number gives the same one.

import type { Deps } from '../../src/deps.ts';
import { daysAfter } from '../../src/domain/lifetime.ts';
import type { Role, Visibility } from '../../src/domain/vocabulary.ts';
import { digestOf } from '../../src/secrets.ts';
import { type ExchangedRow, tokenRowsOf, type WorldToken } from './token-rows.ts';
import { bearer, type Named, type WorldRepository, worldOf } from './world.ts';

export interface Credential {
  readonly what: string;
  /** Null: nobody. */
  readonly holder: Named | null;
  readonly headers: { readonly authorization?: string };
  readonly kind: 'anonymous' | 'session' | 'classic' | 'fine_grained';
  /** Whether its text is an exchanged one, which no id names. */
  readonly exchanged?: true;
  readonly scopes: readonly string[];
  readonly token_id: number | null;
}

export interface RandomDirectory {
  readonly organizations: readonly Named[];
  readonly repositories: readonly (WorldRepository & { readonly owner: Named })[];
  readonly credentials: readonly Credential[];
}

const ROLES: readonly Role[] = ['read', 'triage', 'write', 'maintain', 'admin'];
const SCOPES = [
  [],
  ['repo'],
  ['public_repo'],
  ['read:org'],
  ['user'],
  ['admin:org', 'repo'],
  ['repo:status'],
  ['delete_repo', 'read:user'],
] as const;
const PERMISSIONS = [
  {},
  { metadata: 'read' },
  { contents: 'write', issues: 'read' },
  { members: 'read' },
  { metadata: 'read', members: 'read' },
] as const;

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fills an empty database. */
export async function randomDirectory(deps: Deps, seed: number): Promise<RandomDirectory> {
  const { db } = deps;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const random = randomFrom(seed);
  const chance = (of: number): boolean => random() < of;
  const one = <Value>(values: readonly Value[]): Value => {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new Error('there is nothing to choose from');
    return value;
  };

  const people: Named[] = [];
  for (const login of ['ann', 'Bob', 'cy', 'Dee', 'boss']) people.push(await world.person(login));
  const [ann, bob, , , boss] = people as [Named, Named, Named, Named, Named];

  const organizations: Named[] = [];
  for (const login of ['Zeta', 'eta', 'Iota', 'mu']) {
    const organization = await world.organization(login, boss, {
      fine_grained_tokens: chance(0.75) ? 'allowed' : 'restricted',
      classic_tokens: chance(0.75) ? 'allowed' : 'restricted',
      max_lifetime_days_fine_grained: chance(0.7) ? null : 7,
      max_lifetime_days_classic: chance(0.7) ? null : 7,
      lifetime_applies_to_public_reads: chance(0.4),
    });
    organizations.push(organization);
    const default_repository_permission = one(['none', 'none', 'read', 'write', 'admin']);
    await db
      .updateTable('organizations')
      .set({ default_repository_permission })
      .where('id', '=', organization.id)
      .execute();
    if (chance(0.3)) {
      await db.insertInto('organization_sso').values({ organization_id: organization.id, required: true }).execute();
    }
  }
  const enterprise = await world.enterprise('Corp', organizations.slice(0, 2), chance(0.3) ? [ann] : []);
  await db
    .updateTable('enterprise_token_policies')
    .set({
      classic_tokens: one(['no_policy', 'no_policy', 'allowed', 'restricted']),
      fine_grained_tokens: one(['no_policy', 'no_policy', 'allowed', 'restricted']),
      max_lifetime_days_classic: one([null, null, 0, 10]),
      lifetime_applies_to_public_reads: one(['no_policy', 'true', 'false']),
      exempt_administrators: chance(0.5),
    })
    .where('enterprise_id', '=', enterprise.id)
    .execute();

  const repositories: (WorldRepository & { owner: Named })[] = [];
  async function addRepository(owner: Named, name: string, visibilities: readonly Visibility[]): Promise<void> {
    const made = await world.repository(owner, name, one(visibilities));
    repositories.push({ ...made, owner });
    if (chance(0.2)) await db.updateTable('repositories').set({ archived: true }).where('id', '=', made.id).execute();
    for (const each of people) if (chance(0.12)) await world.collaborator(made, each, one(ROLES));
  }
  for (const [index, owner] of organizations.entries()) {
    const visibilities: readonly Visibility[] = index < 2 ? ['public', 'internal', 'private'] : ['public', 'private'];
    for (const name of ['b', 'A', 'c.c', 'D_d', 'e-e']) await addRepository(owner, name, visibilities);
  }
  for (const owner of [ann, bob, boss]) {
    for (const name of ['own', 'A']) await addRepository(owner, name, ['public', 'private']);
  }

  for (const of of organizations) {
    const members = people.filter((each) => each !== boss && chance(0.5));
    for (const each of members) await world.member(of, each, chance(0.2) ? 'admin' : 'member');
    const owned = repositories.filter((each) => each.owner === of && chance(0.4));
    await world.team(
      of,
      'crew',
      members.filter(() => chance(0.6)),
      owned.map((on) => ({ on, role: one(ROLES) })),
    );
  }

  const credentials: Credential[] = [
    { what: 'nobody', holder: null, headers: {}, kind: 'anonymous', scopes: [], token_id: null },
  ];
  async function addExchanged(of: Credential, token: WorldToken, row: ExchangedRow): Promise<void> {
    const some = chance(0.7) ? repositories.filter(() => chance(0.5)) : null;
    const { text } = await rows.exchanged(token, { ...row, repositories: some });
    const what = `${of.what} exchanged (${JSON.stringify(row)}, ${some?.map((each) => each.full_name) ?? 'all'})`;
    credentials.push({ ...of, what, headers: bearer(text), exchanged: true });
  }
  for (const holder of [ann, bob]) {
    const headers = bearer(await world.session(holder));
    credentials.push({
      what: `${holder.login}'s session`,
      holder,
      headers,
      kind: 'session',
      scopes: [],
      token_id: null,
    });
    for (const scopes of [['repo', 'read:org'], one(SCOPES), one(SCOPES)]) {
      const expires_at = chance(0.5) ? daysAfter(deps.clock(), 5) : null;
      const { id, text } = await rows.classic(holder, { scopes, expires_at });
      const what = `${holder.login}'s classic token (${scopes.join(' ')})`;
      const credential = { what, holder, headers: bearer(text), kind: 'classic', scopes, token_id: id } as const;
      credentials.push(credential);
      const fewer = scopes.filter(() => chance(0.8));
      if (chance(0.6))
        await addExchanged({ ...credential, scopes: fewer }, { id, text, digest: digestOf(text) }, { scopes: fewer });
    }
    for (const selection of ['none', 'all', 'subset'] as const) {
      const owner = one([holder, ...organizations]);
      // Oneself is never asked: what is not granted there has been taken away.
      const ungranted = owner === holder ? ('denied' as const) : one(['pending', 'denied'] as const);
      const standing = chance(0.6) ? ('granted' as const) : ungranted;
      const permissions = one(PERMISSIONS);
      const selected = selection === 'subset' ? repositories.filter((each) => each.owner === owner && chance(0.6)) : [];
      const expires_at = chance(0.5) ? daysAfter(deps.clock(), 5) : null;
      const asked = { owner, selection, repositories: selected, permissions, standing, expires_at };
      const { id, text } = await rows.fineGrained(holder, asked);
      const what = `${holder.login}'s ${standing} token of ${owner.login} (${selection}, ${JSON.stringify(permissions)})`;
      const credential = {
        what,
        holder,
        headers: bearer(text),
        kind: 'fine_grained',
        scopes: [],
        token_id: id,
      } as const;
      credentials.push(credential);
      const narrower = { permissions: chance(0.6) ? permissions : one(PERMISSIONS) };
      if (chance(0.6)) await addExchanged(credential, { id, text, digest: digestOf(text) }, narrower);
    }
  }
  for (const { token_id, exchanged } of credentials) {
    if (token_id === null || exchanged) continue;
    for (const { id } of organizations.filter(() => chance(0.6))) {
      await db
        .insertInto('token_sso_authorizations')
        .values({ token_id, organization_id: id, authorized_at: deps.clock() })
        .execute();
    }
  }
  return { organizations, repositories, credentials };
}
