// `gatehouse org …`: what members' tokens ask of an organization, which have access to it, who reviews, and its audit log.

import type { Command, Input } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import type { Column } from '../print.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';
import { ORG, PERSON } from './organizations.ts';

const org = (input: Input) => input.operand('ORG');
const person = (input: Input) => input.operand('LOGIN');
const IDS = { name: 'ID', about: 'Id as the list has it', count: 'many' } as const;
const REASON = { reason: { value: 'TEXT', about: 'For the holder of the token' } } as const;
const ACCESS_COLUMNS: readonly Column[] = [
  { title: 'ID', member: 'id' },
  { title: 'HOLDER', member: 'owner.login' },
  { title: 'TOKEN', member: 'token_name' },
  { title: 'REPOSITORIES', member: 'repository_selection' },
  { title: 'PERMISSIONS', member: 'permissions' },
  { title: 'EXPIRES', member: 'token_expires_at' },
];

function idsOf(input: Input): readonly number[] {
  return input.operands('ID').map((text) => {
    if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
    throw failure(EXIT.usage, 'An id is a whole number.', { code: 'usage' });
  });
}

const requests = serviceCommand({
  words: 'org requests',
  about: 'List the tokens that wait for approval',
  operands: [ORG],
  call: (input) => ({ method: 'GET', path: path`/orgs/${org(input)}/personal-access-token-requests` }),
  shows: { as: 'list', columns: ACCESS_COLUMNS },
});

function review(action: 'approve' | 'deny', about: string, done: string): Command {
  return serviceCommand({
    words: `org ${action}`,
    about,
    operands: [ORG, IDS],
    options: REASON,
    call: (input) => ({
      method: 'POST',
      path: path`/orgs/${org(input)}/personal-access-token-requests`,
      body: { pat_request_ids: idsOf(input), action, reason: input.text('reason') },
    }),
    shows: { as: 'done', says: (input) => `${done}: ${input.operands('ID').join(', ')}` },
  });
}

const tokens = serviceCommand({
  words: 'org tokens',
  about: 'List the fine-grained tokens that have access to an organization',
  operands: [ORG],
  call: (input) => ({ method: 'GET', path: path`/orgs/${org(input)}/personal-access-tokens` }),
  shows: { as: 'list', columns: ACCESS_COLUMNS },
});

const revokeAccess = serviceCommand({
  words: 'org revoke-access',
  about: 'End the access of tokens to an organization',
  operands: [ORG, IDS],
  call: (input) => ({
    method: 'POST',
    path: path`/orgs/${org(input)}/personal-access-tokens`,
    body: { action: 'revoke', pat_ids: idsOf(input) },
  }),
  asks: (input) => `End the access of ${input.operands('ID').length} tokens to ${org(input)}?`,
  shows: { as: 'done', says: (input) => `access ended: ${input.operands('ID').join(', ')}` },
});

const reviewers = serviceCommand({
  words: 'org reviewers',
  about: 'List the members who may review besides the owners',
  operands: [ORG],
  call: (input) => ({ method: 'GET', path: path`/orgs/${org(input)}/token-reviewers` }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'LOGIN', member: 'login' },
    ],
  },
});

const addReviewer = serviceCommand({
  words: 'org add-reviewer',
  about: 'Let a member review',
  operands: [ORG, PERSON],
  call: (input) => ({ method: 'PUT', path: path`/orgs/${org(input)}/token-reviewers/${person(input)}` }),
  shows: { as: 'done', says: (input) => `${person(input)} reviews for ${org(input)}` },
});

const removeReviewer = serviceCommand({
  words: 'org remove-reviewer',
  about: 'Let a member review no more',
  operands: [ORG, PERSON],
  call: (input) => ({ method: 'DELETE', path: path`/orgs/${org(input)}/token-reviewers/${person(input)}` }),
  asks: (input) => `Take the review right from ${person(input)}?`,
  shows: { as: 'done', says: (input) => `${person(input)} reviews for ${org(input)} no more` },
});

const auditLog = serviceCommand({
  words: 'org audit-log',
  about: 'Search the audit log of an organization',
  operands: [ORG],
  options: {
    phrase: { value: 'PHRASE', about: 'As `action:org.add_member actor:ada created:>=2027-01-01`' },
    order: { value: 'ORDER', about: 'Newest or oldest first', choices: ['desc', 'asc'] },
  },
  call: (input) => ({
    method: 'GET',
    path: path`/orgs/${org(input)}/audit-log`,
    query: { phrase: input.text('phrase'), order: input.text('order') },
  }),
  shows: {
    as: 'list',
    columns: [
      { title: 'WHEN', member: 'created_at' },
      { title: 'ACTION', member: 'action' },
      { title: 'ACTOR', member: 'actor' },
      { title: 'WHOM', member: 'user' },
      { title: 'TOKEN', member: 'managed_token_id' },
      { title: 'OUTCOME', member: 'outcome' },
    ],
  },
});

export const ORGANIZATION_ACCESS_COMMANDS: readonly Command[] = [
  requests,
  review('approve', 'Approve requests of tokens, all of them or none', 'approved'),
  review('deny', 'Deny requests of tokens, all of them or none', 'denied'),
  ...[tokens, revokeAccess, reviewers, addReviewer, removeReviewer, auditLog],
];
