// A person or an organization where an answer names one.

import type { Deps } from '../../deps.ts';

export function presentAccount(
  { config }: Pick<Deps, 'config'>,
  account: { readonly id: number; readonly login: string; readonly type: string },
) {
  const { id, login, type } = account;
  return { login, id, type, url: `${config.public_url}/users/${login}`, html_url: `${config.public_url}/${login}` };
}
