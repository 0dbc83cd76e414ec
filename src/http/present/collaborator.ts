// People with their roles on a repository as the wire has them.

import type { Deps } from '../../deps.ts';
import { legacyPermission, roleFlags } from '../../domain/role-words.ts';
import type { Role } from '../../domain/vocabulary.ts';
import { presentAccount } from './account.ts';

type PersonWithRole = { readonly id: number; readonly login: string; readonly role: Role | null };

export function presentCollaborator(deps: Pick<Deps, 'config'>, { id, login, role }: PersonWithRole) {
  const account = presentAccount(deps, { id, login, type: 'User' });
  return { ...account, permissions: roleFlags(role), role_name: role ?? 'none' };
}

export function presentCollaboratorPermission(deps: Pick<Deps, 'config'>, person: PersonWithRole) {
  const user = presentCollaborator(deps, person);
  return { permission: legacyPermission(person.role), role_name: user.role_name, user };
}
