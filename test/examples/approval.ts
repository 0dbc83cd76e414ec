// What tokens ask of an organization, and how it is reviewed.

import { from, needs, type Step, session, shows } from './step.ts';

const ada = session('ada');
const charles = session('charles');
const ORGANIZATION = { org: 'analytical-engines' };
const REQUESTS = '/orgs/{org}/personal-access-token-requests';
const REQUEST = `${REQUESTS}/{pat_request_id}`;
const GRANTS = '/orgs/{org}/personal-access-tokens';
const GRANT = `${GRANTS}/{pat_id}`;
const REVIEWERS = '/orgs/{org}/token-reviewers';
const TOKENS = '/user/personal-access-tokens';
const AGAIN = `${TOKENS}/{token_id}/request`;
const RELEASE_NOTES = { token_id: from('pending', 'id') };

/** A token of charles that waits for a review. */
function asks(name: string, keep: string, repositories: readonly string[]): Step {
  const resource_owner = 'analytical-engines';
  const subset = { repository_selection: 'subset', repositories, permissions: { issues: 'read' } };
  return needs(`POST ${TOKENS}`, 201, charles, {
    body: { kind: 'fine_grained', name, resource_owner, reason: 'Counts the open issues', ...subset },
    keep,
  });
}

const asking: readonly Step[] = [
  asks('Issue board', 'board', ['mill']),
  asks('Second board', 'second_board', ['mill']),
  shows(`DELETE ${AGAIN}`, 204, 'Taken back', charles, { path: RELEASE_NOTES }),
  shows(`DELETE ${AGAIN}`, 409, 'Nothing is pending', charles, { path: RELEASE_NOTES }),
  shows(`POST ${AGAIN}`, 201, 'Asked again', charles, {
    path: RELEASE_NOTES,
    body: { reason: 'Writes the notes of each release' },
    keep: 'again',
  }),
];

const reviewers: readonly Step[] = [
  shows(`PUT ${REVIEWERS}/{username}`, 204, 'A member who may review', ada, {
    path: { ...ORGANIZATION, username: 'charles' },
  }),
  shows(`PUT ${REVIEWERS}/{username}`, 403, 'Not an owner', charles, {
    path: { ...ORGANIZATION, username: 'charles' },
  }),
  shows(`GET ${REVIEWERS}`, 200, 'Who may review beside the owners', ada, { path: ORGANIZATION }),
  shows(`DELETE ${REVIEWERS}/{username}`, 204, 'The right is taken away', ada, {
    path: { ...ORGANIZATION, username: 'charles' },
  }),
];

const reviewing: readonly Step[] = [
  shows(`GET ${REQUESTS}`, 200, 'What waits for a review', ada, { path: ORGANIZATION, keep: 'requests' }),
  shows(`GET ${REQUESTS}`, 200, 'Those that ask to read issues', ada, {
    path: ORGANIZATION,
    query: { permission: 'issues_read', owner: ['charles'], per_page: 1 },
  }),
  shows(`GET ${REQUESTS}`, 403, 'Neither an owner nor a reviewer', charles, { path: ORGANIZATION }),
  shows(`GET ${REQUEST}/repositories`, 200, 'The repositories of a request', ada, {
    path: { ...ORGANIZATION, pat_request_id: from('board', 'approval.request_id') },
  }),
  shows(`POST ${REQUEST}`, 204, 'Approved', ada, {
    path: { ...ORGANIZATION, pat_request_id: from('board', 'approval.request_id') },
    body: { action: 'approve', reason: 'Reads only' },
  }),
  shows(`POST ${REQUEST}`, 409, 'Reviewed before', ada, {
    path: { ...ORGANIZATION, pat_request_id: from('board', 'approval.request_id') },
    body: { action: 'deny' },
  }),
  shows(`POST ${REQUESTS}`, 202, 'Denied, both of them', ada, {
    path: ORGANIZATION,
    body: {
      pat_request_ids: [from('second_board', 'approval.request_id'), from('again', 'request_id')],
      action: 'deny',
      reason: 'One board is enough',
    },
  }),
];

const revoking: readonly Step[] = [
  shows(`GET ${GRANTS}`, 200, 'What was granted', ada, {
    path: ORGANIZATION,
    query: { owner: ['charles'] },
    keep: 'grants',
  }),
  shows(`GET ${GRANT}/repositories`, 200, 'The repositories of a grant', ada, {
    path: { ...ORGANIZATION, pat_id: from('grants', '0.id') },
  }),
  shows(`POST ${GRANT}`, 204, 'Taken back', ada, {
    path: { ...ORGANIZATION, pat_id: from('grants', '0.id') },
    body: { action: 'revoke' },
  }),
  shows(`POST ${GRANT}`, 404, 'It is gone', ada, {
    path: { ...ORGANIZATION, pat_id: from('grants', '0.id') },
    body: { action: 'revoke' },
  }),
  needs(`POST ${AGAIN}`, 201, charles, { path: { token_id: from('board', 'id') }, body: {}, keep: 'board_again' }),
  needs(`POST ${REQUEST}`, 204, ada, {
    path: { ...ORGANIZATION, pat_request_id: from('board_again', 'request_id') },
    body: { action: 'approve' },
  }),
  needs(`GET ${GRANTS}`, 200, ada, { path: ORGANIZATION, query: { owner: ['charles'] }, keep: 'grants' }),
  shows(`POST ${GRANTS}`, 202, 'Taken back, all of them', ada, {
    path: ORGANIZATION,
    body: { action: 'revoke', pat_ids: [from('grants', '0.id')] },
  }),
];

export const APPROVAL: readonly Step[] = [...asking, ...reviewers, ...reviewing, ...revoking];
