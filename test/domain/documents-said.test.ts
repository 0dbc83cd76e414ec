// What is made of what others write: catalogues in both forms, templates and what they name, lines of an import, phrases and moments.
// golden/*.txt have the answers, and every fault in its words.

import t from 'tap';
import { namedTokens, parseAuditPhrase } from '../../src/domain/audit-phrase.ts';
import { readCatalogueDocument } from '../../src/domain/catalogue-document.ts';
import { printList, readKeptList } from '../../src/domain/catalogue-list.ts';
import { readCatalogueText } from '../../src/domain/catalogue-text.ts';
import { undeclared } from '../../src/domain/declaration.ts';
import { type ImportLine, isOf, isRelation, keyOf, ownersOf, referencesOf } from '../../src/domain/import-line.ts';
import * as plans from '../../src/domain/import-plan.ts';
import { readJsonText } from '../../src/domain/json-text.ts';
import { templateFault } from '../../src/domain/loaded-template.ts';
import { parseMoment, printMoment } from '../../src/domain/moment.ts';
import { namingByPath, parametersOf, resourceOf, resourceTypeOf } from '../../src/domain/named-resource.ts';
import { golden } from './golden.ts';

const READ = { responses: {}, 'x-required-permissions': [{ contents: 'read' }] };
const openapi = (paths: unknown, more: object = {}): unknown => ({ openapi: '3.1.0', paths, ...more });
const at = (operation: unknown, method = 'get', template = '/repos/{owner}/{repo}/x'): unknown =>
  openapi({ [template]: { [method]: operation } });

const DOCUMENTS: Readonly<Record<string, unknown>> = {
  text: 'x',
  nothing: null,
  'an empty object': {},
  'an empty list': [],
  'no version': { paths: {} },
  'another version': { openapi: '2.0', paths: {} },
  'a version as a number': { openapi: 3, paths: {} },
  'a long version': { openapi: '3.0.3-rc1', paths: {} },
  'a version with more before it': { openapi: 'x3.0', paths: {} },
  'a version with more behind it': { openapi: '3.0.0x', paths: {} },
  'no paths': { openapi: '3.1.0' },
  'paths that are a list': { openapi: '3.1.0', paths: [] },
  'a declaration beside paths': openapi({}, { 'x-public-read': true }),
  'a declaration in paths': openapi({ 'x-resource': 'none' }),
  'a declaration in an item': openapi({ '/a': { 'x-permissionless': true } }),
  'another member in paths': openapi({ 'x-other': 5 }),
  'an item that is none': openapi({ '/a': 5 }),
  'an item elsewhere': openapi({ '/a': { $ref: '#/x' } }),
  'a method that is none': openapi({ '/a': { get: 5, additionalOperations: {} } }),
  'other methods': openapi({ '/a': { head: READ, options: READ, trace: { ...READ }, query: READ } }),
  'other methods that declare nothing': openapi({ '/a': { head: { responses: {} }, options: 5 } }),
  'all methods': openapi({ '/a': { get: READ, post: READ, put: READ, patch: READ, delete: READ } }),
  'a wrong template': openapi({ 'a?b': { get: READ } }),
  misspelt: at({ 'X-Required-Permission': [], 'x-acceptedscopes': [], 'x-public-reads': true, 'x-unknown': 1 }),
  'the same twice': openapi({ '/a/{x}': { get: READ }, '/a/{y}': { get: READ, put: READ } }),
  undeclared: at({ responses: {} }),
  permissionless: at({ 'x-permissionless': true, 'x-public-read': true }),
  'permissionless with permissions': at({ ...READ, 'x-permissionless': true }),
  'flags that are none': at({ 'x-permissionless': 1, 'x-public-read': 'yes' }),
  'sets that are none': at({ 'x-required-permissions': { contents: 'read' } }),
  'a set that is none': at({
    'x-required-permissions': [
      'contents',
      {},
      { nothing: 'read' },
      { contents: 'admin' },
      { contents: 5 },
      { issues: 'write' },
    ],
  }),
  'too many sets': at({ 'x-required-permissions': Array.from({ length: 101 }, () => ({ contents: 'read' })) }),
  'as many sets as may be': at({ 'x-required-permissions': Array.from({ length: 100 }, () => ({ contents: 'read' })) }),
  scopes: at({ ...READ, 'x-accepted-scopes': ['repo', 'repo', 'gist'] }),
  'no scopes': at({ ...READ, 'x-accepted-scopes': [] }),
  'scopes that are none': at({ ...READ, 'x-accepted-scopes': ['x', 5, 'repo'] }),
  'scopes that are no list': at({ ...READ, 'x-accepted-scopes': 'repo' }),
  'null scopes': at({ ...READ, 'x-accepted-scopes': null }),
  'a resource': at({ ...READ, 'x-resource': 'organization' }, 'put', '/orgs/{org}/x'),
  'a resource that is none': at({ ...READ, 'x-resource': 'team' }),
  'a resource by id': at({ ...READ, 'x-resource': { type: 'repository', id: '{owner}/{repo}' } }),
  'a row that is none': [5],
  'a row': [{ method: 'GET', path: '/a', permission_sets: [{ contents: 'read' }], operation_id: 'a', sets_basis: 'b' }],
  'a row with more': [{ method: 'GET', path: '/a', other: 1, operation_id: 5, sets_basis: [] }],
  'a row of HEAD': [{ method: 'HEAD', path: '/a' }],
  'a row of another method': [
    { method: 'BREW', path: '/a' },
    { method: 5, path: '/b' },
  ],
  'a row without a path': [
    { method: 'GET' },
    { method: 'GET', path: 5 },
    { method: 'GET', path: 'a' },
    { method: 'X', path: 'a' },
  ],
  'rows alike': [
    { method: 'GET', path: '/a/{x}' },
    { method: 'GET', path: '/a/{y}' },
    { method: 'PUT', path: '/a/{y}' },
  ],
};

const TEMPLATES = [
  '/',
  '/a',
  'a',
  '',
  `/${'a'.repeat(2047)}`,
  `/${'a'.repeat(2048)}`,
  '/a?b',
  '/a#b',
  '/a%b',
  '/a;b',
  '/a\\b',
  '/a\u0000b',
  `/${Array.from({ length: 100 }, () => 'a').join('/')}`,
  `/${Array.from({ length: 101 }, () => 'a').join('/')}`,
  '/a//b',
  '/a/',
  '//',
  '/./a',
  '/a/..',
  '/a/...',
  '/{x}/{x}',
  '/{x}/{y}',
  '/{x',
  '/x}',
  '/{}',
  '/{x}{y}',
  '/{x}.{y}',
  '/a{x}',
  '/{x}b',
  '/{x}-{y}{z}',
  '/{{x}}',
];

t.test(
  'C1, C2, C3: what is made of a catalogue, and what is wrong with one',
  golden('documents', ({ head, line }) => {
    head('documents');
    for (const [name, document] of Object.entries(DOCUMENTS)) line(name, () => readCatalogueDocument(document));
    head('as texts');
    for (const name of [
      'no version',
      'misspelt',
      'flags that are none',
      'rows alike',
      'a row with more',
      'no paths',
      'scopes',
    ]) {
      line(name, () => readCatalogueText(JSON.stringify(DOCUMENTS[name], null, 1)));
    }
    for (const text of ['', '{', '{"a":1,"a":2}', '[1,]', '\n\n{"openapi": 3}'])
      line(JSON.stringify(text), () => readCatalogueText(text));
    head('kept');
    const kept: unknown[] = [
      null,
      {},
      [],
      [5],
      [{ method: 'GET', path: '/a', odd: 1 }],
      [
        { method: 'GET', path: '/a' },
        { method: 'GET', path: '/a' },
      ],
      [{ method: 'X', path: '/a' }],
    ];
    for (const rows of kept) line(JSON.stringify(rows), () => readKeptList(rows));
    for (const name of ['scopes', 'no scopes', 'a resource', 'permissionless', 'all methods', 'undeclared']) {
      const read = readCatalogueDocument(DOCUMENTS[name]);
      if (!('operations' in read)) continue;
      const printed = printList(read.operations);
      line(name, () => [printed, readKeptList(printed)]);
    }
    line('undeclared', () => undeclared('GET', '/repos/{owner}/{repo}'));
    head('templates');
    for (const template of TEMPLATES) line(JSON.stringify(template).slice(0, 60), () => templateFault(template));
  }),
);

t.test(
  'C2: which thing an operation is about',
  golden('resources', ({ head, line }) => {
    const templates = [
      '/repos/{owner}/{repo}',
      '/repositories/{repository_id}',
      '/user/{owner}/{repo}',
      '/user/x/{repository_id}',
      '/orgs/{org}/{owner}/{repo}',
      '/teams/{team_id}/repos/{owner}/{repo}',
      '/{owner}/{repo}/{org}',
      '/x/{repository_id}/{owner}/{repo}',
      '/{owner}/{repo}/{repository_id}',
      '/orgs/{org}',
      '/teams/{team_id}',
      '/{team_id}/{org}',
      '/enterprises/{enterprise}',
      '/{enterprise}/{org}',
      '/user',
      '/user/x',
      '/user/{username}',
      '/users',
      '/users/{username}',
      '/userx/{username}',
      '/gists',
      '/a{org}',
      '/{owner}/x/{repo}',
    ];
    const sets = {
      none: [],
      account: [{ emails: 'read' }],
      mixed: [{ emails: 'read' }, { contents: 'read' }],
      unknown: [{ odd: 'read' }],
      empty: [{}],
    } as const;
    for (const template of templates) {
      line(`${template} has`, () => parametersOf(template));
      for (const [name, permission_sets] of Object.entries(sets)) {
        const naming = namingByPath(template, permission_sets as never);
        line(`${template} with ${name}`, () => [naming, resourceTypeOf(naming)]);
      }
    }
    head('with values');
    const params = {
      owner: 'mona',
      repo: 'mill',
      org: 'acme',
      team_id: '5',
      repository_id: '50',
      enterprise: 'globex',
      username: 'lisa',
    };
    for (const template of templates) {
      const operation = undeclared('GET', template);
      line(template, () => [
        resourceOf(operation, params),
        resourceOf(operation, {}),
        resourceOf({ ...operation, public_read: true }, params),
      ]);
    }
    for (const id of [
      '0',
      '1',
      '01',
      '9007199254740991',
      '9007199254740993',
      '99999999999999999',
      '1e3',
      ' 1',
      '-1',
      '',
    ]) {
      line(`id ${id}`, () => resourceOf(undeclared('GET', '/repositories/{repository_id}'), { repository_id: id }));
    }
    const by = { ...undeclared('GET', '/x/{a}/{b}'), naming: { type: 'repository', owner: 'b', name: 'a' } } as const;
    line('by naming', () => resourceOf(by, { a: 'mill', b: 'mona' }));
  }),
);

const USER = { login: 'Mona', email: 'Mona@example.test', email_verified: null, profile_name: null, suspended: false };
const REPOSITORY = {
  owner: 'u1',
  owner_type: null,
  name: 'Mill',
  visibility: 'private',
  archived: false,
  description: null,
};
const ORGANIZATION = {
  login: 'Acme',
  profile_name: null,
  enterprise: 'e1',
  default_repository_permission: 'read',
  admin: 'u1',
};
const CONTENTS: readonly (readonly [string, object | null])[] = [
  ['user', USER],
  ['enterprise', { slug: 'Globex', name: 'Globex', administrators: ['u1', 'u2'], admin: 'u3' }],
  ['enterprise', { slug: 'Globex', name: 'Globex', administrators: null, admin: null }],
  ['organization', ORGANIZATION],
  ['organization', { ...ORGANIZATION, enterprise: null, admin: null }],
  ['membership', { first: 'o1', second: 'u1', role: 'admin' }],
  ['team', { organization: 'o1', name: 'Crew', slug: 'crew' }],
  ['repository', REPOSITORY],
  ['repository', { ...REPOSITORY, owner_type: 'organization', owner: 'o1' }],
  ['team_member', { first: 't1', second: 'u1', role: null }],
  ['team_repository', { first: 't1', second: 'r1', role: 'read' }],
  ['collaborator', { first: 'r1', second: 'u1', role: 'read' }],
  ['user', null],
];
let number = 0;
const lineOf = (type: string, external_id: string, content: object | null, version = 2): ImportLine => {
  number += 1;
  return { line: number, type, external_id, version, content, fingerprint: JSON.stringify(content) } as ImportLine; // each with its type's content
};
const IDS: Readonly<Record<string, number>> = {
  'user u1': 1,
  'user u2': 2,
  'organization o1': 10,
  'enterprise e1': 30,
  'team t1': 40,
  'repository r1': 50,
};
const knownAs = (change: object): plans.KnownObject =>
  ({
    version: 1,
    deleted: false,
    present: true,
    object_id: 10,
    second_id: 1,
    parent_id: 1,
    fingerprint: 'old',
    names: [],
    suspended: false,
    ...change,
  }) as plans.KnownObject;

t.test(
  'F4: what lines of an import refer to, claim and do',
  golden('imports', ({ head, line }) => {
    number = 0;
    const find = ({ type, external_id }: { type: string; external_id: string }) => {
      const object_id = IDS[`${type} ${external_id}`];
      return object_id === undefined ? undefined : knownAs({ object_id, parent_id: type === 'team' ? 10 : null });
    };
    head('lines');
    for (const [type, content] of CONTENTS) {
      const each = lineOf(type, 'x1', content);
      line(`${type} ${JSON.stringify(content)?.slice(0, 40)}`, () => [
        keyOf(each),
        isRelation(each),
        isOf(each, 'user'),
        referencesOf(each),
        plans.namesOf(each, find),
        plans.namesOf(each, () => undefined),
      ]);
      if (isOf(each, 'repository') && each.content) line('owners', () => (each.content ? ownersOf(each.content) : []));
    }
    head('by version');
    for (const content of [USER, null]) {
      for (const version of [0, 1, 2]) {
        const each = { ...lineOf('user', 'u1', content, version), line: 1 };
        line(`${version} ${content === null} unknown`, () => plans.planLine(each, undefined));
        for (const deleted of [true, false]) {
          for (const present of [true, false]) {
            for (const fingerprint of ['other', each.fingerprint]) {
              line(`${version} ${content === null} ${deleted} ${present} ${fingerprint === 'other'}`, () =>
                plans.planLine(each, knownAs({ deleted, present, fingerprint })),
              );
            }
          }
        }
      }
    }
    line('ids', () => [
      plans.idOf(find as never, { type: 'user', external_id: 'u1' }),
      plans.idOf(find as never, { type: 'user', external_id: 'x' }),
    ]);
    for (const change of [{ deleted: true }, { present: false }])
      line(JSON.stringify(change), () => plans.idOf(() => knownAs(change), { type: 'user', external_id: 'x' }));
    head('groups');
    const groups: Readonly<Record<string, readonly (readonly [string, string, object | null])[]>> = {
      apart: [
        ['user', 'a', USER],
        ['user', 'b', { ...USER, login: 'b', email: 'b' }],
      ],
      'the same login': [
        ['user', 'a', USER],
        ['user', 'b', { ...USER, email: 'b' }],
      ],
      'the same object': [
        ['user', 'a', USER],
        ['user', 'a', USER],
      ],
      'one that was referred to': [
        ['team', 't', { organization: 'o9', name: 'x', slug: 'x' }],
        ['organization', 'o9', ORGANIZATION],
      ],
      'deleted and made': [
        ['user', 'u1', null],
        ['user', 'b', { ...USER, login: 'b', email: 'b' }],
      ],
      'deleted both': [
        ['user', 'u1', null],
        ['user', 'u2', null],
      ],
      'deleted of different kinds': [
        ['user', 'u1', null],
        ['organization', 'o1', null],
      ],
      'a collaboration deleted and one made': [
        ['collaborator', 'c', null],
        ['collaborator', 'd', { first: 'r1', second: 'u2', role: 'read' }],
      ],
      'a repository that moves': [
        ['repository', 'r1', { ...REPOSITORY, owner: 'o1' }],
        ['user', 'b', USER],
      ],
      'an organization that moves': [
        ['organization', 'o1', ORGANIZATION],
        ['user', 'b', USER],
      ],
      'an organization that leaves': [
        ['organization', 'o1', { ...ORGANIZATION, enterprise: null }],
        ['user', 'b', USER],
      ],
      'a place in a team and its membership': [
        ['team_member', 'm', { first: 't1', second: 'u1', role: null }],
        ['membership', 'n', { first: 'o1', second: 'u1', role: 'member' }],
      ],
      'a place in a new team': [
        ['team', 't9', { organization: 'o1', name: 'x', slug: 'x' }],
        ['team_member', 'm', { first: 't9', second: 'u1', role: null }],
        ['membership', 'n', { first: 'o1', second: 'u1', role: 'member' }],
      ],
    };
    for (const [name, given] of Object.entries(groups)) {
      const lines = given.map(([type, id, content]) => lineOf(type, id, content, 5));
      line(name, () => {
        const { planned, settled, next } = plans.takeGroup(lines, 0, find as never);
        return [planned.map((each) => [each.line.external_id, each.act]), settled.map((each) => each.result), next];
      });
    }
    line('from behind', () => plans.takeGroup([], 0, find as never));
  }),
);

t.test(
  'L2, M3: phrases of a search, and moments',
  golden('phrases', ({ head, line }) => {
    head('phrases');
    const phrases = [
      '',
      '  ',
      'action:repo',
      'action:repo.create',
      'actor:mona',
      '-actor:mona',
      'actor:"mona lisa"',
      'created:>=2027-01-01',
      'created:<2027-01-01T00:00:00Z',
      'created:2027-01-01',
      'created:2027-01-01..2027-02-01',
      'created:*..2027-01-01',
      'created:2027-02-01..2027-01-01',
      'created:x',
      'created:>',
      'hashed_token:"a+b/c="',
      'hashed_token:abc',
      'token_id:5',
      'token_id:x',
      'odd:x',
      'free',
      '"free text"',
      'actor:',
      'actor:""',
      'actor:a actor:b',
      'actor:"a',
      'a"b',
      'operation:create',
      'repo:acme/mill',
      'org:acme',
      'user:mona',
      '-created:>=2027-01-01',
      'outcome:refused',
      'ip:1.2.3.4',
      'country:DE',
      '- actor:a',
      '--actor:a',
      'actor:*',
      'ACTION:x',
      `actor:${'a'.repeat(1100)}`,
    ];
    for (const phrase of phrases) {
      const read = parseAuditPhrase(phrase);
      line(phrase.slice(0, 60), () => read);
      if (!('fault' in read)) line('tokens', () => namedTokens(read));
    }
    head('moments');
    const moments = [
      '2027-03-19',
      '2027-02-29',
      '2028-02-29',
      '2027-13-01',
      '2027-03-19T08:00:00Z',
      '2027-03-19t08:00:00z',
      '2027-03-19T08:00:00',
      '2027-03-19T24:00:00Z',
      '2027-03-19T23:59:60Z',
      '2027-03-19T08:00:00.5Z',
      '2027-03-19T08:00:00.1234567890Z',
      '2027-03-19T08:00:00+02:00',
      '2027-03-19T08:00:00+25:00',
      '1969-12-31',
      '1970-01-01',
      '9999-12-31T23:59:59Z',
      '9999-12-31T23:59:59-01:00',
      ' 2027-03-19',
      '2027-03-19 ',
      '',
      'x2027-03-19',
      '2027-03-19T08:60:00Z',
    ];
    for (const text of moments) {
      const moment = parseMoment(text);
      line(text, () => [moment, moment && printMoment(moment)]);
    }
    head('strict texts');
    const texts = [
      '{}',
      '[]',
      '1',
      '"a"',
      '"a',
      '"\\u00e4"',
      '"\\ud800"',
      '"\\x"',
      '{"a":1}',
      '{"a":1,"a":2}',
      '{"a":1,}',
      '[1,]',
      '[1 2]',
      '{"a" 1}',
      '{a:1}',
      'nul',
      'null',
      'true',
      'false',
      '01',
      '1.',
      '.5',
      '-0',
      '1e400',
      '9007199254740993',
      '1e2',
      '-',
      '{"__proto__":1}',
      ' {} ',
      '{} x',
      '\u00a0{}',
      '"\n"',
      '{"a":{"b":[1,{"c":2,"c":3}]}}',
      '[[[[]]]]',
      '',
    ];
    for (const text of texts) {
      line(JSON.stringify(text), () => readJsonText(text, { depth_max: 3, any_number: false }));
      line('any number', () => readJsonText(text, { depth_max: 4, any_number: true }));
    }
  }),
);
