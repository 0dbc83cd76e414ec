// A person or an organization as GitHub's `Simple User`, with all that its clients expect of one. The addresses of things
// that this service does not have lead nowhere.

export type ShownUser = {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization';
  readonly site_admin?: boolean;
};

/** An id of all kinds of things in one. */
export function nodeId(kind: 'User' | 'Organization' | 'Repository' | 'Installation', id: number): string {
  return btoa(`${kind}:${id}`);
}

/** `public_url`: under which all addresses are. */
export function simpleUser(public_url: string, { id, login, type, site_admin = false }: ShownUser) {
  const html_url = `${public_url}/${login}`;
  const url = `${public_url}/users/${login}`;
  return {
    ...{ login, id, node_id: nodeId(type, id), avatar_url: `${html_url}.png`, gravatar_id: '' as const, url, html_url },
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    ...{ type, site_admin },
  };
}
