// Where `public_repo` counts at its holder, of whose repositories nothing says that they are public (K2, C6).

import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { undeclared } from '../../src/domain/declaration.ts';
import type { ClassicTokenFacts, PersonFacts, Resource } from '../../src/domain/facts.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import type { Ask, DecisionRequest } from '../../src/domain/requirement.ts';

const NOW = new Date('2026-11-24T00:00:00Z');
const MONA: PersonFacts = { id: 1, login: 'mona', suspended: false, site_admin: false };
const TOKEN = {
  ...{ kind: 'classic', id: 7, name: 'it', hashed_token: '', exchanged: null, revoked_at: null, expires_at: null },
  ...{ secret_issued_at: new Date('2026-11-01T00:00:00Z'), secret_expires_at: null, scopes: ['public_repo'] },
} as ClassicTokenFacts;
const HERSELF: Resource = { type: 'user', id: 1, login: 'mona' };

const isAllowed = (ask: Ask, resource: Resource = HERSELF, becomes?: DecisionRequest['becomes']): boolean => {
  const request = { ask, path: undefined, ...(becomes !== undefined && { becomes }) };
  return decide({ subject: { type: 'token', token: TOKEN, person: MONA }, resource }, request, NOW).effect === 'allow';
};
const permission = (name: string): Ask => ({ type: 'permission', permission: name, level: 'write' });
const operation = (
  permission_sets: readonly PermissionMap[],
  classic_scopes: readonly string[] | null = null,
): Ask => ({
  type: 'operation',
  operation: { ...undeclared('POST', '/user/it'), permission_sets, classic_scopes },
});

t.test('K2, C6: at its holder `public_repo` is for what is of the account, or is to be public', async (t) => {
  t.equal(isAllowed(permission('starring')), true);
  t.equal(isAllowed(permission('contents')), false, 'of a repository');
  t.equal(isAllowed({ type: 'scope', scope: 'public_repo' }), false, 'the scope itself');
  const repository = operation([{ administration: 'write' }], ['repo', 'public_repo']);
  t.equal(isAllowed(repository), false, 'nothing says what is made');
  t.equal(isAllowed(repository, HERSELF, 'private'), false);
  t.equal(isAllowed(repository, HERSELF, 'public'), true);
  const account = operation([{ starring: 'write' }, { starring: 'read' }], ['public_repo']);
  t.equal(isAllowed(account), true);
  t.equal(isAllowed(account, HERSELF, 'private'), false, 'what is to be private is not public');
  t.equal(
    isAllowed(operation([{ starring: 'write' }, { administration: 'write' }], ['public_repo'])),
    false,
    'some of it',
  );
  t.equal(isAllowed(operation([], ['public_repo'])), false, 'nothing that is declared');
  const open = {
    ...undeclared('POST', '/user/it'),

    classic_scopes: ['public_repo'],
    permissionless: true,
  } as const;
  t.equal(isAllowed({ type: 'operation', operation: open }), false, 'no permission says that it is about the account');
});
