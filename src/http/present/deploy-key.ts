// Deploy keys as the wire has them. Nothing here sees a key being used: GitHub's `last_used` is null.

import type { Deps } from '../../deps.ts';
import type { DeployKey } from '../../use-cases/directory/show-deploy-key.ts';
import { printTime } from './time.ts';

export function presentDeployKey(
  { config }: Pick<Deps, 'config'>,
  repository: { readonly name: string; readonly owner: { readonly login: string } },
  { id, key, title, read_only, added_by, created_at }: DeployKey,
) {
  return {
    ...{ id, key, title, read_only, added_by },
    url: `${config.public_url}/repos/${repository.owner.login}/${repository.name}/keys/${id}`,
    created_at: printTime(created_at),
    verified: true,
    enabled: true,
    last_used: null,
  };
}
