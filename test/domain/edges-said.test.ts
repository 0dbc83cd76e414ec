// Edges of decisions and of what others write that no other table has: an operation for sessions or scopes only, `GET /user` by a token
// that is not granted, what a repository is to become, limits of documents. golden/edges.txt has the answers.

import t from 'tap';
import { namedTokens, parseAuditPhrase } from '../../src/domain/audit-phrase.ts';
import { readCatalogueDocument } from '../../src/domain/catalogue-document.ts';
import { decide } from '../../src/domain/decide.ts';
import type { OrganizationFacts, Resource, Subject, TokenFacts } from '../../src/domain/facts.ts';
import { judgeIdToken } from '../../src/domain/id-token.ts';
import type { ImportLine } from '../../src/domain/import-line.ts';
import { type KnownObject, takeGroup } from '../../src/domain/import-plan.ts';
import { readJsonText } from '../../src/domain/json-text.ts';
import { ownOperation } from '../../src/domain/own-operations.ts';
import { judgeOwnerPolicy } from '../../src/domain/owner-policy.ts';
import { INITIAL_ORGANIZATION_POLICY } from '../../src/domain/policy.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { golden } from './golden.ts';

const NOW = new Date('2027-03-19T08:00:00Z');
const PERSON = { id: 1, login: 'mona', suspended: false, site_admin: false };
const POLICY = { ...INITIAL_ORGANIZATION_POLICY, fine_grained_tokens: 'allowed' } as const;
const organization = (change: Partial<OrganizationFacts> = {}): OrganizationFacts => ({
  ...{ type: 'Organization', id: 10, login: 'acme', profile_name: null, membership: 'admin', reviews: false },
  ...{ policy: POLICY, enterprise: null, sso: { required: false, authorized: false }, ...change },
});
const times = {
  secret_issued_at: NOW,
  expires_at: new Date(NOW.getTime() + 9 * 86_400_000),
  revoked_at: null,
  secret_expires_at: null,
};
const common = { ...times, id: 900, name: 'ci', hashed_token: '', exchanged: null };
const classic = (...scopes: string[]): TokenFacts => ({ ...common, kind: 'classic', scopes });
const fine = (granted: boolean, request_pending = false): TokenFacts => ({
  ...{
    ...common,
    kind: 'fine_grained',
    request_pending,
    resource_owner: { id: 10, type: 'Organization', login: 'acme' },
  },
  grant: granted
    ? { id: 7, permissions: { contents: 'write', members: 'read', metadata: 'read' }, repository_selection: 'all' }
    : null,
});
const by = (token: TokenFacts | null): Subject =>
  token === null ? { type: 'person', person: PERSON } : { type: 'token', person: PERSON, token };
const TOKENS: Readonly<Record<string, TokenFacts | null>> = {
  mona: null,
  public_repo: classic('public_repo'),
  repo: classic('repo'),
  'read:audit_log': classic('read:audit_log'),
  granted: fine(true),
  pending: fine(false, true),
  denied: fine(false),
};
const PLACES: Readonly<Record<string, Resource>> = {
  mona: { type: 'user', id: 1, login: 'mona' },
  lisa: { type: 'user', id: 2, login: 'lisa' },
  acme: { type: 'organization', organization: organization() },
  'acme as stranger': { type: 'organization', organization: organization({ membership: null }) },
  archived: {
    type: 'repository',
    id: 50,
    name: 'mill',
    owner: organization(),
    visibility: 'private',
    archived: true,
    role: 'admin',
    selected: true,
  },
  none: { type: 'none' },
  absent: { type: 'absent' },
};

t.test(
  'F5, F8, K2, K4, K7, C5: edges of decisions',
  golden('edges', ({ head, line }) => {
    head('operations');
    const who = ownOperation('GET /user');
    const operations = {
      'GET /user': who,
      'another permissionless one': { ...who, id: 'GET /user/other', template: '/user/other' },
      'of no resource': { ...who, id: 'GET /meta', template: '/meta', resource: 'none' as const },
      'an open list': { ...who, id: 'GET /list', open_list: true },
      'for sessions': { ...ownOperation('PATCH /orgs/{org}'), session_only: true as const },
      'for scopes': ownOperation('GET /user/security-log'),
      'two at once': {
        ...ownOperation('PATCH /repos/{owner}/{repo}'),
        permission_sets: [{ administration: 'write', contents: 'write' }] as const,
        classic_scopes: ['repo'],
      },
      'administration or contents': {
        ...ownOperation('PATCH /repos/{owner}/{repo}'),
        permission_sets: [{ contents: 'write' }, { administration: 'write' }] as const,
        classic_scopes: ['repo'],
      },
      'permissionless with a set': { ...who, id: 'GET /odd', permission_sets: [{ members: 'write' }] as const },
    };
    for (const [name, operation] of Object.entries(operations)) {
      for (const [token_name, token] of Object.entries(TOKENS)) {
        for (const [place, resource] of Object.entries(PLACES)) {
          const { effect, fine_reason, status, needed } = decide(
            { subject: by(token), resource },
            { ask: { type: 'operation', operation } },
            NOW,
          );
          line(`${name}: ${token_name} at ${place}`, () => [
            effect,
            fine_reason,
            status,
            ...(name === 'for scopes' && needed ? [needed] : []),
          ]);
        }
      }
    }
    head('what is to be');
    for (const id of ['POST /orgs/{org}/repos', 'POST /user/repos', 'PATCH /repos/{owner}/{repo}']) {
      for (const becomes of ['public', 'private', 'internal', undefined] as const) {
        for (const scope of ['public_repo', 'repo']) {
          for (const place of ['acme', 'mona', 'archived'] as const) {
            const found = PLACES[place] ?? { type: 'absent' };
            const resource =
              found.type === 'repository' ? { ...found, archived: false, visibility: 'public' as const } : found;
            const { fine_reason } = decide(
              { subject: by(classic(scope)), resource },
              { ask: { type: 'operation', operation: ownOperation(id) }, becomes },
              NOW,
            );
            line(`${id} ${becomes} by ${scope} at ${place}`, () => fine_reason);
          }
        }
      }
    }
    line(
      'public_repo asked for',
      () =>
        decide(
          { subject: by(classic('public_repo')), resource: PLACES.mona ?? { type: 'absent' } },
          { ask: { type: 'scope', scope: 'public_repo' } },
          NOW,
        ).fine_reason,
    );
    head('in words');
    const restricting = { ...POLICY, fine_grained_tokens: 'restricted', classic_tokens: 'restricted' } as const;
    const enterprise = (policy: object) => ({
      ...{ id: 30, slug: 'globex', name: 'Globex Inc', holder_administers: false },
      policy: {
        ...{
          fine_grained_tokens: 'no_policy',
          classic_tokens: 'no_policy',
          approval: 'no_policy',
          exempt_administrators: false,
        },
        ...{
          max_lifetime_days: { fine_grained: null, classic: null },
          lifetime_applies_to_public_reads: 'no_policy',
          ...policy,
        },
      } as never,
    });
    const judged: Readonly<Record<string, Resource>> = {
      'classic restricted': {
        type: 'organization',
        organization: organization({ policy: { ...POLICY, classic_tokens: 'restricted' } }),
      },
      'fine-grained restricted': {
        type: 'organization',
        organization: organization({ policy: { ...POLICY, fine_grained_tokens: 'restricted' } }),
      },
      'both restricted': { type: 'organization', organization: organization({ policy: restricting }) },
      'restricted above': {
        type: 'organization',
        organization: organization({
          enterprise: enterprise({ classic_tokens: 'restricted', fine_grained_tokens: 'restricted' }),
        }),
      },
      'a day': {
        type: 'organization',
        organization: organization({ policy: { ...POLICY, max_lifetime_days: { fine_grained: 1, classic: 1 } } }),
      },
      days: {
        type: 'organization',
        organization: organization({ policy: { ...POLICY, max_lifetime_days: { fine_grained: 7, classic: 7 } } }),
      },
      'days above': {
        type: 'organization',
        organization: organization({ enterprise: enterprise({ max_lifetime_days: { fine_grained: 2, classic: 2 } }) }),
      },
      'an enterprise': {
        type: 'enterprise',
        enterprise: enterprise({ max_lifetime_days: { fine_grained: 2, classic: 2 } }),
      },
      'an enterprise that restricts': {
        type: 'enterprise',
        enterprise: enterprise({ classic_tokens: 'restricted', fine_grained_tokens: 'restricted' }),
      },
      'an enterprise that is not understood': { type: 'enterprise', enterprise: { ...enterprise({}), policy: null } },
      'not understood': { type: 'organization', organization: organization({ policy: null }) },
      'not understood above': {
        type: 'organization',
        organization: organization({ enterprise: { ...enterprise({}), policy: null } }),
      },
      'single sign-on': {
        type: 'organization',
        organization: organization({ sso: { required: true, authorized: false } }),
      },
    };
    for (const [name, resource] of Object.entries(judged))
      for (const token of [classic('repo'), fine(true)])
        line(`${name} ${token.kind}`, () => judgeOwnerPolicy(token, resource));
    line('a refusal', () => [
      new Refusal('not_found').name,
      new Refusal('not_found').message,
      new Refusal('conflict', { message: 'x' }).message,
    ]);
  }),
);

t.test(
  'O3, C2, L2, F4: edges of what others write',
  golden('edges-written', ({ head, line }) => {
    head('ID tokens');
    const now = NOW.getTime() / 1000;
    const claims = { iss: 'i', aud: 'a', sub: 's', exp: now + 60, iat: now };
    const changes: object[] = [
      {},
      { iss: 'x' },
      { aud: 'x' },
      { aud: ['a', 'x'] },
      { aud: ['x'] },
      { aud: [] },
      { sub: '' },
      { sub: 5 },
      { sub: 's'.repeat(255) },
      { sub: 's'.repeat(256) },
      { exp: now },
      { exp: now + 1 },
      { exp: 'x' },
      { exp: undefined },
      { iat: undefined },
      { iat: now - 300 },
      { iat: now - 301 },
      { iat: now + 300 },
      { iat: now + 301 },
      { iat: 'x' },
      { nbf: now },
      { nbf: now + 1 },
      { nbf: now + 400 },
      { nbf: 'x' },
      { exp: 1e300 },
      { exp: 8_640_000_000_000 },
      { exp: 8_640_000_000_001 },
    ];
    for (const change of changes)
      line(JSON.stringify(change), () => judgeIdToken({ ...claims, ...change }, { issuer: 'i', audience: 'a' }, NOW));
    for (const payload of [null, 5, 'x', [], {}])
      line(JSON.stringify(payload), () => judgeIdToken(payload, { issuer: 'i', audience: 'a' }, NOW));
    head('documents');
    const rows = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ method: 'GET', path: `/a${index}`, permissionless: true }));
    const size = (document: unknown) => {
      const read = readCatalogueDocument(document);
      return 'faults' in read ? [read.faults.length, read.more, read.faults[0]] : read.operations.length;
    };
    for (const count of [20_000, 20_001]) line(`${count} rows`, () => size(rows(count)));
    const paths = (count: number) => ({
      openapi: '3.1.0',
      paths: Object.fromEntries(Array.from({ length: count }, (_, index) => [`/a${index}`, {}])),
    });
    for (const count of [20_000, 20_001]) line(`${count} paths`, () => size(paths(count)));
    const many = {
      openapi: '3.1.0',
      paths: Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`/a${index}`, { get: {}, put: {} }])),
    };
    line('two of each path', () => size(many));
    for (const count of [99, 100, 101, 250])
      line(`${count} faults`, () => size(Array.from({ length: count }, () => 5)));
    head('phrases');
    for (const phrase of [
      'actor:a\u0000',
      `actor:${'a'.repeat(1018)}`,
      `actor:${'a'.repeat(1019)}`,
      Array.from({ length: 32 }, () => 'actor:a').join(' '),
      Array.from({ length: 33 }, () => 'actor:a').join(' '),
      'action:1',
      'actor:" a "',
      'actor:a -actor:b org:c',
      'token_id:5 -hashed_token:x',
    ]) {
      line(JSON.stringify(phrase).slice(0, 50), () => parseAuditPhrase(phrase));
    }
    const digest = `${'A'.repeat(43)}=`;
    for (const phrase of [
      `hashed_token:"${digest}"`,
      'token_id:5',
      `token_id:5 actor:a`,
      `-token_id:5`,
      `token_id:5 token_id:6 hashed_token:"${digest}"`,
    ]) {
      const read = parseAuditPhrase(phrase);
      line(phrase, () => ('fault' in read ? read : namedTokens(read)));
    }
    head('groups');
    const known = (change: Partial<KnownObject>): KnownObject => ({
      ...{
        version: 1,
        deleted: false,
        present: true,
        object_id: 10,
        second_id: 1,
        parent_id: null,
        fingerprint: 'old',
        names: [],
        suspended: false,
        ...change,
      },
    });
    const objects: Readonly<Record<string, KnownObject>> = {
      'user u1': known({ object_id: 1 }),
      'user u2': known({ object_id: 2 }),
      'organization o1': known({ object_id: 10, parent_id: 30 }),
      'organization free': known({ object_id: 11 }),
      'enterprise e1': known({ object_id: 30 }),
      'membership same': known({ object_id: 10, second_id: 1 }),
      'membership other': known({ object_id: 10, second_id: 2 }),
      'membership elsewhere': known({ object_id: 11, second_id: 1 }),
      'team t1': known({ object_id: 40, parent_id: 10 }),
      'team lost': known({ object_id: 41 }),
    };
    const find = ({ type, external_id }: { type: string; external_id: string }) => objects[`${type} ${external_id}`];
    const of = (type: string, external_id: string, content: object | null, version = 5): ImportLine =>
      ({ line: 1, type, external_id, version, content, fingerprint: JSON.stringify(content) }) as ImportLine;
    const person = (id: string) =>
      of('user', id, { login: id, email: `${id}@x`, email_verified: null, profile_name: null, suspended: false });
    const membership = (id: string, role = 'member') => of('membership', id, { first: 'o1', second: 'u1', role });
    const acme = (id: string, enterprise: string | null) =>
      of('organization', id, {
        login: id,
        profile_name: null,
        enterprise,
        default_repository_permission: 'read',
        admin: null,
      });
    const groups: Readonly<Record<string, readonly ImportLine[]>> = {
      'a membership that stays': [membership('same'), person('n')],
      'a membership of another': [membership('other'), person('n')],
      'a membership elsewhere': [membership('elsewhere'), person('n')],
      'two that move': [membership('other'), membership('elsewhere')],
      'an organization that stays': [acme('o1', 'e1'), person('n')],
      'an organization that joins': [acme('free', 'e1'), person('n')],
      'an organization that stays free': [acme('free', null), person('n')],
      'an organization of nobody known': [acme('free', 'e9'), person('n')],
      'one that is stale between others': [person('a'), of('user', 'u1', null, 0), person('b')],
      'one that is stale twice': [of('user', 'u1', null, 0), of('user', 'u1', null, 0), person('b')],
      'a membership deleted': [of('membership', 'same', null), person('n')],
      'a collaboration deleted': [of('collaborator', 'c', null), person('n')],
      'a place in a team, then another membership': [
        of('team_member', 'm', { first: 't1', second: 'u2', role: null }),
        membership('new'),
      ],
      'a place in a team, then its membership': [
        of('team_member', 'm', { first: 't1', second: 'u1', role: null }),
        membership('new'),
      ],
      'a place in a team that is lost': [
        of('team_member', 'm', { first: 'lost', second: 'u1', role: null }),
        membership('new'),
      ],
      'a place in a team that is not there': [
        of('team_member', 'm', { first: 't9', second: 'u1', role: null }),
        membership('new'),
      ],
      'a place taken back': [of('team_member', 'm', null), membership('new')],
      'made again': [person('a'), person('a')],
    };
    for (const [name, lines] of Object.entries(groups)) {
      line(name, () => {
        const { planned, settled, next } = takeGroup(lines, 0, find);
        return [
          planned.map((each) => [each.line.external_id, each.act]),
          settled.map((each) => [each.line.external_id, each.result]),
          next,
        ];
      });
    }
    head('strict texts');
    for (const text of [
      '"\\u0000"',
      '"a\\',
      '"\\',
      '"\\u12',
      '"\\uZZZZ"',
      '"\\b\\f\\n\\r\\t\\/\\\\\\""',
      '"\u0001"',
      '"\u001f"',
      '"\u0020"',
      '\t{}',
      '\r\n{}',
      '{1:2}',
      '{"__proto__":{"a":1},"b":2}',
      '{"a":1 "b":2}',
      '"\\ud83d\\ude00"',
      '"\\ude00"',
      '[',
      '{"a":',
      '{"a"',
      '{,}',
    ]) {
      line(JSON.stringify(text), () => {
        const read = readJsonText(text, { depth_max: 5, any_number: false });
        return 'fault' in read ? read : [read, Object.keys(Object(read.value))];
      });
    }
  }),
);
