// The bulk import of the directory.

import { client, nobody, type Step, shows } from './step.ts';

const directory = client('directory');

/** Each on a line of its own. */
function lines(...objects: readonly object[]): string {
  return objects.map((each) => `${JSON.stringify(each)}\n`).join('');
}

const JOSEPH = { type: 'user', external_id: 'u-1752', login: 'joseph', email: 'joseph@example.com' };
const LOOM = { type: 'repository', external_id: 'r-1804', owner: 'o-1801', name: 'loom' };

export const IMPORT: readonly Step[] = [
  shows('POST /directory/import', 200, 'A person, his organization and a repository', directory, {
    body: lines(
      { ...JOSEPH, version: 1 },
      { type: 'organization', external_id: 'o-1801', version: 1, login: 'looms-of-lyon', admin: 'u-1752' },
      { ...LOOM, version: 1, visibility: 'private' },
      { type: 'collaborator', external_id: 'c-1', version: 1, repository: 'r-1804', user: 'u-0', permission: 'pull' },
    ),
  }),
  shows('POST /directory/import', 200, 'Changes and what is gone', directory, {
    body: lines(
      { ...JOSEPH, version: 2, profile_name: 'Joseph-Marie Jacquard' },
      { ...JOSEPH, version: 1 },
      { type: 'repository', external_id: 'r-1804', version: 2, deleted: true },
    ),
  }),
  shows('POST /directory/import', 401, 'No credential of a client', nobody, { body: lines({ ...JOSEPH, version: 1 }) }),
  shows('POST /directory/import', 403, 'The client has other capabilities', client('forge'), {
    body: lines({ ...JOSEPH, version: 1 }),
  }),
];
