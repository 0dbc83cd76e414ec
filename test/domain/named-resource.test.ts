// Which templates do not say in one way only what they are about (C2, C3).

import t from 'tap';
import { ambiguousParameter } from '../../src/domain/named-resource.ts';

const AMBIGUOUS: Readonly<Record<string, string>> = {
  '/repos/{owner}-{repo}': 'owner',
  '/archives/{ref}.{repo}': 'repo',
  '/{repository_id}-{page}': 'repository_id',
  '/{team_id}-{page}': 'team_id',
  '/{enterprise}-{page}': 'enterprise',
  '/users/{username}/{owner}-{repo}': 'owner',
  '/enterprises/{enterprise}/{org}-{page}': 'org',
  // What is named behind it does not help.
  '/{owner}-{repo}/orgs/{org}': 'owner',
  '/{owner}-{repo}/teams/{team_id}': 'owner',
  '/{username}-{page}/{owner}/{repo}': 'username',
  // Below one's own account no repository is named.
  '/user/{owner}/{repo}/{org}-{page}': 'org',
};

const CLEAR = [
  '/zen',
  '/{basehead}-{page}',
  '/{owner}.atom',
  '/users/{username}.keys',
  '/repos/{owner}/{repo}/{team_id}-{username}',
  '/repositories/{repository_id}/{org}-{page}',
  '/orgs/{org}/{owner}-{repo}',
  '/teams/{team_id}/{owner}-{repo}',
];

t.test(
  'C2: a parameter that names something shares its segment with another, and nothing before it is named',
  async (t) => {
    for (const [template, name] of Object.entries(AMBIGUOUS)) t.equal(ambiguousParameter(template), name, template);
    for (const template of CLEAR) t.equal(ambiguousParameter(template), undefined, template);
  },
);
