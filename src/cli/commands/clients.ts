// `gatehouse client …`: backend services and gateways, as a site administrator has them.

import { CAPABILITIES } from '../../domain/vocabulary.ts';
import type { Command, Input, Option } from '../command.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';

const ID = { name: 'CLIENT_ID', about: 'As the list has it', count: 'one' } as const;
const SHOWN = ['client_id', 'name', 'capabilities', 'audiences', 'strip_prefixes', 'organizations', 'created_at'];
const OPTIONS: Readonly<Record<string, Option>> = {
  capability: { value: 'NAME', about: 'What it may do', choices: CAPABILITIES, many: true, required: true },
  audience: { value: 'URI', about: 'A service for which it exchanges tokens', many: true },
  organization: { value: 'LOGIN', about: 'Only of these it learns anything; else of all', many: true },
  'strip-prefix': { value: 'PATH', about: 'Of a gateway: taken away before a path is read', many: true },
};

const client = (input: Input) => input.operand('CLIENT_ID');
const given = (texts: readonly string[]) => (texts.length === 0 ? undefined : texts);

const list = serviceCommand({
  words: 'client list',
  about: 'List backend services and gateways, as a site administrator',
  call: () => ({ method: 'GET', path: '/admin/clients' }),
  shows: {
    as: 'list',
    columns: [
      { title: 'CLIENT ID', member: 'client_id' },
      { title: 'NAME', member: 'name' },
      { title: 'CAPABILITIES', member: 'capabilities' },
      { title: 'ORGANIZATIONS', member: 'organizations' },
    ],
  },
});

const create = serviceCommand({
  words: 'client create',
  about: 'Make a backend service or gateway; its secret is printed this once',
  operands: [{ name: 'NAME', about: 'What you call it', count: 'one' }],
  options: OPTIONS,
  call: (input) => ({
    method: 'POST',
    path: '/admin/clients',
    body: {
      name: input.operand('NAME'),
      capabilities: input.texts('capability'),
      audiences: given(input.texts('audience')),
      organizations: given(input.texts('organization')),
      strip_prefixes: given(input.texts('strip-prefix')),
    },
  }),
  shows: { as: 'record', members: ['client_secret', ...SHOWN] },
});

const secret = serviceCommand({
  words: 'client secret',
  about: 'Give it another secret, printed this once; the old one ends',
  operands: [ID],
  options: { 'overlap-seconds': { value: 'SECONDS', about: 'How long the old one still works, at most 86400' } },
  call: (input) => ({
    method: 'POST',
    path: path`/admin/clients/${client(input)}/secret`,
    body: { overlap_seconds: input.whole('overlap-seconds') },
  }),
  asks: (input) => `Give ${client(input)} another secret?`,
  shows: { as: 'record' },
});

const remove = serviceCommand({
  words: 'client delete',
  about: 'Delete a backend service or gateway',
  operands: [ID],
  call: (input) => ({ method: 'DELETE', path: path`/admin/clients/${client(input)}` }),
  asks: (input) => `Delete ${client(input)} for good?`,
  shows: { as: 'done', says: (input) => `${client(input)} is deleted` },
});

export const CLIENT_COMMANDS: readonly Command[] = [list, create, secret, remove];
