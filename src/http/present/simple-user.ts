// A person or an organization as GitHub's `Simple User`; webhooks have the same one.

import type { Deps } from '../../deps.ts';
import { type ShownUser, simpleUser } from '../../domain/simple-user.ts';

export function presentSimpleUser({ config }: Pick<Deps, 'config'>, shown: ShownUser) {
  return simpleUser(config.public_url, shown);
}
