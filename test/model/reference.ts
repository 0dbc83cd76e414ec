// The reference decision: the rules written a second time, by someone who did not write the engine and had not read it.
// Where the rules are silent it was made to follow the engine afterwards; each such place says so. It owns nothing that
// the service uses; the tables of test/rules compare it with decide(). One function a step of F5, to be read beside the
// rules. Of src it imports only types; tables.ts has the tables, and takes only names, categories and levels from there.

import type { Facts, OrganizationFacts, PersonFacts, Resource, Subject, TokenFacts } from '../../src/domain/facts.ts';
import type { EnterprisePolicy } from '../../src/domain/policy.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import {
  CATEGORY,
  CONTAINED_IN,
  covers,
  GIVEN_BY,
  LEVEL,
  MEMBERS_READ,
  NOT_BY_PUBLIC_REPO,
  OFFERED,
  ROLE,
  ROLES_NEEDED,
  rank,
  SCOPE_NAMES,
  STRANGER,
} from './tables.ts';

export type Answer = { effect: 'allow' | 'deny'; reason: string; status: number; fine_reason: string };
type Sets = ReadonlyArray<Readonly<Record<string, string>>>;
type Need = {
  sets: Sets;
  permissionless: boolean;
  /** Declared scopes, any of which is enough; null: those of C6. */
  scopes: readonly string[] | null;
  /** A scope asked as an action. */
  scope: string | null;
  public_read: boolean;
  no_fine_grained: boolean;
  write: boolean;
  workflow: boolean;
  becomes: string | undefined;
  id: string;
};
type Held = (scope: string) => boolean;
type Token<Kind> = Extract<TokenFacts, { kind: Kind }>;

const yes = (reason: string): Answer => ({ effect: 'allow', reason, status: 200, fine_reason: reason });
const no = (status: number, reason: string, fine_reason = reason): Answer => ({
  effect: 'deny',
  reason,
  status,
  fine_reason,
});

const ALLOWED = yes('allowed');
const PUBLIC_READ = yes('public_read');
const NOT_VISIBLE = no(404, 'not_found', 'not_visible');
const ROLE_MISSING = no(403, 'role_missing');
const SCOPE_MISSING = no(403, 'scope_missing');
const UNKNOWN = no(403, 'unknown_operation');

/** F5, the chain: the first step that applies answers. */
export function reference(facts: Facts, request: DecisionRequest, now: Date): Answer {
  const { subject, resource } = facts;
  const refused = credential(subject, now);
  if (refused) return refused;
  const need = needOf(request);
  const open = need !== null && isPublicRead(resource, need);
  if (subject.type === 'anonymous') return open ? PUBLIC_READ : no(401, 'authentication_required'); // F7
  if (need === null) return UNKNOWN; // F3, C1
  const { person } = subject;
  const for_sessions = request.ask.type === 'operation' && request.ask.operation.session_only;
  if (for_sessions && subject.type === 'token') return no(403, 'session_required'); // K7
  if (request.ask.type === 'operation' && request.ask.operation.open_list) {
    // F8: these lists answer every live credential, no switch stops them; an organization is visible to all.
    if (open) return PUBLIC_READ;
    return resource.type === 'organization' ? ALLOWED : (holder(person, resource) ?? ALLOWED);
  }
  if (subject.type === 'person') {
    if (open) return PUBLIC_READ;
    const stopped = holder(person, resource);
    if (stopped) return stopped;
    if (need.scope !== null) return SCOPE_MISSING; // T5: a person has no scopes
    if (isReview(resource, need)) return ALLOWED;
    return ceiling(person, resource, need, need.sets);
  }
  const { token } = subject;
  if (open && !switchStops(token, resource)) return PUBLIC_READ;
  if (open) return no(403, 'lifetime_exceeded');
  return (
    holder(person, resource) ??
    reach(token, person, resource, need) ??
    policy(token, resource) ??
    permission(token, person, resource, need)
  );
}

/** F5.1: unknown, malformed, expired, revoked, suspended. Dates that are none are a doubt (F3). */
function credential(subject: Subject, now: Date): Answer | null {
  if (subject.type === 'anonymous') return null;
  if (subject.type !== 'person' && subject.type !== 'token') return no(401, 'bad_credential');
  if (subject.type === 'token' && !isLive(subject.token, now)) return no(401, 'bad_credential');
  // Contract 10: the bearer sees the one bad credential; only clients and the record are told that it is this.
  return subject.person.suspended === false ? null : no(401, 'bad_credential', 'holder_suspended');
}

function isLive(token: TokenFacts, now: Date): boolean {
  const before = (end: Date | null): boolean => end === null || now.getTime() < end.getTime();
  const known = token.kind === 'classic' || token.kind === 'fine_grained';
  const issued = !Number.isNaN(token.secret_issued_at.getTime());
  const ended = token.revoked_at !== null || token.exchanged?.ended_at || Number.isNaN(now.getTime());
  return known && issued && !ended && before(token.expires_at) && before(token.secret_expires_at);
}

/** What is asked, or null for what nobody declared (C1) or nobody knows (F3). */
function needOf(request: DecisionRequest): Need | null {
  const { ask, becomes } = request;
  const none = {
    permissionless: false,
    scopes: null,
    scope: null,
    public_read: false,
    no_fine_grained: false,
    becomes,
    id: '',
  };
  const workflow_path = request.path !== undefined && isWorkflowPath(request.path);
  if (ask.type === 'permission') {
    const { permission, level } = ask;
    if (!OFFERED.has(`${permission}:${level}`)) return null;
    const write = level !== 'read';
    const workflow = write && workflow_path;
    const set = workflow ? { [permission]: level, workflows: 'write' } : { [permission]: level };
    return { ...none, sets: [set], public_read: !write && STRANGER.includes(permission), write, workflow };
  }
  if (ask.type === 'scope') {
    if (!SCOPE_NAMES.has(ask.scope)) return null;
    return { ...none, sets: [], scope: ask.scope, write: false, workflow: false };
  }
  if (ask.type !== 'operation') return null;
  const { operation } = ask;
  // C1: a set that says nothing is no declaration. It is not plain about an operation that declares scopes, or a public
  // read, and no permission; as the engine does, that is no declaration either.
  const declared: Sets = operation.permission_sets.filter((set) => Object.keys(set).length > 0);
  if (declared.length === 0 && !operation.permissionless) return null;
  const reads = operation.method === 'GET' || operation.method === 'HEAD'; // C3
  const upload_pack = operation.id === 'POST /{owner}/{repo}/git-upload-pack'; // C4
  const workflow = !reads && !upload_pack && workflow_path;
  // C4: a workflow file needs its own permission, also where nothing else is needed.
  const asked: Sets = workflow && declared.length === 0 ? [{}] : declared;
  return {
    sets: workflow ? asked.map((set) => ({ ...set, workflows: 'write' })) : asked,
    permissionless: operation.permissionless && !workflow,
    no_fine_grained: operation.no_fine_grained === true,
    scopes: operation.classic_scopes,
    scope: null,
    public_read: operation.public_read && (reads || upload_pack),
    write: !reads && !upload_pack,
    workflow,
    becomes,
    id: operation.id,
  };
}

/** C4: a file below .github/workflows/, however the path is spelt. */
function isWorkflowPath(path: string): boolean {
  const parts: string[] = [];
  for (const part of path.toLowerCase().split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const below = parts.length > 2 || path.endsWith('/');
  return below && parts[0] === '.github' && parts[1] === 'workflows';
}

/** F2. */
function isPublicRead(resource: Resource, need: Need): boolean {
  if (!need.public_read) return false;
  if (resource.type === 'repository') return resource.visibility === 'public';
  const asked = need.id !== '';
  return asked && (resource.type === 'user' || resource.type === 'organization' || resource.type === 'none');
}

function organizationOf(resource: Resource): OrganizationFacts | null {
  if (resource.type === 'organization') return resource.organization;
  return resource.type === 'repository' && resource.owner.type !== 'User' ? resource.owner : null;
}

/**
 * P4's switch: at either the organization or its enterprise, for the token of a member over the cap. Where a policy is
 * missing F2 (open) and F3 (a missing row denies) disagree; as the engine does, F2 wins.
 */
function switchStops(token: TokenFacts, resource: Resource): boolean {
  const organization = organizationOf(resource);
  if (organization === null || organization.membership === null || organization.policy === null) return false;
  const own = organization.policy.lifetime_applies_to_public_reads;
  const above = organization.enterprise?.policy?.lifetime_applies_to_public_reads ?? 'no_policy';
  const on = own !== false || (above !== false && above !== 'no_policy');
  return on && isOverCap(token, organization);
}

/** F5.3: what the holder himself may know of. */
function holder(person: PersonFacts, resource: Resource): Answer | null {
  switch (resource.type) {
    case 'repository':
      if (resource.visibility === 'public') return null;
      if (resource.visibility !== 'internal' && resource.visibility !== 'private') return NOT_VISIBLE; // F3
      return rank(ROLE, resource.role) > 0 ? null : NOT_VISIBLE;
    case 'organization':
      if (resource.organization.membership === 'admin' || resource.organization.membership === 'member') return null;
      return resource.by_team ? NOT_VISIBLE : ROLE_MISSING; // F6: the id of a team is told to members only
    case 'user':
      return resource.id === person.id ? null : NOT_VISIBLE;
    case 'enterprise':
      return resource.enterprise.holder_administers === true ? null : NOT_VISIBLE;
    case 'none':
      return null;
    default:
      return NOT_VISIBLE;
  }
}

/** F5.4: the token's reach. 404 for a repository that is not public, else 403. */
function reach(token: TokenFacts, person: PersonFacts, resource: Resource, need: Need): Answer | null {
  const hidden = resource.type === 'repository' && resource.visibility !== 'public';
  const out = (fine: string): Answer => (hidden ? no(404, 'not_found', fine) : no(403, 'not_in_reach', fine));
  if (token.kind === 'fine_grained') {
    const why = outOfReach(token, person, resource, need);
    return why === null ? null : out(why);
  }
  // T3: an exchanged token may be bounded to repositories, as a selection bounds a fine-grained one.
  const bounded = token.exchanged?.narrows_repositories === true && resource.type === 'repository';
  if (bounded && !resource.selected) return out('not_selected');
  if (!hidden) return null;
  return reachesHidden(scopesOf(token), need) ? null : out('scope_missing');
}

function outOfReach(token: Token<'fine_grained'>, person: PersonFacts, resource: Resource, need: Need): string | null {
  const about_oneself = need.permissionless && resource.type === 'user'; // step 3 has seen that it is the holder
  if (about_oneself && need.id === 'GET /user') return null;
  if (!about_oneself && isOfAnother(token, person, resource)) return 'other_owner';
  if (token.grant === null) return token.request_pending ? 'pending' : 'denied'; // M5, A2, A3
  if (resource.type !== 'repository') return null;
  // K1, K6, A4: who left has no grant, whatever row is still there; no outside collaborator acts by such a token.
  if (resource.owner.type !== 'User' && resource.owner.membership === null) return 'denied';
  const { repository_selection, permissions } = token.grant;
  const selected = repository_selection === 'all' || (repository_selection === 'subset' && resource.selected);
  if (!selected) return 'not_selected';
  const any = Object.keys(permissions).some(
    (name) => CATEGORY.get(name) === 'repository' && LEVEL[permissions[name] ?? ''],
  );
  return any ? null : 'permission_missing';
}

/** K3, K6: things of an owner that is not the token's; nothing of an enterprise is ever its. */
function isOfAnother(token: Token<'fine_grained'>, person: PersonFacts, resource: Resource): boolean {
  const owner = token.resource_owner;
  if (resource.type === 'none') return false;
  if (owner === null || (owner.type === 'User' && owner.id !== person.id)) return true;
  if (resource.type === 'repository') return resource.owner.id !== owner.id || resource.owner.type !== owner.type;
  if (resource.type === 'organization') return resource.organization.id !== owner.id || owner.type !== 'Organization';
  return resource.type !== 'user' || resource.id !== owner.id || owner.type !== 'User';
}

/** F5.4 for classic: `repo`, or a scope, `public_repo` excepted, that is accepted. */
function reachesHidden(held: Held, need: Need): boolean {
  if (held('repo')) return true;
  const accepted = (scope: string): boolean => scope !== 'public_repo' && held(scope);
  if (need.scope !== null) return accepted(need.scope);
  if (need.scopes !== null) return need.scopes.some(accepted);
  const names = need.sets.flatMap((set) => Object.entries(set));
  return names.some(([name, level]) => gives(held, name, level, false));
}

/** F5.5: restriction, lifetime, SSO (P1, P2, P4, P5, O1) of the owner, where it is an organization or an enterprise. */
function policy(token: TokenFacts, resource: Resource): Answer | null {
  const enterprise = resource.type === 'enterprise' ? resource.enterprise : null;
  const organization = organizationOf(resource);
  if (enterprise === null && organization === null) return null;
  const restricted = token.kind === 'classic' ? 'classic_restricted' : 'fine_grained_restricted';
  const member = token.kind === 'classic' ? 'classic_tokens' : 'fine_grained_tokens';
  if (organization === null) {
    const value = enterprise?.policy?.[member];
    if (value !== 'no_policy' && value !== 'allowed') return no(403, restricted);
    return isOver(token, enterpriseCap(enterprise, token.kind)) ? no(403, 'lifetime_exceeded') : null;
  }
  const above = organization.enterprise === null ? 'no_policy' : organization.enterprise.policy?.[member];
  const value = above === 'no_policy' ? organization.policy?.[member] : above;
  const missing = organization.policy === null || organization.enterprise?.policy === null; // F3
  if (missing || value !== 'allowed') return no(403, restricted);
  if (isOverCap(token, organization)) return no(403, 'lifetime_exceeded');
  const { required, authorized } = organization.sso;
  return required === false || authorized === true ? null : no(403, 'sso_required');
}

/** P4, P5: the smaller cap wins; what is no cap is a doubt. */
function isOverCap(token: TokenFacts, organization: OrganizationFacts): boolean {
  if (organization.policy === null) return true;
  if (isOver(token, organization.policy.max_lifetime_days[token.kind])) return true;
  const { enterprise } = organization;
  return enterprise !== null && enterprise.policy !== null && isOver(token, enterpriseCap(enterprise, token.kind));
}

type Cap = number | null | 'no_policy';
type Enterprise = { policy: EnterprisePolicy | null; holder_administers: boolean };
function enterpriseCap(enterprise: Enterprise | null, kind: TokenFacts['kind']): Cap {
  const above = enterprise?.policy;
  if (!above) return Number.NaN;
  return above.exempt_administrators === true && enterprise.holder_administers === true
    ? null
    : above.max_lifetime_days[kind];
}

function isOver(token: TokenFacts, cap: Cap): boolean {
  if (cap === null || cap === 'no_policy') return false;
  if (token.expires_at === null) return true;
  return !(token.expires_at.getTime() - token.secret_issued_at.getTime() <= Number(cap) * 86_400_000);
}

/** F5.6 to F5.9 for a token. */
function permission(token: TokenFacts, person: PersonFacts, resource: Resource, need: Need): Answer {
  if (token.kind === 'fine_grained') {
    if (need.scope !== null) return SCOPE_MISSING; // C6
    if (need.no_fine_grained) return no(403, 'permission_missing'); // contract 7: the logs of a person are for scopes only
    if (need.permissionless) return ceiling(person, resource, need, need.sets);
    const held = { ...token.grant?.permissions };
    // K4: any repository permission brings metadata:read.
    const brings = Object.keys(held).some((name) => CATEGORY.get(name) === 'repository' && LEVEL[held[name] ?? '']);
    if (brings && !covers(held.metadata, 'read')) held.metadata = 'read';
    const satisfied = need.sets.filter((set) => isHeld(set, ([name, level]) => covers(held[name], level)));
    if (satisfied.length === 0) return no(403, 'permission_missing');
    return ceiling(person, resource, need, satisfied);
  }
  const held = scopesOf(token);
  const counts = publicRepoCounts(resource, need);
  if (need.scope !== null) {
    const public_only = need.scope !== 'public_repo' || (resource.type === 'repository' && counts);
    return held(need.scope) && public_only ? ALLOWED : SCOPE_MISSING; // C6: the role is not looked at
  }
  if (need.workflow && !held('workflow')) return SCOPE_MISSING; // C4
  if (need.scopes !== null) {
    // K2 read by its words, as the engine does: where only `public_repo` is accepted, `repo` too is enough on public ones only.
    if (!need.scopes.some((scope) => held(scope) && (scope !== 'public_repo' || counts))) return SCOPE_MISSING;
  } else if (!need.permissionless) {
    const any = need.sets.some((set) => isHeld(set, ([name, level]) => gives(held, name, level, counts)));
    if (!any) return SCOPE_MISSING;
  }
  return ceiling(person, resource, need, need.sets); // C5: of a classic token, those of any one of its sets
}

/**
 * K2: where the repository is public and, made or edited, is to be public. Where there is no repository, C6 has it for starring, which
 * is asked of the account; of repositories that a question does not name it is a doubt (F3).
 */
function publicRepoCounts(resource: Resource, need: Need): boolean {
  if (resource.type === 'repository' && resource.visibility !== 'public') return false;
  if (need.becomes !== undefined) return need.becomes === 'public';
  if (resource.type === 'repository') return true;
  const of_account = need.sets.every((set) => Object.keys(set).some((name) => CATEGORY.get(name) === 'account'));
  return resource.type === 'user' && need.sets.length > 0 && of_account;
}

/** AND over a set that says something; an empty one is no declaration (C1). */
function isHeld(set: Sets[number], test: (entry: [string, string]) => boolean): boolean {
  const entries = Object.entries(set);
  return entries.length > 0 && entries.every(test);
}

/** What the token holds, with every scope that contains an asked one counting for it (K5). */
function scopesOf(token: Token<'classic'>): Held {
  const written = new Set(token.scopes);
  return (scope) => written.has(scope) || (CONTAINED_IN.get(scope) ?? []).some((above) => written.has(above));
}

/** C6: whether classic scopes give a permission at a level; `counts`: public_repo does (K2). */
function gives(held: Held, name: string, level: string, counts: boolean): boolean {
  const category = CATEGORY.get(name);
  const repo = held('repo') || (counts && held('public_repo') && !NOT_BY_PUBLIC_REPO.has(name));
  if (name === 'workflows') return held('workflow') && repo;
  if (category === 'repository' && repo) return rank(LEVEL, level) > 0;
  if (category === 'organization' && held('admin:org')) return rank(LEVEL, level) > 0;
  return (GIVEN_BY.get(name) ?? []).some((way) => {
    const [scope = '', highest = ''] = way.split(',');
    // C6 gives starring to public_repo, K2 says where that counts: as the engine does, both hold.
    return held(scope) && (scope !== 'public_repo' || counts) && covers(highest, level);
  });
}

/** F5.7 to F5.9: the holder's role for one of the sets, then archived. */
function ceiling(person: PersonFacts, resource: Resource, need: Need, sets: Sets): Answer {
  const able = sets.filter((set) => isHeld(set, ([name, level]) => mayHimself(person, resource, name, level)));
  if (!need.permissionless && able.length === 0) return ROLE_MISSING;
  const archived = resource.type === 'repository' && resource.archived !== false;
  if (archived && need.write && !able.some(writesAdministrationOnly)) return no(403, 'archived');
  return ALLOWED;
}

/**
 * A1: a member with the review right may, himself, what the two permissions about tokens say. K5: they are for owners only,
 * so no token has them by that right.
 */
function isReview(resource: Resource, need: Need): boolean {
  if (resource.type !== 'organization' || resource.organization.membership !== 'member') return false;
  const about = ['organization_personal_access_token_requests', 'organization_personal_access_tokens'];
  const reviewed = need.sets.some((set) => isHeld(set, ([name]) => about.includes(name)));
  return reviewed && resource.organization.reviews === true;
}

/** C5: no writes but those of `administration`. */
function writesAdministrationOnly(set: Sets[number]): boolean {
  const written = Object.keys(set).filter((name) => set[name] !== 'read');
  return written.length > 0 && written.every((name) => name === 'administration');
}

/**
 * C5: whether the holder alone may do it. Not in C5, and as the engine does: an account permission is about oneself
 * wherever it is asked; an organization permission asked at a repository is about the organization that owns it; at an
 * enterprise its administrators may.
 */
function mayHimself(person: PersonFacts, resource: Resource, name: string, level: string): boolean {
  const category = CATEGORY.get(name);
  if (category === undefined || rank(LEVEL, level) === 0) return false;
  if (resource.type === 'enterprise') return resource.enterprise.holder_administers === true;
  if (resource.type === 'user' && resource.id !== person.id) return false;
  if (resource.type === 'none') return false; // C2: just permissionless operations and public reads
  if (category === 'account') return resource.type !== 'absent';
  if (resource.type === 'repository' && category === 'repository') {
    const [read = '', write = ''] = (ROLES_NEEDED.get(name)?.[0] ?? 'read,write').split(',');
    return rank(ROLE, resource.role) >= rank(ROLE, level === 'read' ? read : write);
  }
  const organization = organizationOf(resource);
  if (organization === null) return resource.type === 'user' && category === 'repository';
  const open = level === 'read' && (category === 'repository' || MEMBERS_READ.includes(name));
  return organization.membership === 'admin' || (open && organization.membership === 'member');
}
