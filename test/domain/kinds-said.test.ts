// What is derived from decide() by asking it about kinds: where searches and lists look, what a policy that is proposed would
// close, who is shown an e-mail address. golden/*.txt have the answers for every kind of credential.

import t from 'tap';
import type { ClientFacts } from '../../src/domain/caller.ts';
import { decide } from '../../src/domain/decide.ts';
import { deny, PUBLIC_READ } from '../../src/domain/decision.ts';
import type { OrganizationFacts, RepositoryFacts, Resource, Subject, TokenFacts } from '../../src/domain/facts.ts';
import { judgeListedOrganization, judgeMemberList, readableClasses, readsAsHolder } from '../../src/domain/listing.ts';
import { readsOwnEmail } from '../../src/domain/own-email.ts';
import { ownOperation } from '../../src/domain/own-operations.ts';
import type { EnterprisePolicy, OrganizationPolicy } from '../../src/domain/policy.ts';
import { asResource, newBlocking } from '../../src/domain/policy-preview.ts';
import { isWorthRemembering } from '../../src/domain/remembering.ts';
import type { DecisionRequest } from '../../src/domain/requirement.ts';
import { isForClient, isReached, organizationKinds, personKinds, repositoryKinds } from '../../src/domain/search.ts';
import { golden } from './golden.ts';

const NOW = new Date('2027-03-19T08:00:00Z');
const DAY = 86_400_000;
const PERSON = { id: 1, login: 'mona', suspended: false, site_admin: false };
const OPEN: OrganizationPolicy = {
  ...{ fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
  ...{ max_lifetime_days: { fine_grained: null, classic: null }, lifetime_applies_to_public_reads: false },
};
const organization = (change: Partial<OrganizationFacts> = {}): OrganizationFacts => ({
  ...{ type: 'Organization', id: 10, login: 'acme', profile_name: null, membership: 'member', reviews: false },
  ...{ policy: OPEN, enterprise: null, sso: { required: false, authorized: false }, ...change },
});
const times = {
  secret_issued_at: NOW,
  expires_at: new Date(NOW.getTime() + 30 * DAY),
  revoked_at: null,
  secret_expires_at: null,
};
const common = { ...times, id: 900, name: 'ci', hashed_token: '', exchanged: null };

function classic(...scopes: string[]): TokenFacts {
  return { ...common, kind: 'classic', scopes };
}
type Fine = Extract<TokenFacts, { kind: 'fine_grained' }>;
function fine(
  owner: 'User' | 'Organization' | null,
  permissions: NonNullable<Fine['grant']>['permissions'] | null,
): TokenFacts {
  const owners = {
    User: { id: 1, type: 'User', login: 'mona' },
    Organization: { id: 10, type: 'Organization', login: 'acme' },
  } as const;
  return {
    ...{ ...common, kind: 'fine_grained', request_pending: false, resource_owner: owner && owners[owner] },
    grant: permissions && { id: 7, permissions, repository_selection: 'all' },
  };
}
const TOKENS: Readonly<Record<string, TokenFacts>> = {
  'no scope': classic(),
  repo: classic('repo'),
  public_repo: classic('public_repo'),
  'repo:status': classic('repo:status'),
  'admin:org': classic('admin:org', 'repo'),
  'read:org': classic('read:org'),
  user: classic('user'),
  'user:email': classic('user:email'),
  'read:user': classic('read:user'),
  gist: classic('gist'),
  'admin:enterprise': classic('admin:enterprise'),
  'read:enterprise': classic('read:enterprise'),
  'read:audit_log': classic('read:audit_log'),
  'of oneself': fine('User', { contents: 'write', metadata: 'read', administration: 'write', emails: 'read' }),
  'of acme': fine('Organization', { contents: 'write', metadata: 'read', members: 'read', administration: 'write' }),
  'of acme, little': fine('Organization', { members: 'read' }),
  'of acme, ungranted': fine('Organization', null),
  'of nobody': fine(null, { contents: 'read', metadata: 'read' }),
};
const SUBJECTS: Readonly<Record<string, Subject>> = {
  nobody: { type: 'anonymous' },
  mona: { type: 'person', person: PERSON },
  'mona, suspended': { type: 'person', person: { ...PERSON, suspended: true } },
  ...Object.fromEntries(
    Object.entries(TOKENS).map(([name, token]) => [name, { type: 'token', person: PERSON, token }]),
  ),
};
const known = (subject: Subject): subject is Exclude<Subject, { type: 'anonymous' }> => subject.type !== 'anonymous';

const asked = (permission: string, level: string): DecisionRequest => ({
  ask: { type: 'permission', permission, level },
});
const REQUESTS: Readonly<Record<string, DecisionRequest>> = {
  'metadata:read': asked('metadata', 'read'),
  'contents:write': asked('contents', 'write'),
  'administration:write': asked('administration', 'write'),
  'members:read': asked('members', 'read'),
  'members:write': asked('members', 'write'),
  'emails:read': asked('emails', 'read'),
  'tokens:write': asked('organization_personal_access_tokens', 'write'),
  repo: { ask: { type: 'scope', scope: 'repo' } },
  'admin:org': { ask: { type: 'scope', scope: 'admin:org' } },
  'GET /orgs/{org}': { ask: { type: 'operation', operation: ownOperation('GET /orgs/{org}') } },
  'GET /user': { ask: { type: 'operation', operation: ownOperation('GET /user') } },
  'PATCH /repos/{owner}/{repo}': { ask: { type: 'operation', operation: ownOperation('PATCH /repos/{owner}/{repo}') } },
};
const repository = (owner: RepositoryFacts['owner'], change: Partial<RepositoryFacts> = {}): RepositoryFacts => ({
  ...{
    type: 'repository',
    id: 50,
    name: 'mill',
    owner,
    visibility: 'private',
    archived: false,
    role: null,
    selected: false,
    ...change,
  },
});
const MONA = { type: 'User', id: 1, login: 'mona' } as const;
const enterprise = { id: 30, slug: 'globex', name: 'Globex', policy: null, holder_administers: false };
const RESOURCES: Readonly<Record<string, Resource>> = {
  'private of acme': repository(organization()),
  'public of acme': repository(organization(), { visibility: 'public' }),
  'archived of acme': repository(organization(), { archived: true }),
  'private of mona': repository(MONA),
  'public of mona': repository(MONA, { visibility: 'public' }),
  acme: { type: 'organization', organization: organization() },
  mona: { type: 'user', id: 1, login: 'mona' },
  globex: { type: 'enterprise', enterprise },
  none: { type: 'none' },
  absent: { type: 'absent' },
};

t.test(
  'AuthZEN 8, F1: where searches look, for every kind of subject and question',
  golden('searches', ({ head, line }) => {
    for (const [question, request] of Object.entries(REQUESTS)) {
      head(question);
      for (const [name, subject] of Object.entries(SUBJECTS)) {
        line(`${name} repositories`, () => repositoryKinds(subject, request, NOW));
        line(`${name} organizations`, () => organizationKinds(subject, request, NOW));
      }
      for (const [name, resource] of Object.entries(RESOURCES))
        line(`who at ${name}`, () => personKinds(resource, request, NOW));
    }
    head('what clients are told');
    const client = (organization_ids: readonly number[] | null): ClientFacts => ({
      ...{ id: 1, client_id: 'c', capabilities: [], organization_ids, audiences: [], strip_prefixes: [] },
    });
    for (const ids of [null, [], [10], [20]]) {
      for (const [name, resource] of Object.entries(RESOURCES)) {
        line(`${name} for ${ids}`, () =>
          [PUBLIC_READ, deny('role_missing')].map((each) => isForClient(client(ids), resource, each)),
        );
      }
    }
    const decisions = [
      PUBLIC_READ,
      deny('role_missing'),
      deny('not_found'),
      deny('bad_credential'),
      deny('unavailable'),
    ];
    line('reached', () => [...decisions.map(isReached), isReached({ ...PUBLIC_READ, reason: 'allowed' })]);
    const early = [deny('session_required'), deny('unknown_operation')];
    line('remembered', () => decisions.map((each) => isWorthRemembering(each, { type: 'none' })));
    line('remembered, said before sight', () =>
      (['none', 'absent'] as const).map((type) => early.map((each) => isWorthRemembering(each, { type }))),
    );
  }),
);

const AT: Readonly<Record<string, OrganizationFacts>> = {
  member: organization(),
  owner: organization({ membership: 'admin' }),
  stranger: organization({ membership: null }),
  restricted: organization({ policy: { ...OPEN, classic_tokens: 'restricted', fine_grained_tokens: 'restricted' } }),
  'sso missing': organization({ sso: { required: true, authorized: false } }),
  'sso there': organization({ sso: { required: true, authorized: true } }),
  capped: organization({ policy: { ...OPEN, max_lifetime_days: { classic: 1, fine_grained: 1 } } }),
};

t.test(
  'F8, O2: what lists show to every kind of credential',
  golden('lists', ({ head, line }) => {
    for (const [name, subject] of Object.entries(SUBJECTS)) {
      head(name);
      line('of mona', () => readableClasses(subject, MONA, NOW));
      if (known(subject)) line('e-mail', () => readsOwnEmail(subject, NOW));
      for (const [place, at] of Object.entries(AT)) {
        line(`${place} repositories`, () => readableClasses(subject, at, NOW));
        line(`${place} named, members`, () => [
          judgeListedOrganization(subject, at, NOW),
          judgeMemberList(subject, at, NOW),
        ]);
        for (const visibility of ['public', 'internal'] as const) {
          const as_role = (role: 'read' | null) =>
            readsAsHolder(subject, repository(at, { visibility, role, selected: true }), NOW);
          line(`${place} ${visibility} as holder`, () => [as_role(null), as_role('read')]);
        }
      }
    }
  }),
);

t.test(
  'P1, P2, P4, P5: what a proposed policy would close that is open today',
  golden('previews', ({ head, line }) => {
    const closing: Readonly<Record<string, Partial<OrganizationPolicy>>> = {
      nothing: {},
      classic: { classic_tokens: 'restricted' },
      'fine-grained': { fine_grained_tokens: 'restricted' },
      lives: { max_lifetime_days: { classic: 7, fine_grained: 7 } },
      'lives and public reads': {
        max_lifetime_days: { classic: 7, fine_grained: 7 },
        lifetime_applies_to_public_reads: true,
      },
    };
    const policy_above: EnterprisePolicy = {
      ...{
        fine_grained_tokens: 'no_policy',
        classic_tokens: 'restricted',
        approval: 'no_policy',
        exempt_administrators: false,
      },
      ...{
        max_lifetime_days: { fine_grained: 1, classic: 'no_policy' },
        lifetime_applies_to_public_reads: 'no_policy',
      },
    };
    const nothing_above: EnterprisePolicy = {
      ...policy_above,
      classic_tokens: 'no_policy',
      max_lifetime_days: { fine_grained: null, classic: null },
    };
    const above = (policy: EnterprisePolicy) => ({ ...enterprise, holder_administers: true, policy });
    for (const [name, token] of Object.entries(TOKENS)) {
      head(name);
      for (const [from, before] of Object.entries(closing)) {
        for (const [to, after] of Object.entries(closing)) {
          const at = (policy: Partial<OrganizationPolicy>) =>
            asResource(organization({ policy: { ...OPEN, ...policy } }));
          line(`${from} to ${to}`, () => newBlocking(PERSON, token, { before: at(before), after: at(after) }, NOW));
        }
      }
      const open = asResource(organization());
      const closed = asResource(organization({ enterprise: above(policy_above) }));
      line('below', () => newBlocking(PERSON, token, { before: open, after: closed }, NOW));
      const of_enterprise = (policy: EnterprisePolicy) => ({ type: 'enterprise', enterprise: above(policy) }) as const;
      line('enterprise', () =>
        newBlocking(PERSON, token, { before: of_enterprise(nothing_above), after: of_enterprise(policy_above) }, NOW),
      );
      line('dead', () => newBlocking(PERSON, { ...token, revoked_at: NOW }, { before: open, after: closed }, NOW));
      line('suspended', () => newBlocking({ ...PERSON, suspended: true }, token, { before: open, after: closed }, NOW));
    }
  }),
);

t.test(
  'C6, contract 1: what would have been enough, for every kind of credential',
  golden('needed', ({ head, line }) => {
    for (const [question, request] of Object.entries(REQUESTS)) {
      head(question);
      for (const [name, subject] of Object.entries(SUBJECTS)) {
        for (const [place, resource] of Object.entries(RESOURCES)) {
          const seen =
            resource.type === 'repository' ? { ...resource, role: 'admin' as const, selected: true } : resource;
          const { needed, policy, reason, sso_organization } = decide({ subject, resource: seen }, request, NOW);
          if (needed || policy || sso_organization)
            line(`${name} at ${place}`, () => ({ reason, needed, policy, sso_organization }));
        }
        for (const [place, at] of question === 'members:read' ? Object.entries(AT) : []) {
          const { needed, policy, message, reason, sso_organization } = decide(
            { subject, resource: asResource(at) },
            request,
            NOW,
          );
          if (policy || sso_organization)
            line(`${name} as ${place}`, () => ({ reason, message, needed, policy, sso_organization }));
        }
      }
    }
  }),
);
