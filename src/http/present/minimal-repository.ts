// A repository as GitHub's `Minimal Repository`.

import type { Deps } from '../../deps.ts';
import { nodeId } from '../../domain/simple-user.ts';
import { VISIBILITIES } from '../../domain/vocabulary.ts';
import type { ReviewedRepository } from '../../use-cases/approval/list-access-repositories.ts';
import { eachRepositoryUrl } from '../schemas/minimal-repository.ts';
import { presentSimpleUser } from './simple-user.ts';
import { printTime } from './time.ts';

export function presentMinimalRepository(deps: Pick<Deps, 'config'>, repository: ReviewedRepository) {
  const { id, name, description, archived, owner_id, owner_login } = repository;
  const full_name = `${owner_login}/${name}`;
  const url = `${deps.config.public_url}/repos/${full_name}`;
  const type = repository.owner_type === 'User' ? 'User' : 'Organization';
  const visibility = VISIBILITIES.find((each) => each === repository.visibility) ?? 'private';
  return {
    ...{ id, node_id: nodeId('Repository', id), name, full_name, visibility, description, archived, url },
    owner: presentSimpleUser(deps, { id: owner_id, login: owner_login, type }),
    ...{ private: visibility !== 'public', fork: false, disabled: false },
    html_url: `${deps.config.public_url}/${full_name}`,
    ...eachRepositoryUrl((suffix) => `${url}${suffix}`),
    created_at: printTime(repository.created_at),
  };
}
