// Repositories as the wire has them.

import type { Deps } from '../../deps.ts';
import { roleFlags } from '../../domain/role-words.ts';
import type { ShownRepository } from '../../use-cases/directory/repository-page.ts';
import { presentAccount } from './account.ts';
import { printTime } from './time.ts';

export function presentRepository(deps: Pick<Deps, 'config'>, repository: ShownRepository) {
  const { id, name, visibility, description, archived, role } = repository;
  const full_name = `${repository.owner_login}/${name}`;
  const owner = { id: repository.owner_id, login: repository.owner_login, type: repository.owner_type };
  return {
    ...{ id, name, full_name, visibility, description, archived, disabled: false, fork: false },
    owner: presentAccount(deps, owner),
    private: visibility !== 'public',
    url: `${deps.config.public_url}/repos/${full_name}`,
    html_url: `${deps.config.public_url}/${full_name}`,
    created_at: printTime(repository.created_at),
    ...(role !== undefined && { permissions: roleFlags(role) }),
  };
}
