// `gatehouse user …`: people, as a site administrator has them.

import type { Command, Input, Operand } from '../command.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';
import { readSecret } from '../terminal.ts';

const LOGIN: Operand = { name: 'LOGIN', about: 'Login of the person', count: 'one' };
const FLAGS = {
  'email-verified': { about: 'The address is known to be theirs; without it they make no tokens', negatable: true },
  'site-admin': { about: 'May do what site administrators do', negatable: true },
} as const;
const PASSWORD_OPTION = { about: 'Read a password from standard input' } as const;
const SHOWN = ['id', 'login', 'email', 'email_verified', 'site_admin', 'suspended_at', 'profile_name', 'created_at'];
const person = (input: Input) => input.operand('LOGIN');

const list = serviceCommand({
  words: 'user list',
  about: 'List everybody, as a site administrator',
  call: () => ({ method: 'GET', path: '/admin/users' }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'LOGIN', member: 'login' },
      { title: 'EMAIL', member: 'email' },
      { title: 'VERIFIED', member: 'email_verified' },
      { title: 'SITE ADMIN', member: 'site_admin' },
      { title: 'SUSPENDED', member: 'suspended_at' },
    ],
  },
});

const show = serviceCommand({
  words: 'user show',
  about: 'Show the profile of a person',
  operands: [LOGIN],
  call: (input) => ({ method: 'GET', path: path`/users/${person(input)}` }),
  shows: { as: 'record', members: ['id', 'login', 'type', 'profile_name', 'created_at'] },
});

const create = serviceCommand({
  words: 'user create',
  about: 'Make a person, as a site administrator',
  more: 'Without --password-stdin a text is printed, once, by which the person chooses a password within 24 hours.',
  operands: [LOGIN],
  options: {
    email: { value: 'ADDRESS', about: 'E-mail address', required: true },
    ...FLAGS,
    'password-stdin': PASSWORD_OPTION,
  },
  call: async (input, terminal) => ({
    method: 'POST',
    path: '/admin/users',
    body: {
      login: person(input),
      email: input.text('email'),
      email_verified: input.flag('email-verified'),
      site_admin: input.flag('site-admin'),
      ...(input.flag('password-stdin') === true && { password: await readSecret(terminal, 'Password') }),
    },
  }),
  shows: { as: 'record', members: [...SHOWN, 'password_setup_token'] },
});

const edit = serviceCommand({
  words: 'user edit',
  about: 'Change a person, as a site administrator',
  operands: [LOGIN],
  options: {
    login: { value: 'LOGIN', about: 'Another login' },
    email: { value: 'ADDRESS', about: 'Another e-mail address' },
    'profile-name': { value: 'NAME', about: 'The name to show' },
    ...FLAGS,
    'password-stdin': PASSWORD_OPTION,
  },
  call: async (input, terminal) => ({
    method: 'PATCH',
    path: path`/admin/users/${person(input)}`,
    body: {
      login: input.text('login'),
      email: input.text('email'),
      profile_name: input.text('profile-name'),
      email_verified: input.flag('email-verified'),
      site_admin: input.flag('site-admin'),
      ...(input.flag('password-stdin') === true && { password: await readSecret(terminal, 'Password') }),
    },
  }),
  shows: { as: 'record', members: [...SHOWN, 'password_setup_token'] },
});

const suspend = serviceCommand({
  words: 'user suspend',
  about: 'Suspend a person: sessions end, and no token of theirs works',
  operands: [LOGIN],
  options: { reason: { value: 'TEXT', about: 'Stands in the audit log' } },
  call: (input) => ({
    method: 'PUT',
    path: path`/users/${person(input)}/suspended`,
    body: { reason: input.text('reason') },
  }),
  asks: (input) => `Suspend ${person(input)}?`,
  shows: { as: 'done', says: (input) => `${person(input)} is suspended` },
});

const unsuspend = serviceCommand({
  words: 'user unsuspend',
  about: 'End the suspension of a person',
  operands: [LOGIN],
  call: (input) => ({ method: 'DELETE', path: path`/users/${person(input)}/suspended` }),
  shows: { as: 'done', says: (input) => `${person(input)} is suspended no more` },
});

const endTokens = serviceCommand({
  words: 'user end-tokens',
  about: 'Revoke all tokens of a person',
  operands: [LOGIN],
  call: (input) => ({ method: 'DELETE', path: path`/admin/users/${person(input)}/tokens` }),
  asks: (input) => `Revoke all tokens of ${person(input)}?`,
  shows: { as: 'done', says: (input) => `all tokens of ${person(input)} are revoked` },
});

const remove = serviceCommand({
  words: 'user delete',
  about: 'Delete a person, with tokens and repositories of their own',
  operands: [LOGIN],
  call: (input) => ({ method: 'DELETE', path: path`/admin/users/${person(input)}` }),
  asks: (input) => `Delete ${person(input)} for good?`,
  shows: { as: 'done', says: (input) => `${person(input)} is deleted` },
});

export const PEOPLE_COMMANDS: readonly Command[] = [list, show, create, edit, suspend, unsuspend, endTokens, remove];
