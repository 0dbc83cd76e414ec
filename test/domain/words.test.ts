// What is told, written and sent: notifications, entries of the record, payloads of webhooks, claims of a JWT, refusals. Each word
// of it is part of the contract or read by people; golden/*.txt have them all.

import t from 'tap';
import { accessJwt, jwtEnd } from '../../src/domain/access-jwt.ts';
import { readPermissionFilter } from '../../src/domain/accessing-token.ts';
import {
  changedMembers,
  isLastSiteAdministrator,
  lastOwner,
  lastSiteAdministrator,
} from '../../src/domain/administration.ts';
import { accessTypeOf } from '../../src/domain/audit.ts';
import { type Caller, SYSTEM_CALLER } from '../../src/domain/caller.ts';
import { concernedBy, ownerConcerned } from '../../src/domain/concerned.ts';
import { actClaim, notExchangeable, outsideReach, printAccess } from '../../src/domain/exchange.ts';
import { exchangedEndEvent, exchangeEvent } from '../../src/domain/exchange-audit.ts';
import type {
  ClassicTokenFacts,
  FineGrainedTokenFacts,
  OrganizationFacts,
  RepositoryFacts,
} from '../../src/domain/facts.ts';
import { StorageUnavailable } from '../../src/domain/fault.ts';
import { GIT_OPERATIONS, isGitPath, pushOf } from '../../src/domain/git.ts';
import * as hooks from '../../src/domain/hook.ts';
import type { HookMessage, PingMessage, RequestMessage } from '../../src/domain/hook-message.ts';
import { payloadOf } from '../../src/domain/hook-payload.ts';
import { hasNotice, toNoticeDays } from '../../src/domain/notice.ts';
import { headline, NOTIFICATION_TYPES, sentence } from '../../src/domain/notification.ts';
import { OWN_OPERATIONS } from '../../src/domain/own-operations.ts';
import { readPath } from '../../src/domain/path.ts';
import { REASONS } from '../../src/domain/reason.ts';
import { printScope } from '../../src/domain/scope-text.ts';
import { nodeId, simpleUser } from '../../src/domain/simple-user.ts';
import * as sso from '../../src/domain/single-sign-on.ts';
import { accessEvent, actionForKind, tokenAction, tokenEvent } from '../../src/domain/token-audit.ts';
import { expiryEvent, REVOCATION_REASONS, revocationEvent, unusedSince } from '../../src/domain/token-end.ts';
import * as refusals from '../../src/domain/token-refusal.ts';
import { golden } from './golden.ts';

const URL_OF_SERVICE = 'https://gate.example';
const at = (seconds: number): Date => new Date(Date.UTC(2027, 2, 19, 8, 0, 0) + seconds * 1000);
const NOW = at(0);

const ORGANIZATION: OrganizationFacts = {
  ...{ type: 'Organization', id: 10, login: 'acme', profile_name: 'Acme', membership: 'member', reviews: false },
  ...{ policy: null, enterprise: null, sso: { required: false, authorized: false } },
};
const OF_ORGANIZATION: RepositoryFacts = {
  ...{ type: 'repository', id: 50, name: 'mill', owner: ORGANIZATION, visibility: 'private' },
  ...{ archived: false, role: 'write', selected: true },
};
const OF_PERSON: RepositoryFacts = { ...OF_ORGANIZATION, owner: { type: 'User', id: 1, login: 'mona' } };
const PERSON = { id: 1, login: 'mona', suspended: false, site_admin: false };
const TIMES = { secret_issued_at: NOW, expires_at: at(3600), revoked_at: null, secret_expires_at: null };
const CLASSIC: ClassicTokenFacts = {
  ...{
    ...TIMES,
    kind: 'classic',
    id: 900,
    name: 'ci',
    hashed_token: 'digest',
    exchanged: null,
    scopes: ['repo', 'read:org'],
  },
};
const FINE: FineGrainedTokenFacts = {
  ...{ ...TIMES, kind: 'fine_grained', id: 901, name: 'bot', hashed_token: 'digest 2', exchanged: null },
  resource_owner: { id: 10, type: 'Organization', login: 'acme' },
  grant: { id: 7, permissions: { metadata: 'read', contents: 'write' }, repository_selection: 'all' },
  request_pending: false,
};
const EXCHANGED = {
  ...{
    id: 77,
    issued_at: NOW,
    expires_at: at(60),
    ended_at: null,
    depth: 1,
    secret_digest: 'root',
    narrows_repositories: false,
  },
  ...{ audience: null, actor_ids: [], client_id: 'c1' },
};
const UNGRANTED: FineGrainedTokenFacts = { ...FINE, grant: null, resource_owner: null };

t.test(
  'T2, L3: what holders are told',
  golden('notifications', ({ head, line }) => {
    head('notifications');
    for (const type of NOTIFICATION_TYPES) {
      for (const token_kind of ['classic', 'fine_grained', null] as const) {
        for (const reason of [null, 'too wide', ...(type === 'token_revoked' ? REVOCATION_REASONS : [])]) {
          for (const days_left of type === 'token_expiring' ? [1, 7] : [null]) {
            const told = {
              type,
              token_kind,
              token_name: 'ci',
              organization: 'acme',
              reason,
              days_left,
              expires_at: at(0),
            };
            line(`${type} ${token_kind} ${reason} ${days_left}`, () => [headline(told), sentence(told)]);
          }
        }
      }
    }
    const never = { type: 'token_expiring', token_kind: null, token_name: 'x', organization: null } as const;
    line('never', () => sentence({ ...never, reason: null, days_left: null, expires_at: null }));
    head('notices');
    for (const days of [30, 7, 1, 0] as const) {
      for (const seconds of [-1, 0, 1]) {
        const expires_at = at(days * 86_400 + seconds);
        line(`${days} days, ${seconds} s`, () => hasNotice({ secret_issued_at: NOW, expires_at }, days));
      }
    }
    for (const days of [30, 7, 1, 0, 2, -1, null]) line(`${days}`, () => toNoticeDays(days));
  }),
);

t.test(
  'L1, L2: what is written',
  golden('entries', ({ head, line }) => {
    head('entries about tokens');
    for (const kind of ['classic', 'fine_grained'] as const) {
      const repository_selection = kind === 'classic' ? null : 'all';
      const token = {
        id: 9,
        kind,
        name: 'ci',
        hashed_token: 'd',
        repository_selection,
        holder: { id: 1, login: 'mona' },
      };
      for (const act of ['create', 'update', 'regenerate', 'destroy'] as const) {
        line(`${act} ${kind}`, () => tokenEvent(act, token));
        line(`${act} ${kind} more`, () => tokenEvent(act, token, { changed: ['name'] }));
        line(`name of ${act}`, () => [tokenAction(act, kind), actionForKind(tokenAction(act, 'fine_grained'), kind)]);
      }
      line(`another name ${kind}`, () => actionForKind('user.create', kind));
      const organization = { id: 10, login: 'acme' };
      for (const act of [
        'access_granted',
        'access_revoked',
        'request_created',
        'request_denied',
        'request_cancelled',
      ] as const) {
        line(act, () => accessEvent({ act, token, organization, request_id: null }));
        const said = { review_reason: 'no', explanation: 'left', permissions_before: {} };
        line(`${act} more`, () => accessEvent({ act, token, organization, request_id: 5, ...said }));
      }
      for (const org of [null, organization]) {
        const common = { id: 9, kind, name: 'ci', hashed_token: 'd', holder: { id: 1, login: 'mona' } };
        const ended = { ...common, organization: org, expires_at: NOW, cancelled_request_id: null };
        for (const reason of REVOCATION_REASONS) line(`revoked ${reason}`, () => revocationEvent(ended, reason));
        line('expired', () => expiryEvent(ended));
      }
      const authorized = {
        id: 9,
        kind,
        name: 'ci',
        hashed_token: 'd',
        scopes: ['repo', 'gist'],
        holder: { id: 1, login: 'mona' },
      };
      for (const act of ['grant', 'revoke', 'deauthorized'] as const) {
        line(`authorisation ${act}`, () => sso.authorizationEvent(act, authorized, organization));
        line(`${act} more`, () =>
          sso.authorizationEvent(act, { ...authorized, hashed_token: null }, organization, { explanation: 'x' }),
        );
        line(`name of ${act}`, () => sso.authorizationAction(act));
      }
    }
    line('unused since', () => unusedSince(NOW));
    head('entries about exchanges');
    for (const [name, token] of Object.entries({ CLASSIC, FINE, UNGRANTED })) {
      const access =
        token.kind === 'classic'
          ? { scopes: ['repo'], permissions: null }
          : { scopes: null, permissions: { contents: 'read' as const } };
      const narrowed = {
        token,
        person: PERSON,
        access,
        depth: 2,
        expires_at: at(5),
        repositories: null,
        audience: null,
        actor_ids: [],
      };
      line(name, () => exchangeEvent(narrowed, { id: '77', hashed_token: 'new' }));
      const repositories = [{ id: 50, owner_id: 10, full_name: 'acme/mill' }];
      const more = { ...narrowed, repositories, audience: ['ci'], actor_ids: [3, 4] };
      line(`${name} more`, () => exchangeEvent(more, { id: '77', hashed_token: 'new', is_jwt: true }));
      line(`${name} ended`, () => exchangedEndEvent({ token, person: PERSON }));
      line(`${name} ended by its text`, () =>
        exchangedEndEvent({ token: { ...token, exchanged: EXCHANGED }, person: PERSON }),
      );
      line(`${name} scopes`, () => [printScope(token), printAccess(access)]);
      const person: Caller = { ...SYSTEM_CALLER, principal: { type: 'token', person: PERSON, token } };
      line(`${name} acts`, () => accessTypeOf(person));
    }
    const client = {
      id: 1,
      client_id: 'c',
      capabilities: [],
      organization_ids: null,
      audiences: [],
      strip_prefixes: [],
    };
    line('a client acts', () => accessTypeOf({ ...SYSTEM_CALLER, principal: { type: 'client', client } }));
    line('the service acts', () => [accessTypeOf(SYSTEM_CALLER), SYSTEM_CALLER]);
    line('a session acts', () =>
      accessTypeOf({ ...SYSTEM_CALLER, principal: { type: 'session', person: PERSON, session_id: 1 } }),
    );
    head('whom entries concern');
    const enterprise = { id: 30, slug: 'globex', name: 'Globex', policy: null, holder_administers: false };
    for (const resource of [OF_ORGANIZATION, OF_PERSON])
      line(`of ${resource.owner.type}`, () => [concernedBy(resource), ownerConcerned(resource)]);
    line('organization', () => concernedBy({ type: 'organization', organization: ORGANIZATION }));
    line('enterprise', () => concernedBy({ type: 'enterprise', enterprise }));
    line('user', () => concernedBy({ type: 'user', id: 1, login: 'mona' }));
    line('none', () => [concernedBy({ type: 'none' }), concernedBy({ type: 'absent' })]);
  }),
);

t.test(
  'L3: what is sent to hooks',
  golden('hooks', ({ head, line }) => {
    head('payloads');
    const organization = { id: 10, login: 'acme', profile_name: 'Acme' };
    const mona = { id: 1, login: 'mona', site_admin: false };
    const root = { id: 2, login: 'root', site_admin: true };
    const token = { id: 9, kind: 'fine_grained', name: 'ci', expires_at: null };
    const of_token = { organization, sender: root, token, holder: mona };
    const said: HookMessage[] = [
      { event: 'personal_access_token', action: 'created', data: of_token },
      { event: 'personal_access_token', action: 'expiring', data: { ...of_token, days_left: 0 } },
    ];
    const request: RequestMessage = {
      ...{
        organization,
        sender: root,
        holder: mona,
        request_id: 5,
        created_at: 'then',
        repository_selection: 'subset',
      },
      token: { ...token, expired: false, last_used_at: 'yesterday' },
      permissions_before: { contents: 'read', issues: 'read' },
      permissions: { contents: 'write', issues: 'read', metadata: 'read', members: 'read' },
      repositories: [{ id: 50, name: 'mill', full_name: 'acme/mill', private: true }],
    };
    for (const action of ['created', 'approved'])
      said.push({ event: 'personal_access_token_request', action, data: request });
    said.push({
      event: 'personal_access_token_request',
      action: 'denied',
      data: { ...request, repositories: null, permissions: {} },
    });
    const hook: PingMessage['hook'] = {
      ...{ id: 3, url: 'https://hook.example', insecure_ssl: true, has_secret: true },
      ...{ content_type: 'json', events: ['*'] },
      ...{ active: true, created_at: 'then', updated_at: 'now' },
    };
    said.push({ event: 'ping', action: null, data: { organization, sender: mona, hook } });
    const plain = { ...hook, insecure_ssl: false, has_secret: false };
    said.push({ event: 'ping', action: null, data: { organization, sender: mona, hook: plain } });
    for (const message of said) line(`${message.event} ${message.action}`, () => payloadOf(URL_OF_SERVICE, message));
    head('settings of hooks');
    const url = 'https://hook.example';
    for (const present of [null, 'old']) {
      for (const secret of [undefined, '', 'new', hooks.HIDDEN_SECRET]) {
        line(`${secret} over ${present}`, () =>
          hooks.readHookConfig({ url, ...(secret !== undefined && { secret }) }, present),
        );
      }
    }
    for (const insecure_ssl of ['0', '1', 0, 1, 'yes']) {
      line(`insecure_ssl ${insecure_ssl}`, () =>
        hooks.readHookConfig({ url, insecure_ssl, content_type: 'json' }, null),
      );
    }
    line('events', () => [
      hooks.readHookEvents(undefined),
      hooks.readHookEvents(['ping', 'ping', '*']),
      hooks.HOOK_EVENTS,
    ]);
    for (const message_id of [0, 5, 6]) {
      const delays = hooks.RETRY_DELAYS_SECONDS;
      line(`delays ${message_id}`, () =>
        Array.from({ length: 30 }, (_, attempt) => hooks.retryDelay(delays, attempt, message_id)),
      );
    }
    for (const status of [199, 200, 204, 299, 300, 500]) line(`delivered ${status}`, () => hooks.isDelivered(status));
    line('limits', () => [hooks.HOOKS_MAX, hooks.SECRET_OVERLAP_MS, hooks.DELIVERIES_KEPT_DAYS]);
    line('words', () => [hooks.HOOK_CONTENT_TYPES, hooks.REQUEST_ACTIONS, hooks.TOKEN_ACTIONS]);
    head('accounts');
    for (const type of ['User', 'Organization'] as const)
      line(type, () => simpleUser(URL_OF_SERVICE, { id: 1, login: 'mona', type }));
    line('root', () => simpleUser(URL_OF_SERVICE, { id: 1, login: 'root', type: 'User', site_admin: true }));
    line('node', () => nodeId('Installation', 5));
  }),
);

t.test(
  'T3, contract 8: what a JWT says',
  golden('claims', ({ head, line }) => {
    head('claims');
    const names = { issuer: URL_OF_SERVICE, client_id: 'c1', jti: '77' };
    const common = { person: PERSON, issued_at: at(0.9), expires_at: at(10_000), actor_ids: [] };
    const some = [{ id: 50, full_name: 'acme/mill' }];
    const held = { scopes: null, permissions: { contents: 'read' } } as const;
    const scopes = { scopes: ['repo'], permissions: null };
    for (const repositories of [null, some]) {
      for (const audience of [null, [], ['ci'], ['ci', 'cd']]) {
        const asked = { ...common, repositories, audience };
        line(`classic ${repositories?.length} ${audience}`, () =>
          accessJwt({ ...asked, token: CLASSIC, access: scopes }, names),
        );
        line(`fine ${repositories?.length} ${audience}`, () =>
          accessJwt({ ...asked, token: FINE, access: held }, names),
        );
      }
      for (const selection of ['none', 'subset'] as const) {
        const token = { ...FINE, grant: { id: 1, permissions: {}, repository_selection: selection } };
        line(selection, () => accessJwt({ ...common, repositories, audience: null, token, access: held }, names));
      }
      const actors = { ...common, repositories, audience: null, actor_ids: [3, 4] };
      line('ungranted, acting', () => accessJwt({ ...actors, token: UNGRANTED, access: held }, names));
    }
    for (const seconds of [899, 899.9, 900, 901])
      line(`end ${seconds}`, () => jwtEnd({ issued_at: at(0.5), expires_at: at(seconds) }));
    line('actors', () => [actClaim([]), actClaim([3]), actClaim([3, 4, 5])]);
  }),
);

t.test(
  'contract 1: refusals, in the words that callers read',
  golden('refusals', ({ head, line }) => {
    head('refusals');
    line('token', () => {
      throw refusals.invalidToken('name', 'invalid', 'says why');
    });
    line('owner', () => {
      throw refusals.ownerNotFound('acme');
    });
    line('repositories', () => {
      throw refusals.repositoriesNotFound([0, 3]);
    });
    line('sso', () => {
      throw sso.ssoRequired(URL_OF_SERVICE, { id: 10, login: 'acme' });
    });
    line('administrator', () => {
      throw lastSiteAdministrator('username');
    });
    line('owners', () => {
      throw lastOwner(['acme', 'beta']);
    });
    line('exchange', () => {
      throw notExchangeable('subject_token');
    });
    line('reach', () => {
      throw outsideReach();
    });
    const fault = new StorageUnavailable('why');
    line('fault', () => [fault.message, fault.name, fault.cause]);
    for (const text of [
      'issues_read',
      'issues_admin',
      'Issues_read',
      '',
      'organization_hooks_write',
      'x issues_read',
      'issues_read x',
    ]) {
      line(`filter ${text}`, () => readPermissionFilter(text));
    }
    head('git');
    for (const each of GIT_OPERATIONS) line(each.id, () => [each, pushOf(each)?.id]);
    const paths = [
      '/a/b/info/refs',
      '/a/b.git/info/refs',
      '/a/b.git',
      '/a/b.git/x',
      '/a/b/git-upload-pack',
      '/a/b/git-receive-pack',
    ];
    for (const path of [...paths, '/a/b/x', '/a/b', '/git-upload-pack', '/info/refs', '/a/b/info', '/a/b.gitx/info']) {
      const read = readPath(path);
      line(path, () => read && isGitPath(read));
    }
  }),
);

t.test(
  'O3, contract 4: proofs, and who administers',
  golden('administration', ({ head, line }) => {
    head('proofs');
    for (const hours of [1, 24, 25]) line(`session of ${hours} h`, () => sso.ssoSessionEnd(NOW, at(hours * 3600)));
    const before = { issuer: 'a', audience: 'b' };
    for (const after of [before, { issuer: 'a', audience: 'c' }, { issuer: 'c', audience: 'b' }]) {
      line(JSON.stringify(after), () => sso.isOtherIssuer(before, after));
    }
    head('administrators');
    for (const site_admin of [true, false]) {
      for (const suspended_at of [null, NOW]) {
        for (const ids of [[], [1], [1, 2], [2]]) {
          line(`${site_admin} ${suspended_at !== null} ${ids}`, () =>
            isLastSiteAdministrator({ id: 1, site_admin, suspended_at }, ids),
          );
        }
      }
    }
    const person = { login: 'mona', profile_name: null, email: 'a@b.test', email_verified: true, site_admin: false };
    const wishes = [
      {},
      { login: 'mona' },
      { login: 'lisa' },
      { email: 'a@b.test' },
      { email: 'c@d.test' },
      { email: 'c@d.test', email_verified: true },
    ];
    for (const wish of [
      ...wishes,
      { profile_name: 'M' },
      { profile_name: null },
      { email_verified: false },
      { site_admin: true },
      { login: undefined },
    ]) {
      line(JSON.stringify(wish), () => changedMembers(person, wish));
    }
  }),
);

t.test(
  'contract 10: codes, with their status and message',
  golden('reasons', ({ head, line }) => {
    head('reasons');
    for (const [code, reason] of Object.entries(REASONS)) line(code, () => reason);
  }),
);

t.test(
  'contract 5, 7: what each of our own routes asks for',
  golden('operations', ({ head, line }) => {
    head('own operations');
    for (const each of OWN_OPERATIONS) line(each.id, () => each);
  }),
);
