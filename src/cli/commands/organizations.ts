// `gatehouse org …`: organizations and who belongs to them. What tokens ask of them and did there is in organization-access.ts.

import { MEMBERSHIP_ROLES } from '../../domain/vocabulary.ts';
import type { Command, Input, Operand } from '../command.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';

export const ORG: Operand = { name: 'ORG', about: 'Login of the organization', count: 'one' };
export const PERSON: Operand = { name: 'LOGIN', about: 'Login of the person', count: 'one' };
const SHOWN = ['id', 'login', 'profile_name', 'default_repository_permission', 'enterprise', 'created_at'];
const org = (input: Input) => input.operand('ORG');
const person = (input: Input) => input.operand('LOGIN');

const list = serviceCommand({
  words: 'org list',
  about: 'List all organizations, as a site administrator',
  call: () => ({ method: 'GET', path: '/admin/organizations' }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'LOGIN', member: 'login' },
      { title: 'NAME', member: 'profile_name' },
      { title: 'ENTERPRISE', member: 'enterprise' },
      { title: 'CREATED', member: 'created_at' },
    ],
  },
});

const show = serviceCommand({
  words: 'org show',
  about: 'Show an organization',
  operands: [ORG],
  call: (input) => ({ method: 'GET', path: path`/orgs/${org(input)}` }),
  shows: { as: 'record', members: SHOWN },
});

const create = serviceCommand({
  words: 'org create',
  about: 'Make an organization, as a site administrator',
  operands: [ORG],
  options: {
    admin: { value: 'LOGIN', about: 'Its first owner', required: true },
    'profile-name': { value: 'NAME', about: 'The name to show' },
  },
  call: (input) => ({
    method: 'POST',
    path: '/admin/organizations',
    body: { login: org(input), admin: input.text('admin'), profile_name: input.text('profile-name') },
  }),
  shows: { as: 'record', members: SHOWN },
});

const edit = serviceCommand({
  words: 'org edit',
  about: 'Change an organization, as an owner of it',
  operands: [ORG],
  options: {
    login: { value: 'LOGIN', about: 'Another login' },
    'profile-name': { value: 'NAME', about: 'The name to show' },
    'default-repository-permission': {
      value: 'LEVEL',
      about: 'What members may do with every repository',
      choices: ['none', 'read', 'write', 'admin'],
    },
  },
  call: (input) => ({
    method: 'PATCH',
    path: path`/orgs/${org(input)}`,
    body: {
      login: input.text('login'),
      profile_name: input.text('profile-name'),
      default_repository_permission: input.text('default-repository-permission'),
    },
  }),
  shows: { as: 'record', members: SHOWN },
});

const remove = serviceCommand({
  words: 'org delete',
  about: 'Delete an organization with all that it owns, as an owner of it',
  operands: [ORG],
  call: (input) => ({ method: 'DELETE', path: path`/orgs/${org(input)}` }),
  asks: (input) => `Delete ${org(input)} with all that it owns, for good?`,
  shows: { as: 'done', says: (input) => `${org(input)} is deleted` },
});

const members = serviceCommand({
  words: 'org members',
  about: 'List the members of an organization',
  operands: [ORG],
  options: { role: { value: 'ROLE', about: 'Only these', choices: ['all', ...MEMBERSHIP_ROLES] } },
  call: (input) => ({
    method: 'GET',
    path: path`/orgs/${org(input)}/members`,
    query: { role: input.text('role') },
  }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'LOGIN', member: 'login' },
    ],
  },
});

const setMember = serviceCommand({
  words: 'org add-member',
  about: 'Make a person a member, or give a member another role',
  operands: [ORG, PERSON],
  options: { role: { value: 'ROLE', about: 'Role, member unless said otherwise', choices: MEMBERSHIP_ROLES } },
  call: (input) => ({
    method: 'PUT',
    path: path`/orgs/${org(input)}/memberships/${person(input)}`,
    body: { role: input.text('role') },
  }),
  shows: { as: 'lines', lines: (answer) => [membershipLine(answer)] },
});

function membershipLine(answer: unknown): string {
  const { role, organization, user } = answer as {
    readonly role: string;
    readonly organization: { readonly login: string };
    readonly user: { readonly login: string };
  };
  return `${user.login} is ${role} of ${organization.login}`;
}

const removeMember = serviceCommand({
  words: 'org remove-member',
  about: 'End a membership: requests and grants of that person there end, too',
  operands: [ORG, PERSON],
  call: (input) => ({ method: 'DELETE', path: path`/orgs/${org(input)}/memberships/${person(input)}` }),
  asks: (input) => `Take ${person(input)} out of ${org(input)}?`,
  shows: { as: 'done', says: (input) => `${person(input)} is no member of ${org(input)} any more` },
});

export const ORGANIZATION_COMMANDS: readonly Command[] = [
  ...[list, show, create, edit, remove, members, setMember, removeMember],
];
