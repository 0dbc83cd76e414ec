// `gatehouse token …`: one's own tokens, with a session (rule K7), and the report of leaked texts.

import { TOKEN_KINDS, TOKEN_STATES } from '../../domain/vocabulary.ts';
import type { Command, Input, Option } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';

const ID = { name: 'ID', about: 'Id of the token', count: 'one' } as const;
const LIFE: Readonly<Record<string, Option>> = {
  'expires-in-days': { value: 'DAYS', about: 'Life in whole days, 30 unless said otherwise' },
  'expires-at': { value: 'MOMENT', about: 'Or until then: RFC 3339, or a date, which is 00:00 UTC' },
  'never-expires': { about: 'Or without an end' },
};
const GRANT: Readonly<Record<string, Option>> = {
  scope: { value: 'SCOPE', about: 'Classic: a scope', many: true },
  permission: { value: 'NAME=LEVEL', about: 'Fine-grained: as contents=read', many: true },
  repository: { value: 'REPO', about: 'Fine-grained: only this repository', many: true },
  'all-repositories': { about: 'Fine-grained: all repositories of the resource owner, also later ones' },
};
const MEMBERS = [
  ...['id', 'kind', 'name', 'description', 'state', 'resource_owner', 'repository_selection', 'permissions', 'scopes'],
  ...['created_at', 'secret_issued_at', 'expires_at', 'last_used_at', 'token_last_eight', 'hashed_token', 'approval'],
];

const id = (input: Input) => input.operand('ID');

function lifeOf(input: Input) {
  return {
    expires_in_days: input.whole('expires-in-days'),
    expires_at: input.text('expires-at'),
    never_expires: input.flag('never-expires'),
  };
}

function permissionsOf(input: Input): Readonly<Record<string, string>> | undefined {
  const given = input.texts('permission');
  if (given.length === 0) return undefined;
  const levels = new Map<string, string>();
  for (const text of given) {
    const [, name = '', level = ''] = /^([a-z_]+)=([a-z]+)$/.exec(text) ?? [];
    if (name === '') throw failure(EXIT.usage, '--permission is NAME=LEVEL, as contents=read.', { code: 'usage' });
    if (levels.has(name)) throw failure(EXIT.usage, '--permission names one permission twice.', { code: 'usage' });
    levels.set(name, level);
  }
  return Object.fromEntries(levels);
}

/** What contradicts itself is refused, and not taken for the wider of two. */
function repositoriesOf(input: Input) {
  const repositories = input.texts('repository');
  const [all, none] = [input.flag('all-repositories') === true, input.flag('no-repositories') === true];
  if ([repositories.length > 0, all, none].filter(Boolean).length > 1)
    throw failure(EXIT.usage, 'Which repositories it selects is said in more than one way.', { code: 'usage' });
  if (repositories.length > 0) return { repository_selection: 'subset', repositories };
  if (none) return { repository_selection: 'none' };
  return all ? { repository_selection: 'all' } : {};
}

const list = serviceCommand({
  words: 'token list',
  about: 'List your tokens, newest first',
  options: {
    kind: { value: 'KIND', about: 'Only these', choices: TOKEN_KINDS },
    state: { value: 'STATE', about: 'Only these', choices: TOKEN_STATES },
    'resource-owner': { value: 'LOGIN', about: 'Only those of this owner' },
    'expires-before': { value: 'MOMENT', about: 'Only those that end before' },
  },
  call: (input) => ({
    method: 'GET',
    path: '/user/personal-access-tokens',
    query: {
      kind: input.text('kind'),
      state: input.text('state'),
      resource_owner: input.text('resource-owner'),
      expires_before: input.text('expires-before'),
    },
  }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'KIND', member: 'kind' },
      { title: 'NAME', member: 'name' },
      { title: 'STATE', member: 'state' },
      { title: 'RESOURCE OWNER', member: 'resource_owner' },
      { title: 'EXPIRES', member: 'expires_at' },
      { title: 'LAST USED', member: 'last_used_at' },
    ],
  },
});

const show = serviceCommand({
  words: 'token show',
  about: 'Show one of your tokens',
  operands: [ID],
  call: (input) => ({ method: 'GET', path: path`/user/personal-access-tokens/${id(input)}` }),
  shows: { as: 'record', members: MEMBERS },
});

const repositories = serviceCommand({
  words: 'token repositories',
  about: 'List the repositories that a token selects',
  operands: [ID],
  call: (input) => ({ method: 'GET', path: path`/user/personal-access-tokens/${id(input)}/repositories` }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'NAME', member: 'full_name' },
      { title: 'VISIBILITY', member: 'visibility' },
    ],
  },
});

const create = serviceCommand({
  words: 'token create',
  about: 'Make a token; its text is printed this once',
  more: 'With --scope, or --classic, it is a classic token, else a fine-grained one.',
  operands: [{ name: 'NAME', about: 'What you call it', count: 'one' }],
  options: {
    classic: { about: 'A classic token, also without any scope' },
    ...GRANT,
    'resource-owner': { value: 'LOGIN', about: 'Fine-grained: whose things it reaches, yours unless said otherwise' },
    description: { value: 'TEXT', about: 'What it is for' },
    reason: { value: 'TEXT', about: 'For the reviewers' },
    ...LIFE,
  },
  call: (input) => ({ method: 'POST', path: '/user/personal-access-tokens', body: newToken(input) }),
  shows: { as: 'record', members: ['token', ...MEMBERS] },
});

function newToken(input: Input): Readonly<Record<string, unknown>> {
  const scopes = input.texts('scope');
  const common = { name: input.operand('NAME'), description: input.text('description'), ...lifeOf(input) };
  const fine_grained = {
    resource_owner: input.text('resource-owner'),
    reason: input.text('reason'),
    permissions: permissionsOf(input),
    ...repositoriesOf(input),
  };
  if (scopes.length === 0 && input.flag('classic') !== true)
    return { kind: 'fine_grained', ...common, ...fine_grained };
  // What only the other kind has is sent as well where it was given: the service refuses it, and says why.
  return { kind: 'classic', ...common, ...fine_grained, scopes };
}

const edit = serviceCommand({
  words: 'token edit',
  about: 'Change a token; scopes, permissions and repositories are replaced as a whole',
  operands: [ID],
  options: {
    name: { value: 'NAME', about: 'Another name' },
    description: { value: 'TEXT', about: 'Another description' },
    ...GRANT,
    'no-repositories': { about: 'Fine-grained: public reads only' },
    'expires-at': { value: 'MOMENT', about: 'An earlier end' },
  },
  call: (input) => ({
    method: 'PATCH',
    path: path`/user/personal-access-tokens/${id(input)}`,
    body: {
      name: input.text('name'),
      description: input.text('description'),
      expires_at: input.text('expires-at'),
      permissions: permissionsOf(input),
      ...(input.texts('scope').length > 0 && { scopes: input.texts('scope') }),
      ...repositoriesOf(input),
    },
  }),
  shows: { as: 'record', members: MEMBERS },
});

const regenerate = serviceCommand({
  words: 'token regenerate',
  about: 'Give a token a new text, printed this once; the old one ends',
  operands: [ID],
  options: {
    'overlap-seconds': { value: 'SECONDS', about: 'How long the old text still works, at most 86400' },
    ...LIFE,
    'expires-in-days': { value: 'DAYS', about: 'Life in whole days; the same as before unless said otherwise' },
  },
  call: (input) => ({
    method: 'POST',
    path: path`/user/personal-access-tokens/${id(input)}/regenerate`,
    body: { overlap_seconds: input.whole('overlap-seconds'), ...lifeOf(input) },
  }),
  asks: (input) => `Give token ${id(input)} another text?`,
  shows: { as: 'record', members: ['token', ...MEMBERS, 'previous_secret_expires_at'] },
});

const remove = serviceCommand({
  words: 'token delete',
  about: 'Delete a token, with the deploy keys that it made',
  operands: [ID],
  call: (input) => ({ method: 'DELETE', path: path`/user/personal-access-tokens/${id(input)}` }),
  asks: (input) => `Delete token ${id(input)} for good?`,
  shows: { as: 'done', says: (input) => `token ${id(input)} is deleted` },
});

const request = serviceCommand({
  words: 'token request',
  about: 'Ask the organization again for what a token was denied',
  operands: [ID],
  options: { reason: { value: 'TEXT', about: 'For the reviewers' } },
  call: (input) => ({
    method: 'POST',
    path: path`/user/personal-access-tokens/${id(input)}/request`,
    body: { reason: input.text('reason') },
  }),
  shows: { as: 'record' },
});

const withdraw = serviceCommand({
  words: 'token withdraw',
  about: 'Withdraw what a token waits for',
  operands: [ID],
  call: (input) => ({ method: 'DELETE', path: path`/user/personal-access-tokens/${id(input)}/request` }),
  asks: (input) => `Withdraw the request of token ${id(input)}?`,
  shows: { as: 'done', says: (input) => `token ${id(input)} waits no more` },
});

export const TOKEN_COMMANDS: readonly Command[] = [
  ...[list, show, repositories, create, edit, regenerate, remove, request, withdraw],
];
