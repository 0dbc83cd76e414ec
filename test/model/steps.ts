// The steps of random histories: what is drawn, which call it is, and what the rules plan for it (acts.ts). A step that does
// not apply in the state that it meets is left out. Everything is picked from few things, so that acts meet each other.

import fc from 'fast-check';
import { ownOperation } from '../../src/domain/own-operations.ts';
import * as acts from './acts.ts';
import { type Asker, judge, type Named } from './judge.ts';
import { hasEnded, isAlive, type Organization, type Person, type Repository, type State, type Token } from './state.ts';

/** A state with what the tests know besides. */
export type World = {
  readonly state: State;
  /** Names that are taken and given back in this history. */
  readonly names: { readonly people: readonly string[]; readonly organizations: readonly string[] };
  /** Until when a person's session has proved who he is at an organization, by `person organization`. */
  readonly proofs: Map<string, number>;
  /** A client that is bound to one of the organizations (T6). */
  readonly bound: { readonly authorization: string; readonly organizations: ReadonlySet<number> };
};

export type Call = {
  readonly say: string;
  /** Null: with no credential; `root`: the site administrator. */
  readonly as: Person | 'root' | null;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly payload?: object;
  readonly plan: acts.Plan;
  /** Entries that may be any. */
  readonly any_audit?: true;
};
/** What is no call of the service's API. */
export type Other =
  | { readonly say: string; readonly other: 'advance'; readonly ms: number }
  | { readonly say: string; readonly other: 'prove'; readonly person: Person; readonly organization: Organization }
  | {
      readonly say: string;
      readonly other: 'exchange';
      readonly index: number;
      readonly ask: acts.ExchangeAsk;
      readonly plan: acts.Plan;
    }
  | {
      readonly say: string;
      readonly other: 'introspect' | 'use' | 'gateway' | 'list';
      readonly index: number;
      readonly n: number;
    }
  | { readonly say: string; readonly other: 'restart'; readonly n: number }
  | { readonly say: string; readonly other: 'cut' };

type Args = { readonly a: number; readonly b: number; readonly c: number; readonly by: number };
type Draw = (world: World, args: Args) => Call | Other | null;

export function pick<Value>(values: Iterable<Value>, n: number): Value | undefined {
  const all = [...values];
  return all[n % all.length];
}

const DAY_MS = 86_400_000;
const TOKENS = '/user/personal-access-tokens';
const PERMISSIONS = [
  { contents: 'read' },
  { contents: 'write' },
  { contents: 'write', administration: 'write' },
  { metadata: 'read', members: 'read' },
  { contents: 'write', members: 'write' },
  { administration: 'write', organization_administration: 'write' },
] as const;
const SCOPES = [
  ['repo'],
  ['repo', 'admin:org'],
  ['public_repo'],
  [],
  ['read:org'],
  ['repo:status'],
  ['delete_repo', 'repo'],
] as const;
const SELECTIONS = ['all', 'subset', 'subset', 'none'] as const;
const DAYS = [30, 7, 1, 60, 366] as const;
const ROLES = ['write', 'read', 'admin', 'triage', 'maintain'] as const;

const active = ({ state }: World): Person[] => [...state.people.values()].filter((each) => !each.suspended);
const ownerName = ({ state }: World, id: number): string =>
  (state.people.get(id) ?? state.organizations.get(id))?.login ?? 'nobody';
export const fullName = (world: World, { owner_id, name }: Repository): string =>
  `${ownerName(world, owner_id)}/${name}`;
const holderOf = ({ state }: World, { holder_id }: Token): Person | undefined => state.people.get(holder_id);

function ownerOf({ state }: World, organization: Organization): Person | undefined {
  const owners = [...organization.members].filter(([, role]) => role === 'admin').map(([id]) => state.people.get(id));
  return owners.find((each) => each?.suspended === false);
}

/** Mostly somebody who may, now and then anybody. */
function actor(world: World, right: Person | undefined, by: number): Person | null {
  const chosen = by < 5 ? right : pick(active(world), by);
  return chosen === undefined || chosen.suspended ? null : chosen;
}

const proved = ({ proofs, state }: World, person_id: number, owner_id: number): boolean =>
  (proofs.get(`${person_id} ${owner_id}`) ?? 0) > state.now;

/** The rules on the operation itself, before what it does: a refusal is planned with its entry. */
function judged(
  { state }: World,
  [person, id, named, action]: readonly [Person, string, Named, string],
  plan: () => acts.Plan,
  becomes?: 'public' | 'internal' | 'private',
): acts.Plan {
  const asker: Asker = { type: 'person', login: person.login };
  const { effect, status } = judge(
    state,
    asker,
    { ask: { type: 'operation', operation: ownOperation(id) }, becomes },
    named,
  );
  return effect === 'allow' ? plan() : { status, audit: [`${action} refused`] };
}

function onRepository(
  world: World,
  { a, by }: Args,
  make: (repository: Repository, person: Person, path: string) => Call | null,
): Call | null {
  const repository = pick(world.state.repositories.values(), a);
  if (repository === undefined) return null;
  const organization = world.state.organizations.get(repository.owner_id);
  const right = organization === undefined ? world.state.people.get(repository.owner_id) : ownerOf(world, organization);
  const person = actor(world, right, by);
  return person && make(repository, person, `/repos/${fullName(world, repository)}`);
}

function onOrganization(
  world: World,
  { a, by }: Args,
  make: (organization: Organization, person: Person, path: string) => Call | null,
): Call | null {
  const organization = pick(world.state.organizations.values(), a);
  const person = organization && actor(world, ownerOf(world, organization), by);
  return person ? make(organization, person, `/orgs/${organization.login}`) : null;
}

function onToken(
  world: World,
  n: number,
  make: (token: Token, holder: Person, path: string) => Call | null,
): Call | null {
  const token = pick(world.state.tokens.values(), n);
  const holder = token && holderOf(world, token);
  if (token === undefined || holder === undefined || holder.suspended) return null;
  return make(token, holder, `${TOKENS}/${token.id}`);
}

const repositoriesOf = ({ state }: World, owner_id: number): Repository[] =>
  [...state.repositories.values()].filter((each) => each.owner_id === owner_id);

function accessAsk(world: World, owner_id: number, { b, c }: Args): acts.AccessAsk {
  const all = repositoriesOf(world, owner_id);
  const selection = SELECTIONS[c % SELECTIONS.length] ?? 'none';
  const given = PERMISSIONS[b % PERMISSIONS.length] ?? {};
  const for_people = Object.fromEntries(
    Object.entries(given).filter(([name]) => !name.startsWith('org') && name !== 'members'),
  );
  const of_organization = world.state.organizations.has(owner_id);
  const without_repositories = of_organization ? { members: 'read' } : {};
  const names = of_organization ? given : for_people;
  const permissions = selection === 'none' ? without_repositories : names;
  const repositories =
    selection === 'subset' ? all.filter((_, index) => ((c >> 2) + 1 + index) % 3 !== 0).slice(0, 2) : [];
  return { permissions, selection, repositories };
}

const wire = (world: World, { permissions, selection, repositories }: acts.AccessAsk): object => ({
  permissions,
  repository_selection: selection,
  ...(selection === 'subset' && { repositories: repositories.map((each) => fullName(world, each)) }),
});

const inWords = (world: World, { permissions, selection, repositories }: acts.AccessAsk): string =>
  `${JSON.stringify(permissions)} on ${selection === 'subset' ? repositories.map((each) => fullName(world, each)).join(' and ') : selection}`;

const issueFineGrained: Draw = (world, args) => {
  const { state } = world;
  const holder = pick(active(world), args.a);
  if (holder === undefined) return null;
  const joined = [...state.organizations.values()].filter((each) => each.members.has(holder.id));
  const own = { id: holder.id, login: holder.login };
  const eligible =
    args.by < 5
      ? (pick([...joined, ...joined, own], args.c >> 3) ?? own)
      : pick([...state.organizations.values(), own], args.b);
  if (eligible === undefined) return null;
  const days = DAYS[(args.a + args.b) % DAYS.length] ?? 30;
  const ask = {
    ...accessAsk(world, eligible.id, args),
    days,
    owner_id: eligible.id,
    sso_live: proved(world, holder.id, eligible.id),
  };
  return {
    say: `${holder.login} makes a fine-grained token of ${eligible.login} for ${days} days: ${inWords(world, ask)}`,
    ...{ as: holder, method: 'POST', url: TOKENS },
    payload: {
      kind: 'fine_grained',
      name: `t${args.b}-${state.texts.length}`,
      resource_owner: eligible.login,
      expires_in_days: days,
      ...wire(world, ask),
    },
    plan: acts.issueFineGrained(state, holder, ask),
  };
};

const issueClassic: Draw = (world, { a, b, c }) => {
  const holder = pick(active(world), a);
  if (holder === undefined) return null;
  const scopes = SCOPES[b % SCOPES.length] ?? [];
  const days = c % 5 === 0 ? null : (DAYS[c % DAYS.length] ?? 30);
  return {
    say: `${holder.login} makes a classic token (${scopes.join(' ')}) for ${days ?? 'ever'} days`,
    ...{ as: holder, method: 'POST', url: TOKENS },
    payload: {
      kind: 'classic',
      name: `c-${world.state.texts.length}`,
      scopes,
      ...(days === null ? { never_expires: true } : { expires_in_days: days }),
    },
    plan: acts.issueClassic(world.state, holder, { scopes: normal(scopes), days }),
  };
};
/** K5: as the service stores them. */
const normal = (scopes: readonly string[]): readonly string[] =>
  scopes.includes('delete_repo') ? ['delete_repo', 'repo'] : scopes;

const editToken: Draw = (world, args) =>
  onToken(world, args.a, (token, as, url) => {
    if (token.kind === 'classic') {
      const scopes = SCOPES[args.b % SCOPES.length] ?? [];
      const plan = acts.editScopes(world.state, token, normal(scopes));
      return {
        say: `${as.login} edits token ${token.id}: (${scopes.join(' ')})`,
        as,
        method: 'PATCH',
        url,
        payload: { scopes },
        plan,
      };
    }
    if (token.owner_id === null || ownerName(world, token.owner_id) === 'nobody') return null;
    const ask = accessAsk(world, token.owner_id, args);
    const plan = acts.editAccess(world.state, token, ask, proved(world, token.holder_id, token.owner_id));
    return {
      say: `${as.login} edits token ${token.id}: ${inWords(world, ask)}`,
      as,
      method: 'PATCH',
      url,
      payload: wire(world, ask),
      plan,
    };
  });

/** To an end that is nearer, as near as may be and a millisecond nearer, the present one, a millisecond later, never. */
const editLife: Draw = (world, { a, b, c }) =>
  onToken(world, a, (token, as, url) => {
    const { now } = world.state;
    const present = token.expires_at ?? now + 40 * DAY_MS;
    const nearer = now + Math.floor((Math.max(present - now, 0) * (1 + (c % 7))) / 8);
    const expires_at = pick([nearer, nearer, now + 999, now + 1000, token.expires_at, present + 1, null], b) ?? null;
    const said = expires_at === null ? null : new Date(expires_at).toISOString();
    const plan = acts.editLife(world.state, token, expires_at);
    const say = `${as.login} edits token ${token.id}: until ${said ?? 'ever'}`;
    return { say, as, method: 'PATCH', url, payload: { expires_at: said }, plan };
  });

const regenerate: Draw = (world, { a, b, c }) =>
  onToken(world, a, (token, as, url) => {
    const days = b % 3 === 0 ? DAYS[c % DAYS.length] : undefined;
    const overlap_seconds = b % 2 === 0 ? 0 : 3600;
    const payload = { overlap_seconds, ...(days !== undefined && { expires_in_days: days }) };
    const sso_live = token.owner_id !== null && proved(world, token.holder_id, token.owner_id);
    const plan = acts.regenerate(world.state, token, { days, overlap_seconds, sso_live });
    const say = `${as.login} regenerates token ${token.id} ${JSON.stringify(payload)}`;
    return { say, as, method: 'POST', url: `${url}/regenerate`, payload, plan };
  });

const deleteToken: Draw = (world, { a }) =>
  onToken(world, a, (token, as, url) => {
    const plan = acts.deleteToken(world.state, token);
    return { say: `${as.login} deletes token ${token.id}`, as, method: 'DELETE', url, plan };
  });

const endTokens: Draw = (world, { a }) => {
  const person = pick(world.state.people.values(), a);
  if (person === undefined) return null;
  const plan = acts.endTokens(world.state, person);
  const url = `/admin/users/${person.login}/tokens`;
  return { say: `all tokens of ${person.login} are ended`, as: 'root', method: 'DELETE', url, plan };
};

const askAgain: Draw = (world, { a }) =>
  onToken(world, a, (token, as, url) => {
    const sso_live = token.owner_id !== null && proved(world, token.holder_id, token.owner_id);
    const plan = acts.askAgain(world.state, token, sso_live);
    return {
      say: `${as.login} asks again for token ${token.id}`,
      as,
      method: 'POST',
      url: `${url}/request`,
      payload: {},
      plan,
    };
  });

const withdraw: Draw = (world, { a }) =>
  onToken(world, a, (token, as, url) => {
    const plan = acts.withdraw(token);
    return {
      say: `${as.login} withdraws what token ${token.id} asks`,
      as,
      method: 'DELETE',
      url: `${url}/request`,
      plan,
    };
  });

const leak: Draw = (world, { a }) => {
  const text = pick(world.state.texts, a);
  if (text === undefined) return null;
  return {
    say: `text ${world.state.texts.indexOf(text)} of token ${text.token_id} is reported`,
    ...{ as: null, method: 'POST', url: '/credentials/revoke', payload: { credentials: [text.text] } },
    plan: acts.reportLeak(world.state, text),
  };
};

const review: Draw = (world, { a, b, c }) => {
  const { state } = world;
  const waiting = [...state.tokens.values()].filter(
    (each) => each.owner_id !== null && state.organizations.has(each.owner_id),
  );
  const asking = waiting.filter((each) => each.pending !== null);
  const token = pick(asking.length > 0 && c % 8 !== 0 ? asking : waiting, a);
  const organization = token?.owner_id != null ? state.organizations.get(token.owner_id) : undefined;
  const as = organization && ownerOf(world, organization);
  const ended = token && pick(token.ended_requests, c);
  const request_id = c % 8 === 0 ? (ended ?? token?.pending) : token?.pending;
  if (token === undefined || !organization || !as || request_id == null) return null;
  const act = b % 3 === 0 ? 'deny' : 'approve';
  return {
    say: `${as.login} would ${act} request ${request_id} of token ${token.id}`,
    ...{ as, method: 'POST', url: `/orgs/${organization.login}/personal-access-token-requests/${request_id}` },
    payload: { action: act },
    plan: acts.review(state, token, act, request_id),
  };
};

const setPolicy: Draw = (world, args) =>
  onOrganization(world, args, (organization, as, path) => {
    const { b, c } = args;
    const patches: acts.PolicyPatch[] = [
      { fine_grained_tokens: c % 3 === 0 ? 'restricted' : 'allowed' },
      { classic_tokens: c % 3 === 0 ? 'restricted' : 'allowed' },
      { approval: c % 2 === 0 ? 'required' : 'not_required' },
      { max_lifetime_days: { fine_grained: pick([null, 7, 30, 366], c) ?? null } },
      { max_lifetime_days: { classic: pick([null, 7, 30], c) ?? null } },
      { lifetime_applies_to_public_reads: c % 2 === 0 },
    ];
    const payload = pick(patches, b) ?? {};
    const named = { type: 'organization', id: organization.login } as const;
    const url = `${path}/settings/personal-access-tokens`;
    const plan = judged(world, [as, 'PATCH /orgs/{org}/settings/personal-access-tokens', named, 'policy'], () =>
      acts.setOrganizationPolicy(world.state, organization, payload),
    );
    const refused = plan.status === 403 ? { any_audit: true as const } : {};
    return {
      say: `${as.login} sets the policy of ${organization.login}: ${JSON.stringify(payload)}`,
      as,
      method: 'PATCH',
      url,
      payload,
      plan,
      ...refused,
    };
  });

const setEnterprisePolicy: Draw = (world, { b, c }) => {
  const { enterprise } = world.state;
  const as = [...enterprise.admins].map((id) => world.state.people.get(id)).find((each) => each?.suspended === false);
  if (as === undefined) return null;
  const word = pick(['no_policy', 'allowed', 'restricted', 'no_policy'] as const, c) ?? 'no_policy';
  const patches: acts.EnterprisePatch[] = [
    { fine_grained_tokens: word },
    { classic_tokens: word },
    { approval: pick(['no_policy', 'required', 'not_required'] as const, c) ?? 'no_policy' },
    { max_lifetime_days: { fine_grained: pick(['no_policy', 30, 7, null] as const, c) ?? null } },
    { max_lifetime_days: { classic: pick(['no_policy', 30, null] as const, c) ?? null } },
    { lifetime_applies_to_public_reads: pick(['no_policy', true, false] as const, c) ?? 'no_policy' },
    { exempt_administrators: c % 2 === 0 },
  ];
  const payload = pick(patches, b) ?? {};
  const url = `/enterprises/${enterprise.slug}/settings/personal-access-tokens`;
  const plan = { audit: [], ...acts.setEnterprisePolicy(world.state, payload) };
  return {
    say: `${as.login} sets the enterprise's policy: ${JSON.stringify(payload)}`,
    as,
    method: 'PATCH',
    url,
    payload,
    plan,
    any_audit: true,
  };
};

const createPerson: Draw = ({ state, names }, { a }) => {
  const login = pick(names.people, a) ?? '';
  const payload = {
    login,
    email: `${login}.${state.now}@example.test`,
    email_verified: true,
    password: 'correct horse battery',
  };
  return {
    say: `${login} is made`,
    as: 'root',
    method: 'POST',
    url: '/admin/users',
    payload,
    plan: acts.createPerson(state, login),
  };
};

const onPerson = (world: World, a: number, make: (person: Person) => Call): Call | null => {
  const person = pick(world.state.people.values(), a);
  return person === undefined ? null : make(person);
};

const renamePerson: Draw = (world, { a, b }) =>
  onPerson(world, a, (person) => {
    const login = pick([...world.names.people, ...world.names.organizations], b) ?? '';
    const plan = acts.renamePerson(world.state, person, login);
    return {
      say: `${person.login} becomes ${login}`,
      as: 'root',
      method: 'PATCH',
      url: `/admin/users/${person.login}`,
      payload: { login },
      plan,
    };
  });

const deletePerson: Draw = (world, { a }) =>
  onPerson(world, a, (person) => {
    const plan = acts.deletePerson(world.state, person);
    return {
      say: `${person.login} is deleted`,
      as: 'root',
      method: 'DELETE',
      url: `/admin/users/${person.login}`,
      plan,
    };
  });

const suspend: Draw = (world, { a, b }) =>
  onPerson(world, a, (person) => {
    const url = `/users/${person.login}/suspended`;
    if (b % 2 === 0 && !person.suspended) {
      return {
        say: `${person.login} is suspended`,
        as: 'root',
        method: 'PUT',
        url,
        payload: {},
        plan: acts.suspend(person),
      };
    }
    return { say: `${person.login} may act again`, as: 'root', method: 'DELETE', url, plan: acts.unsuspend(person) };
  });

const createOrganization: Draw = (world, { a, b }) => {
  const admin = pick(active(world), b);
  const login = pick(world.names.organizations, a) ?? '';
  if (admin === undefined) return null;
  const plan = acts.createOrganization(world.state, login, admin);
  const say = `${login} is made for ${admin.login}`;
  return { say, as: 'root', method: 'POST', url: '/admin/organizations', payload: { login, admin: admin.login }, plan };
};

const editOrganization: Draw = (world, args) =>
  onOrganization(world, args, (organization, as, url) => {
    const login = pick(world.names.organizations, args.b) ?? '';
    const base = pick(['none', 'read', 'write', 'admin'] as const, args.c) ?? 'none';
    const payload = args.b % 2 === 0 ? { login } : { default_repository_permission: base };
    const named = { type: 'organization', id: organization.login } as const;
    const plan = judged(world, [as, 'PATCH /orgs/{org}', named, 'org.update'], () =>
      acts.editOrganization(world.state, organization, payload),
    );
    return {
      say: `${as.login} edits ${organization.login}: ${JSON.stringify(payload)}`,
      as,
      method: 'PATCH',
      url,
      payload,
      plan,
    };
  });

const member: Draw = (world, args) =>
  onOrganization(world, args, (organization, as, path) => {
    const person = pick(world.state.people.values(), args.b);
    if (person === undefined) return null;
    const named = { type: 'organization', id: organization.login } as const;
    const url = `${path}/memberships/${person.login}`;
    if (args.c % 5 === 0) {
      const plan = judged(world, [as, 'DELETE /orgs/{org}/memberships/{username}', named, 'org.remove_member'], () =>
        acts.removeMember(world.state, organization, person),
      );
      return { say: `${as.login} removes ${person.login} from ${organization.login}`, as, method: 'DELETE', url, plan };
    }
    const role = args.c % 4 === 3 ? 'admin' : 'member';
    const plan = judged(world, [as, 'PUT /orgs/{org}/memberships/{username}', named, 'org.add_member'], () =>
      acts.setMember(organization, person, role),
    );
    return {
      say: `${as.login} makes ${person.login} ${role} of ${organization.login}`,
      as,
      method: 'PUT',
      url,
      payload: { role },
      plan,
    };
  });

const enterprise: Draw = (world, { a, b }) => {
  const organization = pick(world.state.organizations.values(), a);
  if (organization === undefined) return null;
  const url = `/enterprises/${world.state.enterprise.slug}/organizations/${organization.login}`;
  if (b % 2 === 0) {
    return {
      say: `${organization.login} joins the enterprise`,
      as: 'root',
      method: 'PUT',
      url,
      payload: {},
      plan: acts.joinEnterprise(organization),
    };
  }
  const plan = acts.leaveEnterprise(world.state, organization);
  return { say: `${organization.login} leaves the enterprise`, as: 'root', method: 'DELETE', url, plan };
};

const createRepository: Draw = (world, args) => {
  const { state } = world;
  const owner = pick([...state.people.values(), ...state.organizations.values()], args.a);
  if (owner === undefined) return null;
  const organization = state.organizations.get(owner.id);
  const as = actor(world, organization === undefined ? state.people.get(owner.id) : ownerOf(world, organization), 0);
  if (as === null) return null;
  const name = pick(['one', 'two', 'three'], args.b) ?? '';
  const visibility = pick(['private', 'public', 'internal'] as const, args.c) ?? 'private';
  const url = organization === undefined ? '/user/repos' : `/orgs/${organization.login}/repos`;
  const plan = acts.createRepository(state, owner.id, { name, visibility });
  return {
    say: `${as.login} makes ${visibility} ${owner.login}/${name}`,
    as,
    method: 'POST',
    url,
    payload: { name, visibility },
    plan,
  };
};

const editRepository: Draw = (world, args) =>
  onRepository(world, args, (repository, as, url) => {
    const edits: acts.RepositoryEdit[] = [
      { visibility: pick(['private', 'public', 'internal'] as const, args.c) ?? 'private' },
      { archived: args.c % 2 === 0 },
      { name: pick(['one', 'two', 'three'], args.c) ?? '' },
    ];
    const payload = pick(edits, args.b) ?? {};
    const named = { type: 'repository', id: fullName(world, repository) } as const;
    const plan = judged(
      world,
      [as, 'PATCH /repos/{owner}/{repo}', named, 'repo.update'],
      () => acts.editRepository(world.state, repository, payload),
      payload.visibility,
    );
    return {
      say: `${as.login} edits ${named.id}: ${JSON.stringify(payload)}`,
      as,
      method: 'PATCH',
      url,
      payload,
      plan,
    };
  });

const deleteRepository: Draw = (world, args) =>
  onRepository(world, args, (repository, as, url) => {
    const named = { type: 'repository', id: fullName(world, repository) } as const;
    const plan = judged(world, [as, 'DELETE /repos/{owner}/{repo}', named, 'repo.destroy'], () =>
      acts.deleteRepository(world.state, repository),
    );
    return { say: `${as.login} deletes ${named.id}`, as, method: 'DELETE', url, plan };
  });

const transfer: Draw = (world, args) =>
  onRepository(world, args, (repository, as, path) => {
    const owned = [...world.state.organizations.values()].filter((each) => each.members.get(as.id) === 'admin');
    const takers =
      args.c % 4 === 0 ? [...world.state.organizations.values(), ...world.state.people.values()] : [as, ...owned];
    const taker = pick(takers, args.b);
    if (taker === undefined) return null;
    const named = { type: 'repository', id: fullName(world, repository) } as const;
    const plan = judged(world, [as, 'POST /repos/{owner}/{repo}/transfer', named, 'repo.transfer'], () =>
      acts.transfer(world.state, repository, taker, as),
    );
    const payload = { new_owner: taker.login };
    return {
      say: `${as.login} gives ${named.id} to ${taker.login}`,
      as,
      method: 'POST',
      url: `${path}/transfer`,
      payload,
      plan,
    };
  });

const WIRE_ROLE = { read: 'pull', triage: 'triage', write: 'push', maintain: 'maintain', admin: 'admin' } as const;

const collaborate: Draw = (world, args) =>
  onRepository(world, args, (repository, as, path) => {
    const person = pick(world.state.people.values(), args.b);
    if (person === undefined) return null;
    const role = args.c % 4 === 0 ? null : (ROLES[args.c % ROLES.length] ?? null);
    const named = { type: 'repository', id: fullName(world, repository) } as const;
    const url = `${path}/collaborators/${person.login}`;
    const method = role === null ? 'DELETE' : 'PUT';
    const action = role === null ? 'repo.remove_member' : 'repo.add_member';
    const plan = judged(world, [as, `${method} /repos/{owner}/{repo}/collaborators/{username}`, named, action], () =>
      acts.collaborate(repository, person, role),
    );
    const payload = role === null ? {} : { payload: { permission: WIRE_ROLE[role] } };
    return {
      say: `${as.login} makes ${person.login} ${role ?? 'no collaborator'} of ${named.id}`,
      as,
      method,
      url,
      ...payload,
      plan,
    };
  });

const team: Draw = (world, args) =>
  onOrganization(world, args, (organization, as, path) => {
    const named = { type: 'organization', id: organization.login } as const;
    if (!organization.has_team || args.c % 16 === 0) {
      const [verb, id] = organization.has_team
        ? (['DELETE', `/orgs/{org}/teams/{team_slug}`] as const)
        : (['POST', '/orgs/{org}/teams'] as const);
      const make = organization.has_team ? acts.deleteTeam : acts.createTeam;
      const action = organization.has_team ? 'team.destroy' : 'team.create';
      const plan = judged(world, [as, `${verb} ${id}`, named, action], () => make(organization));
      const say = `${as.login} ${organization.has_team ? 'ends' : 'makes'} the team of ${organization.login}`;
      if (organization.has_team) return { say, as, method: verb, url: `${path}/teams/crew`, plan };
      return { say, as, method: verb, url: `${path}/teams`, payload: { name: 'crew' }, plan };
    }
    const repository = pick(repositoriesOf(world, organization.id), args.b >> 1);
    if (args.b % 2 === 0 || repository === undefined) {
      const person = pick(world.state.people.values(), args.b >> 1);
      if (person === undefined) return null;
      const joins = args.c % 4 !== 0;
      const id = `${joins ? 'PUT' : 'DELETE'} /orgs/{org}/teams/{team_slug}/memberships/{username}`;
      const plan = judged(world, [as, id, named, joins ? 'team.add_member' : 'team.remove_member'], () =>
        acts.teamMember(organization, person, joins),
      );
      const url = `${path}/teams/crew/memberships/${person.login}`;
      const say = `${as.login} ${joins ? 'puts' : 'takes'} ${person.login} ${joins ? 'into' : 'out of'} the team of ${organization.login}`;
      return joins ? { say, as, method: 'PUT', url, payload: {}, plan } : { say, as, method: 'DELETE', url, plan };
    }
    const role = args.c % 4 === 0 ? null : (ROLES[args.c % ROLES.length] ?? null);
    if (ownerOf(world, organization) !== as) return null;
    const plan = acts.teamRepository(organization, repository, role);
    const url = `${path}/teams/crew/repos/${fullName(world, repository)}`;
    const say = `${as.login} gives the team of ${organization.login} ${role ?? 'nothing'} on ${repository.name}`;
    if (role === null) return { say, as, method: 'DELETE', url, plan };
    return { say, as, method: 'PUT', url, payload: { permission: WIRE_ROLE[role] }, plan };
  });

const revokeGrant: Draw = ({ state }, { a }) => {
  // Of a token that has ended there is no grant any more, whatever row is still there; the rules are silent about its id.
  const granted = [...state.tokens.values()].filter((each) => each.grant !== null && !hasEnded(state, each));
  const token = pick(granted, a);
  const organization = token?.owner_id != null ? state.organizations.get(token.owner_id) : undefined;
  if (token === undefined || organization === undefined) return null;
  const as = ownerOf({ state } as World, organization);
  if (as === undefined) return null;
  return {
    say: `${as.login} revokes the grant of token ${token.id}`,
    // The id of the grant is looked up by who plays it.
    ...{ as, method: 'POST', url: `/orgs/${organization.login}/personal-access-tokens/GRANT-OF-${token.id}` },
    payload: { action: 'revoke' },
    plan: acts.revokeGrant(token),
  };
};

const requireSso: Draw = (world, args) => {
  const organization = pick(world.state.organizations.values(), args.a);
  const as = organization && ownerOf(world, organization);
  if (!organization || !as) return null;
  const required = args.b % 2 === 0;
  const url = `/orgs/${organization.login}/sso`;
  const say = `${organization.login} ${required ? 'requires' : 'no longer requires'} single sign-on`;
  const plan = acts.requireSso(organization, required);
  return { say, as, method: 'PUT', url, payload: { required }, plan, any_audit: true };
};

const prove: Draw = (world, { a, b }) => {
  const person = pick(active(world), a);
  const joined = [...world.state.organizations.values()].filter(
    (each) => each.has_sso && person && each.members.has(person.id),
  );
  const organization = pick(joined, b);
  if (person === undefined || organization === undefined) return null;
  return { say: `${person.login} signs on at ${organization.login}`, other: 'prove', person, organization };
};

const authorize: Draw = (world, { a, b, c }) =>
  onToken(world, a, (token, as, url) => {
    const organization = pick(world.state.organizations.values(), b);
    if (organization === undefined) return null;
    const path = `${url}/sso/${organization.login}`;
    if (c % 4 === 0) {
      const plan = acts.deauthorize(token, organization);
      return {
        say: `${as.login} takes back the authorisation of token ${token.id}`,
        as,
        method: 'DELETE',
        url: path,
        plan,
      };
    }
    const plan = acts.authorize(world.state, token, organization, proved(world, as.id, organization.id));
    return {
      say: `${as.login} authorises token ${token.id} at ${organization.login}`,
      as,
      method: 'PUT',
      url: path,
      payload: {},
      plan,
    };
  });

const exchange: Draw = (world, { a, b, c }) => {
  const alive = world.state.texts.filter((each) => isAlive(world.state, each));
  const text = pick(c % 8 === 0 ? world.state.texts : alive, a);
  if (text === undefined) return null;
  const { scopes, permissions } = acts.heldBy(world.state, text);
  const words = scopes ?? Object.entries(permissions ?? {}).map(([name, level]) => `${name}:${level}`);
  const word = b % 2 === 0 ? null : (pick(words, b >> 1) ?? null);
  const repository = c % 3 === 0 ? (pick(world.state.repositories.values(), c >> 2) ?? null) : null;
  const ask = { word, repository };
  const index = world.state.texts.indexOf(text);
  const narrowed = `${word ?? 'all'} on ${repository === null ? 'all' : fullName(world, repository)}`;
  const plan = acts.exchange(world.state, text, ask);
  return {
    say: `text ${index} of token ${text.token_id} is exchanged: ${narrowed}`,
    other: 'exchange',
    index,
    ask,
    plan,
  };
};

/** A while, or to the very end of a text: a millisecond before, at it, or after. */
const advance: Draw = ({ state }, { a, b, c }) => {
  const spans = [1000, 60_000, 3_600_000, DAY_MS, 8 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS];
  const ends = [...state.tokens.values()].filter((each) => !hasEnded(state, each)).map((each) => each.expires_at);
  const later = ends.filter((each) => each !== null && each - state.now > 1);
  const end = pick(later, b);
  const to_end = c % 2 === 0 && end != null;
  const ms = to_end ? end - state.now + ((a % 3) - 1) : (spans[a % spans.length] ?? 1000);
  return {
    say: to_end ? `time goes to an end${['-1ms', '', '+1ms'][a % 3]}` : `${ms / 1000} s pass`,
    other: 'advance',
    ms,
  };
};

const looking =
  (other: 'introspect' | 'use' | 'gateway' | 'list'): Draw =>
  (world, { a, b }) => {
    if (world.state.texts.length === 0) return null;
    const index = a % world.state.texts.length;
    return { say: `${other} ${b} with text ${index}`, other, index, n: b };
  };

const KINDS = {
  issueFineGrained: [8, issueFineGrained],
  issueClassic: [4, issueClassic],
  editToken: [4, editToken],
  editLife: [2, editLife],
  regenerate: [2, regenerate],
  deleteToken: [1, deleteToken],
  endTokens: [1, endTokens],
  leak: [1, leak],
  review: [6, review],
  revokeGrant: [1, revokeGrant],
  askAgain: [2, askAgain],
  withdraw: [1, withdraw],
  setPolicy: [5, setPolicy],
  setEnterprisePolicy: [2, setEnterprisePolicy],
  createPerson: [2, createPerson],
  renamePerson: [1, renamePerson],
  deletePerson: [1, deletePerson],
  suspend: [2, suspend],
  createOrganization: [1, createOrganization],
  editOrganization: [2, editOrganization],
  member: [5, member],
  enterprise: [1, enterprise],
  createRepository: [2, createRepository],
  editRepository: [4, editRepository],
  deleteRepository: [1, deleteRepository],
  transfer: [2, transfer],
  collaborate: [2, collaborate],
  team: [2, team],
  requireSso: [1, requireSso],
  prove: [2, prove],
  authorize: [2, authorize],
  exchange: [3, exchange],
  advance: [3, advance],
  introspect: [2, looking('introspect')],
  use: [2, looking('use')],
  gateway: [1, looking('gateway')],
  list: [1, looking('list')],
} satisfies Record<string, readonly [number, Draw]>;

const OF_NODES = {
  restart: [1, (_: World, { a }: Args) => ({ say: `node ${a % 3} starts anew`, other: 'restart', n: a })],
  cut: [1, () => ({ say: 'what tells nodes of changes is cut', other: 'cut' })],
} satisfies Record<string, readonly [number, Draw]>;

export type Step = { readonly kind: string; readonly draw: Draw; readonly args: Args };

const anArgument = fc.nat(63);
const someArgs = fc.record({ a: anArgument, b: anArgument, c: anArgument, by: fc.nat(6) });

function steps(kinds: Readonly<Record<string, readonly [number, Draw]>>): fc.Arbitrary<Step>[] {
  return Object.entries(kinds).flatMap(([kind, [weight, draw]]) =>
    Array.from({ length: weight }, () => someArgs.map((args) => ({ kind, draw, args }))),
  );
}

export type Kind = keyof typeof KINDS;

/** Every kind as often as its weight says. */
export const STEPS = steps(KINDS);
export const STEPS_OF_NODES = [...STEPS, ...steps(OF_NODES)];
const OFTEN = 10;
/** Every kind, and these much more often. */
export function stepsMostly(kinds: readonly Kind[]): readonly fc.Arbitrary<Step>[] {
  const chosen = kinds.map((kind) => [kind, [KINDS[kind][0] * OFTEN, KINDS[kind][1]]] as const);
  return [...STEPS, ...steps(Object.fromEntries(chosen))];
}
/** One step that is not drawn. */
export function stepOf(kind: Kind, args: Partial<Args>): Step {
  return { kind, draw: KINDS[kind][1], args: { a: 0, b: 0, c: 0, by: 0, ...args } };
}
export const KIND_NAMES: readonly string[] = Object.keys(KINDS);
