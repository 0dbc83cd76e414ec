// The directory, as its owners keep it: members, teams, repositories, who may do what to them.

import { from, needs, nobody, type Step, session, shows } from './step.ts';

const ada = session('ada');
const charles = session('charles');
const ORGANIZATION = { org: 'analytical-engines' };
const MILL = { owner: 'analytical-engines', repo: 'mill' };
/** Its 32 bytes say that they open nothing. */
const EXAMPLE_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMga2V5IG9wZW5zIG5vdGhpbmcuIEV4YW1wbGUh';
const KEY_ID = from('key', 'id');
const TEAM = { ...ORGANIZATION, team_slug: 'mill-wrights' };

const organization: readonly Step[] = [
  shows('GET /orgs/{org}', 200, 'What everybody may know', nobody, { path: ORGANIZATION }),
  shows('GET /orgs/{org}', 404, 'No organization of this name', ada, { path: { org: 'difference-engines' } }),
  shows('PATCH /orgs/{org}', 200, 'What members may do to its repositories', ada, {
    path: ORGANIZATION,
    body: { default_repository_permission: 'read' },
  }),
  shows('PATCH /orgs/{org}', 403, 'Not an owner', charles, { path: ORGANIZATION, body: { name: 'My engines' } }),
];

const members: readonly Step[] = [
  shows('PUT /orgs/{org}/memberships/{username}', 200, 'A new member', ada, {
    path: { ...ORGANIZATION, username: 'charles' },
    body: { role: 'member' },
  }),
  shows('PUT /orgs/{org}/memberships/{username}', 404, 'Nobody of this name', ada, {
    path: { ...ORGANIZATION, username: 'nobody' },
    body: { role: 'member' },
  }),
  shows('GET /orgs/{org}/memberships/{username}', 200, 'The role of a member', charles, {
    path: { ...ORGANIZATION, username: 'ada' },
  }),
  shows('GET /orgs/{org}/memberships/{username}', 404, 'Not a member', ada, {
    path: { ...ORGANIZATION, username: 'mary' },
  }),
  shows('GET /orgs/{org}/members', 200, 'To a member', charles, { path: ORGANIZATION }),
  shows('GET /orgs/{org}/members', 200, 'Empty to who is not a member', session('admin'), { path: ORGANIZATION }),
];

const repositories: readonly Step[] = [
  shows('POST /orgs/{org}/repos', 201, 'A private repository', ada, {
    path: ORGANIZATION,
    body: { name: 'mill', description: 'The mill of the analytical engine', visibility: 'private' },
  }),
  shows('POST /orgs/{org}/repos', 403, 'Not an owner', charles, { path: ORGANIZATION, body: { name: 'store' } }),
  shows('POST /orgs/{org}/repos', 422, 'The name is taken', ada, { path: ORGANIZATION, body: { name: 'Mill' } }),
  needs('POST /orgs/{org}/repos', 201, ada, { path: ORGANIZATION, body: { name: 'notes', visibility: 'public' } }),
  needs('POST /orgs/{org}/repos', 201, ada, { path: ORGANIZATION, body: { name: 'sketches' } }),
  shows('GET /orgs/{org}/repos', 200, 'Without a credential the public ones', nobody, {
    path: ORGANIZATION,
    query: { per_page: 10 },
  }),
  shows('POST /user/repos', 201, 'A repository of your own', ada, { body: { name: 'poems', private: true } }),
  shows('POST /user/repos', 422, 'Not a name', ada, { body: { name: 'poems.git' } }),
  shows('POST /repos/{owner}/{repo}/transfer', 202, 'To an organization that you own', ada, {
    path: { owner: 'ada', repo: 'poems' },
    body: { new_owner: 'analytical-engines' },
  }),
  shows('POST /repos/{owner}/{repo}/transfer', 404, 'It is there no more', ada, {
    path: { owner: 'ada', repo: 'poems' },
    body: { new_owner: 'analytical-engines' },
  }),
  shows('PATCH /repos/{owner}/{repo}', 200, 'Renamed and archived', ada, {
    path: { owner: 'analytical-engines', repo: 'sketches' },
    body: { name: 'old-sketches', archived: true },
  }),
  shows('PATCH /repos/{owner}/{repo}', 422, 'It cannot be both', ada, {
    path: MILL,
    body: { private: true, visibility: 'public' },
  }),
  shows('DELETE /repos/{owner}/{repo}', 204, 'Deleted', ada, {
    path: { owner: 'analytical-engines', repo: 'old-sketches' },
  }),
  shows('GET /repos/{owner}/{repo}', 200, 'A public repository without a credential', nobody, {
    path: { owner: 'analytical-engines', repo: 'notes' },
  }),
  shows('GET /repos/{owner}/{repo}', 401, 'Whether it is there is not said without a credential', nobody, {
    path: MILL,
  }),
];

const collaborators: readonly Step[] = [
  shows('PUT /repos/{owner}/{repo}/collaborators/{username}', 204, 'Who may read and write', ada, {
    path: { ...MILL, username: 'mary' },
    body: { permission: 'push' },
  }),
  shows('PUT /repos/{owner}/{repo}/collaborators/{username}', 404, 'Nobody of this name', ada, {
    path: { ...MILL, username: 'nobody' },
  }),
  shows('GET /repos/{owner}/{repo}/collaborators', 200, 'Who has a role, and which', ada, { path: MILL }),
  shows('GET /repos/{owner}/{repo}/collaborators', 404, 'Hidden from who has no role', session('admin'), {
    path: MILL,
  }),
  shows('GET /repos/{owner}/{repo}/collaborators/{username}/permission', 200, 'What a person may do', ada, {
    path: { ...MILL, username: 'charles' },
  }),
  shows('GET /repos/{owner}/{repo}/collaborators/{username}/permission', 403, 'This needs write', charles, {
    path: { ...MILL, username: 'charles' },
  }),
  shows('DELETE /repos/{owner}/{repo}/collaborators/{username}', 204, 'A collaborator no more', ada, {
    path: { ...MILL, username: 'mary' },
  }),
];

const teams: readonly Step[] = [
  shows('POST /orgs/{org}/teams', 201, 'A team', ada, { path: ORGANIZATION, body: { name: 'Mill wrights' } }),
  shows('POST /orgs/{org}/teams', 422, 'The name is taken', ada, {
    path: ORGANIZATION,
    body: { name: 'Mill Wrights' },
  }),
  shows('PUT /orgs/{org}/teams/{team_slug}/memberships/{username}', 200, 'A member of the team', ada, {
    path: { ...TEAM, username: 'charles' },
  }),
  shows('PUT /orgs/{org}/teams/{team_slug}/memberships/{username}', 404, 'No such team', ada, {
    path: { ...ORGANIZATION, team_slug: 'weavers', username: 'charles' },
  }),
  shows('PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}', 204, 'The team may write', ada, {
    path: { ...TEAM, ...MILL },
    body: { permission: 'push' },
  }),
  shows('PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}', 403, 'Not an owner', charles, {
    path: { ...TEAM, ...MILL },
    body: { permission: 'admin' },
  }),
  shows('GET /orgs/{org}/teams', 200, 'All teams', charles, { path: ORGANIZATION }),
  shows('GET /orgs/{org}/teams', 403, 'Not a member', session('admin'), { path: ORGANIZATION }),
  shows('GET /orgs/{org}/teams/{team_slug}', 200, 'One team', charles, { path: TEAM }),
  shows('GET /orgs/{org}/teams/{team_slug}', 404, 'No such team', ada, {
    path: { ...ORGANIZATION, team_slug: 'weavers' },
  }),
];

const keys: readonly Step[] = [
  shows('POST /repos/{owner}/{repo}/keys', 201, 'A key that reads', ada, {
    path: MILL,
    body: { title: 'The printing room', key: EXAMPLE_KEY, read_only: true },
    keep: 'key',
  }),
  shows('POST /repos/{owner}/{repo}/keys', 422, 'Not a public key', ada, {
    path: MILL,
    body: { title: 'The printing room', key: 'open sesame' },
  }),
  shows('GET /repos/{owner}/{repo}/keys', 200, 'All keys', ada, { path: MILL }),
  shows('GET /repos/{owner}/{repo}/keys', 403, 'This needs an administrator of the repository', charles, {
    path: MILL,
  }),
  shows('GET /repos/{owner}/{repo}/keys/{key_id}', 200, 'One key', ada, { path: { ...MILL, key_id: KEY_ID } }),
  shows('DELETE /repos/{owner}/{repo}/keys/{key_id}', 204, 'Deleted', ada, { path: { ...MILL, key_id: KEY_ID } }),
  shows('GET /repos/{owner}/{repo}/keys/{key_id}', 404, 'Deleted before', ada, { path: { ...MILL, key_id: KEY_ID } }),
];

const own: readonly Step[] = [
  shows('GET /user/orgs', 200, 'Your organizations', charles),
  shows('GET /user/orgs', 401, 'No credential', nobody),
  shows('GET /user/repos', 200, 'Your repositories', charles, { query: { sort: 'full_name', per_page: 10 } }),
  shows('GET /user/repos', 401, 'No credential', nobody),
];

export const DIRECTORY: readonly Step[] = [
  ...organization,
  ...members,
  ...repositories,
  ...collaborators,
  ...teams,
  ...keys,
  ...own,
];

/** After all that needs them. */
export const DIRECTORY_END: readonly Step[] = [
  shows('DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}', 204, 'The team may write no more', ada, {
    path: { ...TEAM, ...MILL },
  }),
  shows('DELETE /orgs/{org}/teams/{team_slug}/memberships/{username}', 204, 'In the team no more', ada, {
    path: { ...TEAM, username: 'charles' },
  }),
  shows('DELETE /orgs/{org}/teams/{team_slug}', 204, 'Deleted', ada, { path: TEAM }),
  shows('DELETE /orgs/{org}/memberships/{username}', 204, 'A member no more', ada, {
    path: { ...ORGANIZATION, username: 'charles' },
  }),
  shows('DELETE /orgs/{org}/memberships/{username}', 422, 'The last owner cannot go', ada, {
    path: { ...ORGANIZATION, username: 'ada' },
  }),
  shows('DELETE /orgs/{org}', 204, 'Deleted with its repositories', charles, { path: { org: 'jacquard' } }),
  shows('DELETE /orgs/{org}', 403, 'Not an owner', charles, { path: ORGANIZATION }),
];
