// What each act of a history answers and does, written from the rules. An act is planned on the state before it is sent: the
// status that the service has to answer, the entries that it has to write (L1), and what becomes of the state once it has
// answered so. Of src only types.

import type { EnterprisePolicy, OrganizationPolicy } from '../../src/domain/policy.ts';
import { organizationNamed, personNamed } from './judge.ts';
import { holds, inBoth } from './reference-child.ts';
import {
  type Access,
  type BasePermission,
  hasEnded,
  isAccessWithin,
  isAlive,
  isSameAccess,
  meetAccess,
  meetPermissions,
  type Organization,
  type Permissions,
  type Person,
  type Repository,
  type Role,
  roleOn,
  STARTING_POLICY,
  type State,
  type Text,
  type Token,
  type Visibility,
  withMetadata,
} from './state.ts';

export type Plan = {
  readonly status: number;
  readonly audit: readonly string[];
  /** `body`: what was answered. */
  // biome-ignore lint/suspicious/noExplicitAny: ids and texts are taken from it
  readonly apply?: (body: any) => void;
};

const DAY_MS = 86_400_000;
const refuse = (status: number): Plan => ({ status, audit: [] });
const NOTHING = (status: number): Plan => ({ status, audit: [] });
const PAT = 'personal_access_token';

function isLoginTaken(state: State, login: string): boolean {
  return personNamed(state, login) !== undefined || organizationNamed(state, login) !== undefined;
}

function tokensOf(state: State, holder_id: number): Token[] {
  return [...state.tokens.values()].filter((each) => each.holder_id === holder_id);
}

function newPerson(state: State, id: number, login: string): void {
  state.people.set(id, { id, login, suspended: false });
}

// People (F4, M10).

export function createPerson(state: State, login: string): Plan {
  if (isLoginTaken(state, login)) return refuse(422);
  return { status: 201, audit: ['user.create'], apply: ({ id }) => newPerson(state, id, login) };
}

export function renamePerson(state: State, person: Person, login: string): Plan {
  if (person.login === login) return NOTHING(200);
  if (isLoginTaken(state, login)) return refuse(422);
  return {
    status: 200,
    audit: ['user.update'],
    apply: () => {
      state.old_names.push(person.login);
      person.login = login;
    },
  };
}

export function suspend(person: Person): Plan {
  if (person.suspended) return NOTHING(204);
  return { status: 204, audit: ['user.suspend'], apply: () => void Object.assign(person, { suspended: true }) };
}

export function unsuspend(person: Person): Plan {
  if (!person.suspended) return NOTHING(204);
  return { status: 204, audit: ['user.unsuspend'], apply: () => void Object.assign(person, { suspended: false }) };
}

const ownersOf = (organization: Organization): number[] =>
  [...organization.members].filter(([, role]) => role === 'admin').map(([id]) => id);

function removeRepository(state: State, repository: Repository): void {
  const owner = state.people.get(repository.owner_id) ?? state.organizations.get(repository.owner_id);
  state.old_names.push(`${owner?.login}/${repository.name}`);
  state.repositories.delete(repository.id);
  leaveSelections(state, repository.id);
  for (const { team } of state.organizations.values()) team.repositories.delete(repository.id);
}

/** M10: it leaves the selection of every token for good, of what is asked, waits and was exchanged too. */
function leaveSelections(state: State, id: number): void {
  const without = (access: Access): Access => ({
    ...access,
    repositories: new Set([...access.repositories].filter((each) => each !== id)),
  });
  for (const token of state.tokens.values()) {
    token.asked = without(token.asked);
    if (token.grant !== null) token.grant = { ...token.grant, ...without(token.grant) };
  }
  for (const { child } of state.texts) {
    if (child?.repositories instanceof Set) child.repositories.delete(id);
  }
}

export function deletePerson(state: State, person: Person): Plan {
  const joined = [...state.organizations.values()].filter((each) => each.members.has(person.id));
  if (joined.some((each) => ownersOf(each).join() === String(person.id))) return refuse(422);
  const waiting = tokensOf(state, person.id).filter((each) => each.pending !== null);
  return {
    status: 204,
    audit: ['user.delete', ...joined.map(() => 'org.remove_member'), ...waiting.map(() => `${PAT}.request_cancelled`)],
    apply: () => {
      state.old_names.push(person.login);
      for (const repository of [...state.repositories.values()]) {
        if (repository.owner_id === person.id) removeRepository(state, repository);
        repository.collaborators.delete(person.id);
      }
      state.people.delete(person.id);
      for (const token of tokensOf(state, person.id)) state.tokens.delete(token.id);
      for (const { members, team } of state.organizations.values()) {
        members.delete(person.id);
        team.members.delete(person.id);
      }
      state.enterprise.admins.delete(person.id);
    },
  };
}

// Organizations.

export function createOrganization(state: State, login: string, admin: Person): Plan {
  if (isLoginTaken(state, login)) return refuse(422);
  return {
    status: 201,
    audit: ['org.create'],
    apply: ({ id }) =>
      void state.organizations.set(id, {
        id,
        login,
        in_enterprise: false,
        members: new Map([[admin.id, 'admin']]),
        base: 'read',
        has_team: false,
        team: { members: new Set(), repositories: new Map() },
        policy: STARTING_POLICY,
        has_sso: false,
        sso_required: false,
      }),
  };
}

export function editOrganization(
  state: State,
  organization: Organization,
  edit: { readonly login?: string; readonly default_repository_permission?: BasePermission },
): Plan {
  const { login = organization.login, default_repository_permission: base = organization.base } = edit;
  if (login !== organization.login && isLoginTaken(state, login)) return refuse(422);
  return {
    status: 200,
    audit: ['org.update'],
    apply: () => {
      if (login !== organization.login) state.old_names.push(organization.login);
      organization.login = login;
      organization.base = base;
    },
  };
}

/**
 * A4: requests and grants end, with what was authorised by single sign-on; the tokens live on. That a fine-grained token was made with
 * a session stays true (O1), and what was revoked stays revoked (O2).
 */
function leave(state: State, organization: Organization, person_id: number): string[] {
  const audit: string[] = ['org.remove_member'];
  for (const token of tokensOf(state, person_id)) {
    if (token.owner_id === organization.id) {
      if (token.pending !== null) audit.push(`${PAT}.request_cancelled`);
      if (token.grant !== null) audit.push(`${PAT}.access_revoked`);
    }
    if (token.kind === 'classic' && token.sso.has(organization.id)) {
      audit.push('org_credential_authorization.deauthorized');
    }
  }
  return audit;
}

function applyLeave(state: State, organization: Organization, person_id: number): void {
  organization.members.delete(person_id);
  organization.team.members.delete(person_id);
  for (const token of tokensOf(state, person_id)) {
    if (token.owner_id === organization.id) {
      setBack(token);
      token.grant = null;
    }
    if (token.kind === 'classic') token.sso.delete(organization.id);
  }
}

export function removeMember(state: State, organization: Organization, person: Person): Plan {
  const role = organization.members.get(person.id);
  if (role === undefined) return refuse(404);
  if (role === 'admin' && ownersOf(organization).length === 1) return refuse(422);
  return {
    status: 204,
    audit: leave(state, organization, person.id),
    apply: () => applyLeave(state, organization, person.id),
  };
}

export function setMember(organization: Organization, person: Person, role: 'admin' | 'member'): Plan {
  const before = organization.members.get(person.id);
  if (before === role) return NOTHING(200);
  if (before === 'admin' && ownersOf(organization).length === 1) return refuse(422);
  const audit = [before === undefined ? 'org.add_member' : 'org.update_member'];
  return { status: 200, audit, apply: () => void organization.members.set(person.id, role) };
}

export function createTeam(organization: Organization): Plan {
  return { status: 201, audit: ['team.create'], apply: () => void Object.assign(organization, { has_team: true }) };
}

export function deleteTeam(organization: Organization): Plan {
  return {
    status: 204,
    audit: ['team.destroy'],
    apply: () => {
      organization.has_team = false;
      organization.team.members.clear();
      organization.team.repositories.clear();
    },
  };
}

export function teamMember({ members, team }: Organization, person: Person, joins: boolean): Plan {
  const is_in = team.members.has(person.id);
  if (joins) {
    if (!members.has(person.id)) return refuse(422);
    return { status: 200, audit: is_in ? [] : ['team.add_member'], apply: () => void team.members.add(person.id) };
  }
  if (!is_in) return refuse(404);
  return { status: 204, audit: ['team.remove_member'], apply: () => void team.members.delete(person.id) };
}

export function teamRepository({ id, team }: Organization, repository: Repository, role: Role | null): Plan {
  const before = team.repositories.get(repository.id);
  if (repository.owner_id !== id) return refuse(404);
  if (role === null) {
    if (before === undefined) return refuse(404);
    return {
      status: 204,
      audit: ['team.remove_repository'],
      apply: () => void team.repositories.delete(repository.id),
    };
  }
  const audit = before === role ? [] : ['team.add_repository'];
  return { status: 204, audit, apply: () => void team.repositories.set(repository.id, role) };
}

export function joinEnterprise(organization: Organization): Plan {
  if (organization.in_enterprise) return NOTHING(204);
  const apply = (): void => void Object.assign(organization, { in_enterprise: true });
  return { status: 204, audit: ['business.add_organization'], apply };
}

/** C5: leaving the enterprise makes internal repositories private. */
export function leaveEnterprise(state: State, organization: Organization): Plan {
  if (!organization.in_enterprise) return refuse(404);
  return {
    status: 204,
    audit: ['business.remove_organization'],
    apply: () => {
      organization.in_enterprise = false;
      for (const each of state.repositories.values()) {
        if (each.owner_id === organization.id && each.visibility === 'internal') each.visibility = 'private';
      }
    },
  };
}

// Repositories. Who may is judged before.

export type NewRepository = { readonly name: string; readonly visibility: Visibility };

function isNameTaken(state: State, owner_id: number, name: string): boolean {
  return [...state.repositories.values()].some((each) => each.owner_id === owner_id && each.name === name);
}

export function createRepository(state: State, owner_id: number, { name, visibility }: NewRepository): Plan {
  if (visibility === 'internal' && !state.organizations.get(owner_id)?.in_enterprise) return refuse(422);
  if (isNameTaken(state, owner_id, name)) return refuse(422);
  return {
    status: 201,
    audit: ['repo.create'],
    apply: ({ id }) =>
      void state.repositories.set(id, { id, owner_id, name, visibility, archived: false, collaborators: new Map() }),
  };
}

export type RepositoryEdit = { readonly name?: string; readonly visibility?: Visibility; readonly archived?: boolean };

export function editRepository(state: State, repository: Repository, edit: RepositoryEdit): Plan {
  const { name = repository.name, visibility = repository.visibility, archived = repository.archived } = edit;
  const organization = state.organizations.get(repository.owner_id);
  if (edit.visibility === 'internal' && !organization?.in_enterprise) return refuse(422);
  if (name !== repository.name && isNameTaken(state, repository.owner_id, name)) return refuse(422);
  return {
    status: 200,
    audit: ['repo.update'],
    apply: () => {
      const owner = state.people.get(repository.owner_id) ?? organization;
      if (name !== repository.name) state.old_names.push(`${owner?.login}/${repository.name}`);
      Object.assign(repository, { name, visibility, archived });
    },
  };
}

export function deleteRepository(state: State, repository: Repository): Plan {
  return { status: 204, audit: ['repo.destroy'], apply: () => removeRepository(state, repository) };
}

/** To oneself, or to an organization that the person (who acts himself) owns. */
export function transfer(state: State, repository: Repository, taker: Person | Organization, actor: Person): Plan {
  const organization = state.organizations.get(taker.id);
  if (organization === undefined && taker.id !== actor.id) return refuse(422);
  if (organization !== undefined && organization.members.get(actor.id) !== 'admin') {
    return { status: 403, audit: ['repo.transfer refused'] };
  }
  if (taker.id === repository.owner_id || isNameTaken(state, taker.id, repository.name)) return refuse(422);
  return {
    status: 202,
    audit: ['repo.transfer'],
    apply: () => {
      const from = state.organizations.get(repository.owner_id);
      const owner = state.people.get(repository.owner_id) ?? from;
      state.old_names.push(`${owner?.login}/${repository.name}`);
      const stays_inside = from?.in_enterprise && organization?.in_enterprise;
      if (repository.visibility === 'internal' && !stays_inside) repository.visibility = 'private';
      from?.team.repositories.delete(repository.id);
      repository.owner_id = taker.id;
      repository.collaborators.delete(taker.id);
      leaveSelections(state, repository.id);
    },
  };
}

export function collaborate(repository: Repository, person: Person, role: Role | null): Plan {
  const before = repository.collaborators.get(person.id);
  if (role === null) {
    if (before === undefined) return refuse(404);
    return { status: 204, audit: ['repo.remove_member'], apply: () => void repository.collaborators.delete(person.id) };
  }
  if (repository.owner_id === person.id) return refuse(422);
  const named = before === undefined ? 'repo.add_member' : 'repo.update_member';
  const apply = (): void => void repository.collaborators.set(person.id, role);
  return { status: 204, audit: before === role ? [] : [named], apply };
}

// Policies (P1 to P6).

export function effectivePolicy(state: State, { policy, in_enterprise }: Organization, person_id: number) {
  const above = in_enterprise ? state.enterprise.policy : null;
  const word = (member: 'fine_grained_tokens' | 'classic_tokens' | 'approval'): string =>
    above === null || above[member] === 'no_policy' ? policy[member] : above[member];
  const exempt = above?.exempt_administrators === true && state.enterprise.admins.has(person_id);
  const caps = [policy.max_lifetime_days.fine_grained, exempt ? null : (above?.max_lifetime_days.fine_grained ?? null)];
  const days = caps.filter((each) => typeof each === 'number');
  return {
    fine_grained: word('fine_grained_tokens') === 'allowed',
    approval: word('approval') === 'required',
    cap_ms: days.length === 0 ? null : Math.min(...days) * DAY_MS,
  };
}

export type PolicyPatch = Partial<Omit<OrganizationPolicy, 'max_lifetime_days'>> & {
  readonly max_lifetime_days?: { readonly fine_grained?: number | null; readonly classic?: number | null };
};

function policyEntries(before: OrganizationPolicy, after: OrganizationPolicy): string[] {
  const entries: string[] = [];
  for (const member of ['fine_grained_tokens', 'classic_tokens'] as const) {
    const way = after[member] === 'restricted' ? 'enabled' : 'disabled';
    if (before[member] !== after[member]) entries.push(`${PAT}.access_restriction_${way}`);
  }
  if (before.approval !== after.approval) entries.push(`${PAT}.approval_${after.approval}`);
  for (const kind of ['fine_grained', 'classic'] as const) {
    const cap = after.max_lifetime_days[kind];
    const way = cap === null ? 'unset' : 'set';
    if (before.max_lifetime_days[kind] !== cap) entries.push(`${PAT}.expiration_limit_${way}`);
  }
  if (before.lifetime_applies_to_public_reads !== after.lifetime_applies_to_public_reads) {
    entries.push(`${PAT}.expiration_limit_set`);
  }
  return entries;
}

/** P5: what the enterprise binds may not be said otherwise; caps only smaller, the switch only on. */
function isBound(patch: PolicyPatch, above: EnterprisePolicy): boolean {
  const words = (['fine_grained_tokens', 'classic_tokens', 'approval'] as const).some((member) => {
    const said = patch[member];
    return said !== undefined && above[member] !== 'no_policy' && said !== above[member];
  });
  const caps = (['fine_grained', 'classic'] as const).some((kind) => {
    const said = patch.max_lifetime_days?.[kind];
    const cap = above.max_lifetime_days[kind];
    return said !== undefined && typeof cap === 'number' && (said === null || said > cap);
  });
  return (
    words ||
    caps ||
    (patch.lifetime_applies_to_public_reads === false && above.lifetime_applies_to_public_reads === true)
  );
}

export function setOrganizationPolicy(state: State, organization: Organization, patch: PolicyPatch): Plan {
  if (organization.in_enterprise && isBound(patch, state.enterprise.policy)) return refuse(422);
  const before = organization.policy;
  const max_lifetime_days = { ...before.max_lifetime_days, ...patch.max_lifetime_days };
  const after = { ...before, ...patch, max_lifetime_days };
  return {
    status: 200,
    audit: policyEntries(before, after),
    apply: () => void Object.assign(organization, { policy: after }),
  };
}

export type EnterprisePatch = Partial<Omit<EnterprisePolicy, 'max_lifetime_days'>> & {
  readonly max_lifetime_days?: Partial<EnterprisePolicy['max_lifetime_days']>;
};

/** What is written of it is looked at elsewhere: here only that something is where something changes. */
export function setEnterprisePolicy(state: State, patch: EnterprisePatch): Omit<Plan, 'audit'> {
  const { policy } = state.enterprise;
  const max_lifetime_days = { ...policy.max_lifetime_days, ...patch.max_lifetime_days };
  const after = { ...policy, ...patch, max_lifetime_days };
  return { status: 200, apply: () => void Object.assign(state.enterprise, { policy: after }) };
}

// Tokens (section 3 and 5).

const NO_ACCESS: Access = { permissions: {}, selection: 'none', repositories: new Set() };

type Made = { readonly id: number; readonly token: string; readonly expires_at: string | null };

function addToken(state: State, made: Made, given: Pick<Token, 'holder_id' | 'kind'> & Partial<Token>): Token {
  const current: Text = { text: made.token, token_id: made.id, ends_at: null, dead: false, child: null };
  const token: Token = {
    ...{ id: made.id, scopes: [], owner_id: null, asked: NO_ACCESS, grant: null, pending: null, ended_requests: [] },
    ...{ issued_at: state.now, expires_at: null, revoked: false, current, sso: new Set(), sso_revoked: new Set() },
    ...given,
  };
  state.texts.push(current);
  state.tokens.set(made.id, token);
  return token;
}

export type Life = { readonly days: number | null };

export function issueClassic(state: State, holder: Person, ask: { readonly scopes: readonly string[] } & Life): Plan {
  const { days, scopes } = ask;
  const expires_at = days === null ? null : state.now + days * DAY_MS;
  const given = { holder_id: holder.id, kind: 'classic', scopes, expires_at } as const;
  return { status: 201, audit: ['oauth_access.create'], apply: (body) => void addToken(state, body, given) };
}

export type AccessAsk = {
  readonly permissions: Permissions;
  readonly selection: Access['selection'];
  readonly repositories: readonly Repository[];
};

/** M6, K4: the access that is asked, or the status of a refusal. */
function readAsk(state: State, holder_id: number, owner_id: number, ask: AccessAsk): Access | null {
  const names = Object.keys(ask.permissions);
  const of_organization = names.filter((name) => ['members', 'organization_administration'].includes(name));
  if (of_organization.length > 0 && !state.organizations.has(owner_id)) return null;
  if (ask.selection === 'none' && names.length > of_organization.length) return null;
  if (ask.selection === 'subset' && ask.repositories.length === 0) return null;
  const is_selectable = (each: Repository): boolean =>
    each.owner_id === owner_id && (each.visibility === 'public' || roleOn(state, holder_id, each) !== null);
  if (ask.selection === 'subset' && !ask.repositories.every(is_selectable)) return null;
  const repositories = new Set(ask.selection === 'subset' ? ask.repositories.map(({ id }) => id) : []);
  return { permissions: withMetadata(ask.permissions), selection: ask.selection, repositories };
}

/** M4: whether the organization accepts a token of this holder now. */
function isEligible(state: State, holder_id: number, owner_id: number, sso_live: boolean): boolean {
  const organization = state.organizations.get(owner_id);
  if (organization === undefined) return owner_id === holder_id;
  if (!organization.members.has(holder_id)) return false;
  return effectivePolicy(state, organization, holder_id).fine_grained && (!organization.sso_required || sso_live);
}

/** M5, P3: an owner's own, and one's own account, need nobody. */
function needsApproval(state: State, holder_id: number, owner_id: number): boolean {
  const organization = state.organizations.get(owner_id);
  if (organization === undefined || organization.members.get(holder_id) === 'admin') return false;
  return effectivePolicy(state, organization, holder_id).approval;
}

function capOf(state: State, holder_id: number, owner_id: number): number | null {
  const organization = state.organizations.get(owner_id);
  return organization === undefined ? null : effectivePolicy(state, organization, holder_id).cap_ms;
}

const isLonger = (life_ms: number | null, than_ms: number | null): boolean =>
  than_ms !== null && (life_ms === null || life_ms > than_ms);
const lifeOf = ({ issued_at, expires_at }: Pick<Token, 'issued_at' | 'expires_at'>): number | null =>
  expires_at === null ? null : expires_at - issued_at;

export type FineGrainedAsk = AccessAsk & Life & { readonly owner_id: number; readonly sso_live: boolean };

export function issueFineGrained(state: State, holder: Person, ask: FineGrainedAsk): Plan {
  const { owner_id, days, sso_live } = ask;
  if (!isEligible(state, holder.id, owner_id, sso_live)) return refuse(422);
  const life_ms = days === null ? null : days * DAY_MS;
  if (isLonger(life_ms, capOf(state, holder.id, owner_id))) return refuse(422);
  const access = readAsk(state, holder.id, owner_id, ask);
  if (access === null) return refuse(422);
  const of_organization = state.organizations.has(owner_id);
  const waits = needsApproval(state, holder.id, owner_id);
  const entry = waits ? `${PAT}.request_created` : `${PAT}.access_granted`;
  return {
    status: 201,
    audit: [`${PAT}.create`, ...(of_organization ? [entry] : [])],
    apply: (body) => {
      const token = addToken(state, body, {
        ...{ holder_id: holder.id, kind: 'fine_grained', owner_id, asked: access },
        expires_at: life_ms === null ? null : state.now + life_ms,
        pending: waits ? body.approval.request_id : null,
        grant: waits ? null : { ...access, life_ms },
      });
      if (of_organization && sso_live) token.sso.add(owner_id);
    },
  };
}

/** A2: an ended request is no longer what is asked, where something is granted. */
function setBack(token: Token): void {
  if (token.pending !== null) token.ended_requests.push(token.pending);
  token.pending = null;
  if (token.grant !== null) token.asked = token.grant;
}

/** M7. What the patch does not speak of stays as it was asked. */
export function editAccess(state: State, token: Token, ask: AccessAsk, sso_live: boolean): Plan {
  if (hasEnded(state, token)) return refuse(409);
  const { owner_id, holder_id, grant } = token;
  if (owner_id === null) return refuse(409);
  const wanted = readAsk(state, holder_id, owner_id, ask);
  if (wanted === null) return refuse(422);
  if (isSameAccess(wanted, token.asked)) return NOTHING(200);
  const wider = grant === null || !isAccessWithin(wanted, grant);
  if (wider && !isEligible(state, holder_id, owner_id, sso_live)) return refuse(422);
  const waits = needsApproval(state, holder_id, owner_id);
  const cancels = token.pending !== null ? [`${PAT}.request_cancelled`] : [];
  const asks = waits ? `${PAT}.request_created` : `${PAT}.access_granted`;
  const of_organization = state.organizations.has(owner_id);
  return {
    status: 200,
    audit: [`${PAT}.update`, ...cancels, ...(wider && of_organization ? [asks] : [])],
    apply: (body) => {
      if (token.pending !== null) token.ended_requests.push(token.pending);
      token.asked = wanted;
      token.pending = wider && waits ? body.approval.request_id : null;
      if (wider && !waits) token.grant = { ...wanted, life_ms: lifeOf(token) };
      else if (grant !== null) token.grant = { ...grant, ...meetAccess(grant, wanted) };
    },
  };
}

export function editScopes(state: State, token: Token, scopes: readonly string[]): Plan {
  if (hasEnded(state, token)) return refuse(409);
  if (token.scopes.join() === scopes.join()) return NOTHING(200);
  return { status: 200, audit: ['oauth_access.update'], apply: () => void Object.assign(token, { scopes }) };
}

/** M7: a life only gets shorter, and ends a second ahead at the least (contract 10). Null: never. What is asked stays what it is. */
export function editLife(state: State, token: Token, expires_at: number | null): Plan {
  if (hasEnded(state, token)) return refuse(409);
  const present = token.expires_at;
  const is_too_near = expires_at !== null && expires_at - state.now < 1000;
  const is_longer = present !== null && (expires_at === null || expires_at > present);
  if (is_too_near || is_longer) return refuse(422);
  if (expires_at === present) return NOTHING(200);
  const named = token.kind === 'classic' ? 'oauth_access' : PAT;
  return { status: 200, audit: [`${named}.update`], apply: () => void Object.assign(token, { expires_at }) };
}

/** M8. `days` undefined: the same life again. */
export function regenerate(
  state: State,
  token: Token,
  ask: { readonly days?: number | undefined; readonly overlap_seconds: number; readonly sso_live: boolean },
): Plan {
  if (hasEnded(state, token)) return refuse(409);
  const { holder_id, owner_id, grant } = token;
  const before = lifeOf(token);
  const life_ms = ask.days === undefined ? before : ask.days * DAY_MS;
  const organization = owner_id === null ? undefined : state.organizations.get(owner_id);
  const asks_owner = organization?.members.has(holder_id) === true && owner_id !== null;
  if (asks_owner) {
    if (isLonger(life_ms, capOf(state, holder_id, owner_id))) return refuse(422);
    const waits = needsApproval(state, holder_id, owner_id);
    if (grant !== null && waits && isLonger(life_ms, grant.life_ms)) return refuse(422);
  }
  const renews = token.pending !== null && isLonger(life_ms, before);
  // Contract 10: where no approval is required, no request is made to review; who may not be asked (M4) grants nothing.
  const is_free =
    owner_id !== null &&
    isEligible(state, holder_id, owner_id, ask.sso_live) &&
    !needsApproval(state, holder_id, owner_id);
  const renewal = renews
    ? [`${PAT}.request_cancelled`, `${PAT}.${is_free ? 'access_granted' : 'request_created'}`]
    : [];
  const named = token.kind === 'classic' ? 'oauth_access.regenerate' : `${PAT}.credential_regenerated`;
  return {
    status: 201,
    audit: [named, ...renewal],
    apply: (body) => {
      for (const each of state.texts) {
        if (each.token_id !== token.id || each.child !== null) continue;
        if (each !== token.current || ask.overlap_seconds === 0) each.dead = true;
      }
      const overlap_end = state.now + ask.overlap_seconds * 1000;
      token.current.ends_at = Math.min(overlap_end, token.expires_at ?? overlap_end);
      token.issued_at = state.now;
      token.expires_at = life_ms === null ? null : state.now + life_ms;
      token.current = { text: body.token, token_id: token.id, ends_at: null, dead: false, child: null };
      state.texts.push(token.current);
      if (renews && token.pending !== null) {
        token.ended_requests.push(token.pending);
        token.pending = is_free ? null : body.approval.request_id;
      }
      if (renews && is_free) token.grant = { ...token.asked, life_ms };
      else if (
        grant !== null &&
        owner_id !== null &&
        !needsApproval(state, holder_id, owner_id) &&
        isLonger(life_ms, grant.life_ms)
      ) {
        token.grant = { ...grant, life_ms };
      }
    },
  };
}

export function deleteToken(state: State, token: Token): Plan {
  const cancels = token.pending !== null ? [`${PAT}.request_cancelled`] : [];
  const named = token.kind === 'classic' ? 'oauth_access.destroy' : `${PAT}.destroy`;
  return { status: 204, audit: [named, ...cancels], apply: () => void state.tokens.delete(token.id) };
}

/** M9: it stays, as revoked; what it asks ends with it (A2). */
function revoke(token: Token): Plan & { readonly apply: () => void } {
  const named = token.kind === 'classic' ? 'oauth_access.revoke' : `${PAT}.credential_revoked`;
  const cancels = token.pending !== null ? [`${PAT}.request_cancelled`] : [];
  return {
    status: 202,
    audit: [named, ...cancels],
    apply: () => {
      if (token.pending !== null) token.ended_requests.push(token.pending);
      token.pending = null;
      token.revoked = true;
    },
  };
}

/** T2: any live text of it ends the whole token. */
export function reportLeak(state: State, text: Text): Plan {
  const token = state.tokens.get(text.token_id);
  return token === undefined || !isAlive(state, text) ? NOTHING(202) : revoke(token);
}

/** M9: the administrator ends all that a person has. */
export function endTokens(state: State, person: Person): Plan {
  const ends = tokensOf(state, person.id)
    .filter((each) => !hasEnded(state, each))
    .map(revoke);
  return {
    status: 204,
    audit: ends.flatMap(({ audit }) => audit),
    apply: () => {
      for (const { apply } of ends) apply();
    },
  };
}

// Approval (A1 to A3). The reviewer is an owner, in person.

export function review(state: State, token: Token, act: 'approve' | 'deny', request_id: number): Plan {
  if (request_id !== token.pending || token.owner_id === null) return refuse(409);
  const organization = state.organizations.get(token.owner_id);
  if (organization === undefined) return refuse(404);
  if (act === 'deny') {
    return { status: 204, audit: [`${PAT}.request_denied`], apply: () => setBack(token) };
  }
  const allowed = effectivePolicy(state, organization, token.holder_id).fine_grained;
  if (!allowed || hasEnded(state, token)) return refuse(409);
  return {
    status: 204,
    audit: [`${PAT}.access_granted`],
    apply: () => {
      token.grant = { ...token.asked, life_ms: lifeOf(token) };
      token.ended_requests.push(request_id);
      token.pending = null;
    },
  };
}

export function revokeGrant(token: Token): Plan {
  const denies = token.pending !== null ? [`${PAT}.request_denied`] : [];
  return {
    status: 204,
    audit: [`${PAT}.access_revoked`, ...denies],
    apply: () => {
      setBack(token);
      token.grant = null;
    },
  };
}

export function askAgain(state: State, token: Token, sso_live: boolean): Plan {
  if (hasEnded(state, token) || token.kind === 'classic' || token.grant !== null || token.owner_id === null)
    return refuse(409);
  const { holder_id, owner_id } = token;
  if (!isEligible(state, holder_id, owner_id, sso_live)) return refuse(422);
  const waits = needsApproval(state, holder_id, owner_id);
  const cancels = token.pending !== null ? [`${PAT}.request_cancelled`] : [];
  const entry = waits ? `${PAT}.request_created` : `${PAT}.access_granted`;
  return {
    status: 201,
    audit: [...cancels, ...(state.organizations.has(owner_id) ? [entry] : [])],
    apply: (body) => {
      if (token.pending !== null) token.ended_requests.push(token.pending);
      token.pending = waits ? body.request_id : null;
      if (!waits) token.grant = { ...token.asked, life_ms: lifeOf(token) };
    },
  };
}

export function withdraw(token: Token): Plan {
  if (token.pending === null) return refuse(409);
  return { status: 204, audit: [`${PAT}.request_cancelled`], apply: () => setBack(token) };
}

// Single sign-on (O1, O2).

export function requireSso(organization: Organization, required: boolean): Plan {
  return {
    status: 204,
    audit: [],
    apply: () => void Object.assign(organization, { has_sso: true, sso_required: required }),
  };
}

export function authorize(state: State, token: Token, organization: Organization, sso_live: boolean): Plan {
  if (hasEnded(state, token)) return refuse(409);
  if (token.kind === 'fine_grained') return refuse(422);
  if (!sso_live) return { status: 403, audit: ['org_credential_authorization.grant refused'] };
  if (token.sso_revoked.has(organization.id)) return refuse(409);
  if (isOverClassicCap(state, token, organization)) return refuse(422);
  if (token.sso.has(organization.id)) return NOTHING(204);
  const apply = (): void => void token.sso.add(organization.id);
  return { status: 204, audit: ['org_credential_authorization.grant'], apply };
}

function isOverClassicCap(state: State, token: Token, organization: Organization): boolean {
  const exempt = state.enterprise.policy.exempt_administrators && state.enterprise.admins.has(token.holder_id);
  const above = organization.in_enterprise && !exempt ? state.enterprise.policy.max_lifetime_days.classic : null;
  const caps = [organization.policy.max_lifetime_days.classic, above];
  return caps.some((days) => typeof days === 'number' && isLonger(lifeOf(token), days * DAY_MS));
}

export function deauthorize(token: Token, organization: Organization): Plan {
  if (token.kind === 'fine_grained') return refuse(422);
  if (!token.sso.has(organization.id)) return refuse(404);
  const apply = (): void => void token.sso.delete(organization.id);
  return { status: 204, audit: ['org_credential_authorization.deauthorized'], apply };
}

// Exchange (T3).

const HOUR_MS = 3_600_000;
const DEPTH_MAX = 3;

export type ExchangeAsk = {
  /** One scope or permission of those that the subject holds; null: all. */
  readonly word: string | null;
  readonly repository: Repository | null;
};

/** K5: without those that another of them brings. */
const normalised = (scopes: readonly string[]): readonly string[] =>
  scopes.filter((scope) => !scopes.some((other) => other !== scope && holds([other], scope)));

/** What a text holds now: of a child the meeting of all that it was made from. */
export function heldBy(
  state: State,
  text: Text,
): { scopes: readonly string[] | null; permissions: Permissions | null } {
  const token = state.tokens.get(text.token_id);
  if (token === undefined) return { scopes: [], permissions: null };
  if (token.kind === 'classic') {
    const own = text.child?.scopes;
    return { scopes: own ? normalised(inBoth(own, token.scopes)) : token.scopes, permissions: null };
  }
  const granted = token.grant?.permissions ?? {};
  const own = text.child?.permissions;
  return { scopes: null, permissions: own ? meetPermissions(granted, own) : granted };
}

export function exchange(state: State, text: Text, ask: ExchangeAsk): Plan {
  const token = state.tokens.get(text.token_id);
  const holder = token && state.people.get(token.holder_id);
  const is_live = token !== undefined && isAlive(state, text) && holder?.suspended === false;
  const is_granted = token?.kind === 'classic' || token?.grant != null;
  const depth = (text.child?.depth ?? 0) + 1;
  if (!is_live || !is_granted || depth > DEPTH_MAX) return refuse(400);
  const held = heldBy(state, text);
  const narrowed = (): Pick<Child, 'scopes' | 'permissions'> => {
    if (ask.word === null) return held;
    if (held.scopes !== null) return { scopes: [ask.word], permissions: null };
    const [name = '', level = ''] = ask.word.split(':');
    return { scopes: null, permissions: withMetadata({ [name]: level }) };
  };
  return {
    status: 200,
    audit: [`${PAT}.exchange`],
    apply: ({ access_token }) => {
      const inherited = text.child?.repositories ?? null;
      const repositories = ask.repository === null ? inherited : new Set([ask.repository.id]);
      const ends_at = state.now + HOUR_MS;
      const child: Child = { parent: text, depth, repositories: repositories && new Set(repositories), ...narrowed() };
      state.texts.push({ text: access_token, token_id: text.token_id, ends_at, dead: false, child });
    },
  };
}
type Child = NonNullable<Text['child']>;
