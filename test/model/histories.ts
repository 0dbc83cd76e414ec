// Plays random histories on the service: every step is sent, what was answered and written is compared with what the rules plan
// (acts.ts), and then the decisions with those of the reference (judge.ts). One node or several over one database, whose answers
// are told apart by nothing: what a change answered is carried to the next call as its consistency token.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import type { Deps } from '../../src/deps.ts';
import { ownOperation } from '../../src/domain/own-operations.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import { buildApp } from '../../src/http/app.ts';
import { settableClock } from '../support/clock.ts';
import { createDatabase } from '../support/database.ts';
import { AUDIENCE, ISSUER, jwksOf, signingKey } from '../support/issuer.ts';
import { bearer, type Named as WorldNamed, worldOf } from '../support/world.ts';
import { heldBy } from './acts.ts';
import { type Asker, judge, judgeFor, type Named } from './judge.ts';
import type { Answer } from './reference.ts';
import {
  isAlive,
  ORGANIZATION_PERMISSIONS,
  type Organization,
  type Person,
  roleOn,
  STARTING_ENTERPRISE_POLICY,
  STARTING_POLICY,
  type State,
} from './state.ts';
import { type Call, fullName, pick, type Step, type World } from './steps.ts';

/** A fault that a test plants into each node, to see it found. */
export type Plant = (deps: Deps, pool: Pool) => Deps;
export type Options = { readonly nodes: number; readonly plant?: Plant };

type Node = { deps: Deps; inject: (request: InjectOptions) => Promise<Got>; close: () => Promise<void> };
export type Got = {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const DAY_MS = 86_400_000;
const SESSION_MS = 20 * DAY_MS;
const PROOF_MS = DAY_MS;
const SETTINGS = {
  CACHE_MIB: '4',

  REQUEST_TIMEOUT_MS: '20000',
  SESSION_TTL: String((SESSION_MS + DAY_MS) / 1000),
  RATE_LIMIT_PER_HOUR: '1000000',
  ANONYMOUS_PER_HOUR: '1000000',
  BAD_CREDENTIALS_PER_MINUTE: '1000000',
  REVOCATION_CALLS_PER_HOUR: '1000000',
};

const AHEAD_MS = 600_000;

/** Whatever differs from what the rules say. */
export class Differs extends Error {}

export type Service = Awaited<ReturnType<typeof startHistories>>;

/** The nodes and everything about them that outlives a history. */
export async function startHistories(t: Test, { nodes: count, plant = (deps) => deps }: Options) {
  const { pool } = await createDatabase(t);
  const time = settableClock();
  // The database's clock goes on meanwhile, and counts where it is ahead: on a busy machine a history takes longer than one thinks.
  let skipped_ms = AHEAD_MS;
  const clock = (): Date => new Date(time.begun.getTime() + skipped_ms);
  async function start(): Promise<Node> {
    const log = pino({ level: 'silent' });
    const composed = composeDeps({ pool, config: loadConfig(SETTINGS), clock, log: log as Deps['log'] });
    const deps = plant(composed, pool);
    const app = await buildApp(deps);
    const close = async (): Promise<void> => {
      composed.freshness.stop();
      await app.close();
    };
    return { deps, inject: app.inject.bind(app) as Node['inject'], close };
  }
  const nodes: Node[] = [];
  t.teardown(() => Promise.all(nodes.map((each) => each.close())));
  for (let index = 0; index < count; index += 1) nodes.push(await start());
  const [{ deps }] = nodes as [Node];
  const builders = worldOf(deps);
  const root = await builders.person('root', { site_admin: true });
  const { authorization } = await builders.client(['introspect', 'evaluate', 'gateway', 'exchange']);
  const key = await signingKey('first');
  const sessions = new Map<number, { text: string; until: number }>();
  let consistency: string | null = null;
  let turn = 0;

  /** To the next node, or the given one; the token of the last change goes with it. */
  async function send(request: InjectOptions, to?: number): Promise<Got> {
    turn = (turn * 5 + 1) % 997;
    const node = nodes[(to ?? turn) % nodes.length] as Node;
    const headers = { ...request.headers, ...(consistency !== null && { 'x-consistency-token': consistency }) };
    const got = await node.inject({ ...request, headers });
    const told = got.headers['x-consistency-token'];
    if (typeof told === 'string') consistency = told;
    return got;
  }

  return {
    deps,
    builders,
    root,
    key,
    clock,
    send,
    authorization,
    advance: (ms: number) => {
      skipped_ms += ms;
    },
    /** Every node knows what tests wrote past the service. */
    async settle(): Promise<void> {
      await Promise.all(nodes.map((each) => each.deps.freshness.catchUp()));
    },
    async restart(index: number): Promise<void> {
      const at = index % nodes.length;
      await nodes[at]?.close();
      nodes[at] = await start();
    },
    async cut(): Promise<void> {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse changes'
        and datname = current_database()`.execute(deps.db);
    },
    async session(person: { readonly id: number; readonly login: string }): Promise<string> {
      const now = clock().getTime();
      const kept = sessions.get(person.id);
      if (kept !== undefined && kept.until > now) return kept.text;
      const text = await builders.session(person);
      sessions.set(person.id, { text, until: now + SESSION_MS });
      return text;
    },
    forgetSession: (id: number) => void sessions.delete(id),
  };
}

/** A new small world: three people, three organizations of which two are of an enterprise, six repositories. */
async function newWorld({ deps, builders, clock, settle, key }: Service, number: number): Promise<World> {
  const names = {
    people: ['ann', 'bob', 'cy', 'dee'].map((each) => `${each}-${number}`),
    organizations: ['acme', 'beta', 'corp', 'zeta'].map((each) => `${each}-${number}`),
  };
  const [ann, bob, cy] = (await Promise.all(names.people.slice(0, 3).map((each) => builders.person(each)))) as [
    WorldNamed,
    WorldNamed,
    WorldNamed,
  ];
  const state: State = {
    now: clock().getTime(),
    people: new Map([ann, bob, cy].map(({ id, login }) => [id, { id, login, suspended: false }])),
    ...{ organizations: new Map(), repositories: new Map(), tokens: new Map(), texts: [], old_names: [] },
    enterprise: { id: 0, slug: `ent-${number}`, admins: new Set([ann.id]), policy: STARTING_ENTERPRISE_POLICY },
  };
  const policy = { ...STARTING_POLICY, fine_grained_tokens: 'allowed', approval: 'not_required' } as const;
  const roles = [
    [ann, bob],
    [bob, cy],
    [ann, cy],
  ] as const;
  const made: WorldNamed[] = [];
  for (const [index, login] of names.organizations.slice(0, 3).entries()) {
    const [owner, member] = roles[index] as readonly [WorldNamed, WorldNamed];
    const approval = index === 1 ? 'required' : 'not_required';
    const organization = await builders.organization(login, owner, { approval, max_lifetime_days_fine_grained: 366 });
    await builders.member(organization, member);
    await builders.team(organization, 'crew', [member]);
    const keys = JSON.stringify(jwksOf(key));
    const sso = { organization_id: organization.id, required: false, issuer: ISSUER, audience: AUDIENCE, jwks: keys };
    await deps.db.insertInto('organization_sso').values(sso).execute();
    made.push(organization);
    const entry: Organization = {
      ...{
        id: organization.id,
        login,
        in_enterprise: index < 2,
        base: 'read',
        has_sso: true,
        has_team: true,
        sso_required: false,
      },
      members: new Map([
        [owner.id, 'admin'],
        [member.id, 'member'],
      ]),
      team: { members: new Set([member.id]), repositories: new Map() },
      policy: { ...policy, approval },
    };
    state.organizations.set(organization.id, entry);
  }
  await builders.enterprise(state.enterprise.slug, made.slice(0, 2), [ann]);
  const plan = [
    [made[0], 'one', 'private'],
    [made[0], 'two', 'internal'],
    [made[1], 'one', 'private'],
    [made[1], 'two', 'public'],
    [made[2], 'one', 'private'],
    [ann, 'one', 'private'],
  ] as const;
  for (const [owner, name, visibility] of plan) {
    const { id } = await builders.repository(owner as WorldNamed, name, visibility);
    const owner_id = (owner as WorldNamed).id;
    state.repositories.set(id, { id, owner_id, name, visibility, archived: false, collaborators: new Map() });
  }
  const of_this_world = made.map(({ id }) => id);
  const bases = deps.db.updateTable('organizations').set({ default_repository_permission: 'read' });
  await bases.where('id', 'in', of_this_world).execute();
  const acme = made[0] as WorldNamed;
  const { authorization } = await builders.client(['evaluate'], [acme]);
  await settle();
  return { state, names, proofs: new Map(), bound: { authorization, organizations: new Set([acme.id]) } };
}

export type Question = {
  readonly asker: Asker;
  readonly action: string;
  readonly request: DecisionRequest;
  readonly named: Named;
};

const OPERATIONS = {
  repository: ['GET /repos/{owner}/{repo}', 'PATCH /repos/{owner}/{repo}', 'GET /repos/{owner}/{repo}/keys'],
  organization: ['GET /orgs/{org}', 'GET /orgs/{org}/teams', 'GET /orgs/{org}/members'],
  user: ['GET /user', 'GET /users/{username}'],
  enterprise: [],
  none: [],
} as const;
const ACTIONS = {
  repository: [
    'metadata:read',
    'contents:read',
    'contents:write',
    'issues:write',
    'administration:write',
    'repo',
    'public_repo',
  ],
  organization: ['members:read', 'members:write', 'organization_administration:read', 'admin:org', 'contents:read'],
  user: ['profile:read', 'user', 'metadata:read'],
  enterprise: ['organization_administration:read', 'read:enterprise'],
  none: [],
} as const;

export function requestOf(action: string): DecisionRequest {
  if (action.includes(' /')) return { ask: { type: 'operation', operation: ownOperation(action) } };
  const [permission = '', level] = action.split(':');
  const is_scope = level === undefined || ['org', 'enterprise'].includes(level);
  return { ask: is_scope ? { type: 'scope', scope: action } : { type: 'permission', permission, level } };
}

/** Everything that a question may name, what was there once too. */
function resources(world: World): Named[] {
  const { state } = world;
  const old = state.old_names
    .slice(-3)
    .map((id): Named => ({ type: id.includes('/') ? 'repository' : 'organization', id }));
  return [
    ...[...state.repositories.values()].map((each): Named => ({ type: 'repository', id: fullName(world, each) })),
    ...[...state.organizations.values()].map(({ login }): Named => ({ type: 'organization', id: login })),
    ...[...state.people.values()].map(({ login }): Named => ({ type: 'user', id: login })),
    { type: 'enterprise', id: state.enterprise.slug },
    ...old,
  ];
}

function askers({ state }: World): Asker[] {
  return [
    { type: 'anonymous' },
    ...[...state.people.values()].map(({ login }): Asker => ({ type: 'person', login })),
    ...[...state.tokens.keys()].map((id): Asker => ({ type: 'token', id })),
    ...state.texts.map((text): Asker => ({ type: 'text', text })),
  ];
}

function tokenOf(state: State, asker: Asker) {
  if (asker.type === 'text') return state.tokens.get(asker.text.token_id);
  return asker.type === 'token' ? state.tokens.get(asker.id) : undefined;
}

/** The resources that an asker has most to do with, first of all: else nearly every answer is a no. */
function nearest(world: World, asker: Asker, all: readonly Named[]): readonly Named[] {
  const { state } = world;
  const token = tokenOf(state, asker);
  if (token?.kind !== 'fine_grained') {
    const login = asker.type === 'person' ? asker.login : undefined;
    const person_id = token?.holder_id ?? [...state.people.values()].find((each) => each.login === login)?.id ?? 0;
    const repositories = [...state.repositories.values()].filter((each) => roleOn(state, person_id, each) !== null);
    return repositories.length > 0
      ? repositories.map((each) => ({ type: 'repository', id: fullName(world, each) }))
      : all;
  }
  const owner =
    token.owner_id === null ? undefined : (state.people.get(token.owner_id) ?? state.organizations.get(token.owner_id));
  const near = all.filter(({ id }) => id === owner?.login || id.startsWith(`${owner?.login}/`));
  return near.length > 0 ? near : all;
}

/** What of it the token holds; to a person and a classic one, what asks for little. */
function holding({ state }: World, asker: Asker, { type }: Named, any: readonly string[]): readonly string[] {
  const token = tokenOf(state, asker);
  if (token?.grant == null) return any.slice(0, 2);
  const of_type = (name: string): boolean => (type === 'repository') !== ORGANIZATION_PERMISSIONS.includes(name);
  const held = Object.entries(token.grant.permissions).filter(([name]) => of_type(name));
  return held.length > 0 ? held.map(([name, level]) => `${name}:${level}`) : any;
}

const SAMPLE = 24;
const NEAR_OF = 4;

/** Some questions, which follow from `salt`; mostly about living tokens and what is theirs. */
function sample(world: World, salt: number): Question[] {
  const all = resources(world);
  const who = askers(world);
  // Those whose time has come are asked about as often as the living: nothing is nearer to a fault.
  const living = who.filter(
    (each) => each.type === 'text' && !each.text.dead && world.state.tokens.get(each.text.token_id)?.revoked === false,
  );
  const digest = createHash('sha512').update(`${salt}`).digest();
  const numbers = [...digest, ...createHash('sha512').update(`${salt} more`).digest()];
  return Array.from({ length: SAMPLE }, (_, index): Question => {
    const [a = 0, b = 0, c = 0, d = 0] = numbers.slice(index * 5);
    const asker = pick(d % NEAR_OF > 0 && living.length > 0 ? living : who, a) ?? { type: 'anonymous' };
    const named = pick(c % NEAR_OF > 0 ? nearest(world, asker, all) : all, b) ?? { type: 'none', id: '' };
    const any = [...ACTIONS[named.type], ...OPERATIONS[named.type]];
    const action = pick(c % 4 !== 0 ? holding(world, asker, named, any) : any, b ^ c) ?? 'metadata:read';
    return { asker, action, request: requestOf(action), named };
  });
}

const ALL_MAX = 900;

/** Every living thing with every other, as many as one call takes. */
export function everything(world: World, count_max = ALL_MAX): Question[] {
  const questions = askers(world).flatMap((asker) =>
    resources(world).flatMap((named) =>
      [...ACTIONS[named.type], ...OPERATIONS[named.type]].map((action) => ({
        asker,
        action,
        request: requestOf(action),
        named,
      })),
    ),
  );
  const step = Math.max(1, Math.ceil(questions.length / count_max));
  return questions.filter((_, index) => index % step === 0);
}

export function wireSubject(asker: Asker): object {
  if (asker.type === 'anonymous') return { type: 'anonymous', id: 'anonymous' };
  if (asker.type === 'person') return { type: 'user', id: asker.login };
  return { type: 'token', id: asker.type === 'token' ? String(asker.id) : asker.text.text };
}

export type Seen = {
  decisions: number;
  sampled: number;
  allowed: number;
  steps: number;
  histories: number;
  readonly kinds: Map<string, number>;
};

/** Asks them all at once, as a client of all or (T6) the one that is bound, and compares each answer with the reference. */
async function compare(
  { send, authorization }: Service,
  world: World,
  { questions, as_bound = false }: { readonly questions: readonly Question[]; readonly as_bound?: boolean },
  seen: Seen,
): Promise<number> {
  let allowed = 0;
  const bound = as_bound ? world.bound.organizations : null;
  const headers = { authorization: as_bound ? world.bound.authorization : authorization };
  const evaluations = questions.map(({ asker, action, named }) => ({
    subject: wireSubject(asker),
    action: { name: action },
    resource: { type: named.type, id: named.id },
  }));
  const got = await send({
    method: 'POST',
    url: '/access/v1/evaluations',
    headers,
    payload: { evaluations },
  });
  if (got.statusCode !== 200) throw new Differs(`evaluations: ${got.statusCode} ${got.body}`);
  const answers: { decision: boolean; context: { reason: string; status: number } }[] = JSON.parse(
    got.body,
  ).evaluations;
  for (const [index, question] of questions.entries()) {
    const expected = judgeFor(world.state, bound, question.asker, question.request, question.named);
    const answer = answers[index];
    seen.decisions += 1;
    if (answer?.decision) allowed += 1;
    const said = `${answer?.decision ? 'allow' : 'deny'} ${answer?.context.reason} ${answer?.context.status}`;
    const wanted = `${expected.effect} ${expected.fine_reason} ${expected.status}`;
    if (said !== wanted) throw new Differs(`${inWords(world, question)}: ${said}; by the rules ${wanted}`);
  }
  return allowed;
}

function inWords({ state }: World, { asker, action, named }: Question): string {
  const who =
    asker.type === 'text'
      ? `text ${state.texts.indexOf(asker.text)} of token ${asker.text.token_id}`
      : JSON.stringify(asker);
  return `${who}, ${action} at ${named.type} ${named.id}`;
}

export type Log = string[];

/** One history in the making. */
class Played {
  readonly service: Service;
  readonly seen: Seen;
  readonly log: Log;
  audited = 0;
  step = 0;
  constructor(service: Service, seen: Seen, log: Log) {
    this.service = service;
    this.seen = seen;
    this.log = log;
  }

  async play(world: World, { kind, draw, args }: Step): Promise<void> {
    const { state } = world;
    const planned = draw(world, args);
    if (planned === null) return;
    this.step += 1;
    this.seen.steps += 1;
    this.seen.kinds.set(kind, (this.seen.kinds.get(kind) ?? 0) + 1);
    this.log.push(planned.say);
    if ('url' in planned) await this.call(world, planned);
    else if (planned.other === 'advance') {
      this.service.advance(planned.ms);
      state.now += planned.ms;
    } else if (planned.other === 'prove') await this.prove(world, planned.person, planned.organization);
    else if (planned.other === 'exchange') await this.exchange(world, planned.index, planned.ask, planned.plan);
    else if (planned.other === 'restart') await this.service.restart(planned.n);
    else if (planned.other === 'cut') await this.service.cut();
    else await this.look(world, planned.other, planned.index, planned.n);
    const questions = sample(world, this.step);
    this.seen.sampled += questions.length;
    this.seen.allowed += await compare(this.service, world, { questions, as_bound: this.step % 5 === 4 }, this.seen);
  }

  async #headers({ state }: World, as: Call['as']): Promise<Record<string, string>> {
    if (as === null) return {};
    const person = as === 'root' ? this.service.root : as;
    if (as !== 'root' && !state.people.has(as.id)) throw new Error('who acts is gone');
    return bearer(await this.service.session(person));
  }

  async call(world: World, { as, method, url, payload, plan, any_audit, say }: Call): Promise<void> {
    const { send, deps, key, forgetSession } = this.service;
    const grant_of = /GRANT-OF-(\d+)/.exec(url)?.[1];
    const path = grant_of === undefined ? url : url.replace(/GRANT-OF-\d+/, await this.#grantId(Number(grant_of)));
    const body = url.endsWith('/sso') ? { issuer: ISSUER, audience: AUDIENCE, jwks: jwksOf(key), ...payload } : payload;
    const before = await this.#lastEntry();
    const headers = await this.#headers(world, as);
    const got = await send({ method, url: path, headers, ...(body !== undefined && { payload: body }) });
    if (got.statusCode !== plan.status) {
      throw new Differs(`${say}: ${got.statusCode} ${got.body}; by the rules ${plan.status}`);
    }
    if (url.includes('/sso/') === false || plan.status < 400)
      plan.apply?.(got.body === '' ? null : JSON.parse(got.body));
    if (any_audit !== true) {
      const rows = await deps.db
        .selectFrom('audit_entries')
        .select(['action', 'outcome'])
        .where('id', '>', before)
        .execute();
      const written = rows.map(({ action, outcome }) => (outcome === 'refused' ? `${action} refused` : action)).sort();
      const wanted = [...plan.audit].sort();
      if (written.join() !== wanted.join()) throw new Differs(`${say}: entries ${written}; by the rules ${wanted}`);
    }
    if (url.endsWith('/suspended')) for (const id of world.state.people.keys()) this.#forget(world, id, forgetSession);
  }

  #forget({ state, proofs }: World, id: number, forgetSession: (id: number) => void): void {
    if (state.people.get(id)?.suspended !== true) return;
    forgetSession(id);
    for (const name of proofs.keys()) if (name.startsWith(`${id} `)) proofs.delete(name);
  }

  async #lastEntry(): Promise<number> {
    const { id } = await this.service.deps.db
      .selectFrom('audit_entries')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirstOrThrow();
    return Number(id ?? 0);
  }

  async #grantId(token_id: number): Promise<string> {
    const { db } = this.service.deps;
    const { id } = await db
      .selectFrom('grants')
      .select('id')
      .where('token_id', '=', token_id)
      .executeTakeFirstOrThrow();
    return String(id);
  }

  /** As if he had presented an ID token: those have tests of their own. */
  async prove({ state, proofs }: World, person: Person, organization: Organization): Promise<void> {
    const { deps, session, forgetSession } = this.service;
    forgetSession(person.id);
    for (const name of proofs.keys()) if (name.startsWith(`${person.id} `)) proofs.delete(name);
    await session(person);
    const { id } = await deps.db
      .selectFrom('sessions')
      .select(({ fn }) => fn.max('id').as('id'))
      .where('user_id', '=', person.id)
      .executeTakeFirstOrThrow();
    const until = state.now + PROOF_MS;
    await deps.db
      .insertInto('sso_sessions')
      .values({ session_id: Number(id), organization_id: organization.id, expires_at: new Date(until) })
      .execute();
    proofs.set(`${person.id} ${organization.id}`, until);
  }

  async exchange(
    world: World,
    index: number,
    { word, repository }: { word: string | null; repository: unknown },
    plan: Call['plan'],
  ) {
    const { send, authorization, deps } = this.service;
    const text = world.state.texts[index];
    if (text === undefined) return;
    const named =
      repository === null
        ? {}
        : { resource: `${deps.config.public_url}/repos/${fullName(world, repository as never)}` };
    const parameters = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: text.text,
      ...(word !== null && { scope: word }),
      ...named,
    };
    const payload = new URLSearchParams(parameters).toString();
    const got = await send({ method: 'POST', url: '/oauth/token', headers: { authorization, ...FORM }, payload });
    // Whether a repository is within reach is told by the decisions of the child, which may never be wider.
    const may_refuse = repository !== null && got.statusCode === 400;
    if (got.statusCode !== plan.status && !may_refuse) {
      throw new Differs(`exchange: ${got.statusCode} ${got.body}; by the rules ${plan.status}`);
    }
    if (got.statusCode === 200) plan.apply?.(JSON.parse(got.body));
  }

  async look(world: World, what: 'introspect' | 'use' | 'gateway' | 'list', index: number, n: number): Promise<void> {
    const { send, authorization } = this.service;
    const { state } = world;
    const text = state.texts[index];
    if (text === undefined) return;
    const asker: Asker = { type: 'text', text };
    if (what === 'introspect') {
      const payload = new URLSearchParams({ token: text.text }).toString();
      const got = await send({
        method: 'POST',
        url: '/oauth/introspect',
        headers: { authorization, ...FORM },
        payload,
      });
      const holder = state.people.get(state.tokens.get(text.token_id)?.holder_id ?? 0);
      const active = isAlive(state, text) && holder?.suspended === false;
      const said = JSON.parse(got.body);
      if (said.active !== active) throw new Differs(`introspection of text ${index}: ${got.body}; T1: ${active}`);
      const { scopes, permissions } = heldBy(state, text);
      const words = scopes ?? Object.entries(permissions ?? {}).map(([name, level]) => `${name}:${level}`);
      const held = active ? [...words].sort().join(' ') : undefined;
      const scope = active ? said.scope.split(' ').sort().join(' ') : said.scope;
      if (scope !== held) throw new Differs(`introspection of text ${index}: ${scope}; T1: ${held}`);
      return;
    }
    if (what === 'list') return this.#list(world, asker, n);
    const repository = pick(state.repositories.values(), n);
    if (repository === undefined) return;
    const named: Named = { type: 'repository', id: fullName(world, repository) };
    const expected = judge(state, asker, requestOf('GET /repos/{owner}/{repo}'), named);
    const url = `/repos/${named.id}`;
    if (what === 'use') return this.#same(`GET ${url}`, await send({ url, headers: bearer(text.text) }), expected);
    const original = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': url, 'x-gateway-authorization': authorization };
    const got = await send({ url: '/gateway/forward-auth', headers: { ...original, ...bearer(text.text) } });
    this.#same(`forward-auth ${url}`, got, expected);
  }

  #same(what: string, { statusCode }: Got, { status }: Answer): void {
    if (statusCode !== status) throw new Differs(`${what}: ${statusCode}; by the rules ${status}`);
  }

  /** F8: exactly the rows whose single read the same credential would be allowed. */
  async #list(world: World, asker: Extract<Asker, { type: 'text' }>, n: number): Promise<void> {
    const { state } = world;
    if (n % 2 === 0) return this.#ownList(world, asker);
    const organization = pick(state.organizations.values(), n >> 1);
    if (organization === undefined) return;
    const url = `/orgs/${organization.login}/repos?per_page=100`;
    const got = await this.service.send({ url, headers: bearer(asker.text.text) });
    const { effect, status } = judge(state, asker, requestOf('GET /orgs/{org}/repos'), {
      type: 'organization',
      id: organization.login,
    });
    if (got.statusCode !== status) throw new Differs(`${url}: ${got.statusCode}; by the rules ${status}`);
    if (effect !== 'allow') return;
    const single = requestOf('GET /repos/{owner}/{repo}');
    const of = [...state.repositories.values()].filter((each) => each.owner_id === organization.id);
    const wanted = of.filter(
      (each) => judge(state, asker, single, { type: 'repository', id: fullName(world, each) }).effect === 'allow',
    );
    const listed = JSON.parse(got.body).map((each: { full_name: string }) => each.full_name);
    const names = wanted.map((each) => fullName(world, each));
    if (listed.sort().join() !== names.sort().join()) throw new Differs(`${url}: ${listed}; by the rules ${names}`);
  }

  /** F8: of those on which the holder has a role. */
  async #ownList(world: World, asker: Extract<Asker, { type: 'text' }>): Promise<void> {
    const { state } = world;
    const url = '/user/repos?per_page=100';
    const got = await this.service.send({ url, headers: bearer(asker.text.text) });
    const holder = state.people.get(state.tokens.get(asker.text.token_id)?.holder_id ?? 0);
    const status = isAlive(state, asker.text) && holder?.suspended === false ? 200 : 401;
    if (got.statusCode !== status) throw new Differs(`${url}: ${got.statusCode}; by the rules ${status}`);
    if (holder === undefined || status !== 200) return;
    const single = requestOf('GET /repos/{owner}/{repo}');
    const wanted = [...state.repositories.values()].filter(
      (each) =>
        roleOn(state, holder.id, each) !== null &&
        judge(state, asker, single, { type: 'repository', id: fullName(world, each) }).effect === 'allow',
    );
    const listed = JSON.parse(got.body).map((each: { full_name: string }) => each.full_name);
    const names = wanted.map((each) => fullName(world, each));
    if (listed.sort().join() !== names.sort().join()) throw new Differs(`${url}: ${listed}; by the rules ${names}`);
  }
}

class Act implements fc.AsyncCommand<World, Played> {
  readonly step: Step;
  constructor(step: Step) {
    this.step = step;
  }
  check(world: Readonly<World>): boolean {
    return this.step.draw(world, this.step.args) !== null;
  }
  run(world: World, played: Played): Promise<void> {
    return played.play(world, this.step);
  }
  toString(): string {
    return this.step.kind;
  }
}

/** A world after some steps, whatever they were. */
export async function grownWorld(service: Service, steps: readonly Step[]): Promise<World> {
  histories += 1;
  const world = await newWorld(service, histories);
  const seen: Seen = { decisions: 0, sampled: 0, allowed: 0, steps: 0, histories: 0, kinds: new Map() };
  const played = new Played(service, seen, []);
  for (const each of steps) await played.play(world, each);
  return world;
}

/** Plays one call on a grown world, as its history would. */
export async function playCall(service: Service, world: World, call: Call): Promise<void> {
  const seen: Seen = { decisions: 0, sampled: 0, allowed: 0, steps: 0, histories: 0, kinds: new Map() };
  await new Played(service, seen, []).call(world, call);
}

export type Told = {
  readonly seed: number;
  readonly failed: boolean;
  /** The shortest history that fails, in words, and what differs. */
  readonly story: readonly string[];
  readonly seen: Seen;
};

const LENGTH_MAX = 40;
let histories = 0;

/** Plays histories until one differs from the rules, and makes that one short. */
export async function playHistories(
  service: Service,
  steps: readonly fc.Arbitrary<Step>[],
  { runs, seed, shrinks = true }: { readonly runs: number; readonly seed: number; readonly shrinks?: boolean },
): Promise<Told> {
  const seen: Seen = { decisions: 0, sampled: 0, allowed: 0, steps: 0, histories: 0, kinds: new Map() };
  let story: readonly string[] = [];
  const commands = fc.commands(
    steps.map((each) => each.map((step) => new Act(step))),
    { maxCommands: LENGTH_MAX, size: 'max' },
  );
  const property = fc.asyncProperty(commands, async (drawn) => {
    histories += 1;
    seen.histories += 1;
    const log: Log = [];
    const world = await newWorld(service, histories);
    const played = new Played(service, seen, log);
    try {
      await fc.asyncModelRun(() => ({ model: world, real: played }), drawn);
      await compare(service, world, { questions: everything(world) }, seen);
    } catch (error) {
      story = [...log, String(error)];
      throw error;
    }
  });
  const told = await fc.check(property, { numRuns: runs, seed, endOnFailure: !shrinks });
  if (told.failed && story.length === 0) story = [String(told.errorInstance)];
  return { seed, failed: told.failed, story, seen };
}
