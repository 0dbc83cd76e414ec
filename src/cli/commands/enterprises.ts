// `gatehouse enterprise …`: enterprises, as a site administrator has them.

import type { Command, Input, Operand } from '../command.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';
import { ORG, PERSON } from './organizations.ts';

const ENTERPRISE: Operand = { name: 'SLUG', about: 'Slug of the enterprise', count: 'one' };
const enterprise = (input: Input) => input.operand('SLUG');

const list = serviceCommand({
  words: 'enterprise list',
  about: 'List all enterprises, as a site administrator',
  call: () => ({ method: 'GET', path: '/admin/enterprises' }),
  shows: {
    as: 'list',
    columns: [
      { title: 'ID', member: 'id' },
      { title: 'SLUG', member: 'slug' },
      { title: 'NAME', member: 'name' },
      { title: 'ADMINISTRATORS', member: 'administrators' },
    ],
  },
});

const create = serviceCommand({
  words: 'enterprise create',
  about: 'Make an enterprise, as a site administrator',
  operands: [ENTERPRISE],
  options: {
    name: { value: 'NAME', about: 'The name to show', required: true },
    admin: { value: 'LOGIN', about: 'Its first administrator', required: true },
  },
  call: (input) => ({
    method: 'POST',
    path: '/admin/enterprises',
    body: { slug: enterprise(input), name: input.text('name'), admin: input.text('admin') },
  }),
  shows: { as: 'record', members: ['id', 'slug', 'name', 'created_at'] },
});

type Relation = {
  readonly words: string;
  readonly about: string;
  readonly method: 'PUT' | 'DELETE';
  readonly of: Operand;
  readonly says: (name: string, slug: string) => string;
};

/** An organization of it, or an administrator. */
function relation({ words, about, method, of, says }: Relation): Command {
  const pathTo = (input: Input) =>
    of === ORG
      ? path`/enterprises/${enterprise(input)}/organizations/${input.operand(of.name)}`
      : path`/enterprises/${enterprise(input)}/administrators/${input.operand(of.name)}`;
  return serviceCommand({
    words: `enterprise ${words}`,
    about,
    operands: [ENTERPRISE, of],
    call: (input) => ({ method, path: pathTo(input) }),
    ...(method === 'DELETE' && {
      asks: (input: Input) => `Take ${input.operand(of.name)} out of ${enterprise(input)}?`,
    }),
    shows: { as: 'done', says: (input) => says(input.operand(of.name), enterprise(input)) },
  });
}

export const ENTERPRISE_COMMANDS: readonly Command[] = [
  list,
  create,
  relation({
    words: 'add-organization',
    about: 'Put an organization under an enterprise, whose policies bind it from then on',
    method: 'PUT',
    of: ORG,
    says: (org, slug) => `${org} belongs to ${slug}`,
  }),
  relation({
    words: 'remove-organization',
    about: 'Take an organization out of its enterprise; internal repositories become private',
    method: 'DELETE',
    of: ORG,
    says: (org, slug) => `${org} belongs to ${slug} no more`,
  }),
  relation({
    words: 'add-administrator',
    about: 'Let a person administer an enterprise',
    method: 'PUT',
    of: PERSON,
    says: (login, slug) => `${login} administers ${slug}`,
  }),
  relation({
    words: 'remove-administrator',
    about: 'Let a person administer an enterprise no more',
    method: 'DELETE',
    of: PERSON,
    says: (login, slug) => `${login} administers ${slug} no more`,
  }),
];
