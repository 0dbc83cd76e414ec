// What people do by their sessions that changes something: every such operation of this API, once or in several ways, in the world of
// race-world.ts.

import { AUDIENCE, ISSUER, jwksOf } from './issuer.ts';
import type { RaceWorld } from './race-world.ts';

type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE';
type Who = keyof RaceWorld['sessions'];
type Call = readonly [
  who: Who,
  request: `${Method} ${string}`,
  payload?: object,
  headers?: Readonly<Record<string, string>>,
];

const TOKENS = '/user/personal-access-tokens';
const ACME = '/orgs/acme';
const REQUESTS = `${ACME}/personal-access-token-requests`;
const GRANTS = `${ACME}/personal-access-tokens`;
const POLICY = 'settings/personal-access-tokens';
export const SSH_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRoaXMga2V5IG9wZW5zIG5vdGhpbmcuIEV4YW1wbGUh';
const WIDER = { permissions: { contents: 'write', issues: 'write', actions: 'read' } };
const SUBSET = { resource_owner: 'acme', repository_selection: 'subset', repositories: ['mill', 'press'] };
const KEYED = { 'idempotency-key': 'the-same' };

/** Who calls what, by a name of the act. */
export function callsOf({ sessions: _, ...world }: RaceWorld): Readonly<Record<string, Call>> {
  const { tokens, grants, requests, hook_id, delivery_id, key_id, authorization_id, backend, bound } = world;
  const token = (name: keyof typeof tokens) => `${TOKENS}/${tokens[name].id}` as const;
  const fine = { kind: 'fine_grained', ...SUBSET, permissions: { contents: 'read' } };
  return {
    'token: make': ['bob', `POST ${TOKENS}`, { ...fine, name: 'made' }],
    'token: make, keyed': ['bob_too', `POST ${TOKENS}`, { kind: 'classic', name: 'keyed', scopes: ['repo'] }, KEYED],
    'token: make another, same name': ['bob', `POST ${TOKENS}`, { kind: 'fine_grained', name: 'made' }],
    'token: make classic': ['bob', `POST ${TOKENS}`, { kind: 'classic', name: 'made', scopes: ['repo'] }],
    'token: widen': ['bob', `PATCH ${token('active')}`, WIDER],
    'token: narrow': ['bob_too', `PATCH ${token('active')}`, { repositories: ['mill'] }],
    'token: rename': ['bob', `PATCH ${token('active')}`, { name: 'made' }],
    'token: regenerate': ['bob', `POST ${token('active')}/regenerate`, { overlap_seconds: 60 }],
    'token: regenerate for longer': ['bob', `POST ${token('pending')}/regenerate`, { expires_in_days: 60 }],
    'token: delete': ['bob', `DELETE ${token('active')}`],
    'token: delete a pending one': ['bob', `DELETE ${token('pending')}`],
    'token: delete the keyring': ['bob', `DELETE ${token('keyring')}`],
    'token: delete classic': ['bob', `DELETE ${token('classic')}`],
    'token: edit scopes': ['bob', `PATCH ${token('classic')}`, { scopes: ['read:org'] }],
    'request: edit': ['bob', `PATCH ${token('pending')}`, { permissions: { contents: 'read', issues: 'read' } }],
    'request: anew': ['bob', `POST ${token('pending')}/request`, {}],
    'request: again after denial': ['bob', `POST ${token('denied')}/request`, {}],
    'request: withdraw': ['bob', `DELETE ${token('pending')}/request`],
    'request: withdraw the widening': ['bob', `DELETE ${token('widened')}/request`],
    'request: edit the widening': ['bob', `PATCH ${token('widened')}`, { repositories: ['press'] }],
    'review: approve': ['ada', `POST ${REQUESTS}/${requests.pending}`, { action: 'approve' }],
    'review: deny': ['cyd', `POST ${REQUESTS}/${requests.pending}`, { action: 'deny' }],
    'review: approve the widening': ['cyd', `POST ${REQUESTS}/${requests.widened}`, { action: 'approve' }],
    'review: deny the widening': ['ada', `POST ${REQUESTS}/${requests.widened}`, { action: 'deny' }],
    'review: approve many': [
      'ada',
      `POST ${REQUESTS}`,
      { pat_request_ids: Object.values(requests), action: 'approve' },
    ],
    'review: deny many': [
      'bea',
      `POST ${REQUESTS}`,
      { pat_request_ids: Object.values(requests).reverse(), action: 'deny' },
    ],
    'grant: revoke': ['ada', `POST ${GRANTS}/${grants.active}`, { action: 'revoke' }],
    'grant: revoke the widened': ['cyd', `POST ${GRANTS}/${grants.widened}`, { action: 'revoke' }],
    'grant: revoke many': ['bea', `POST ${GRANTS}`, { pat_ids: Object.values(grants).reverse(), action: 'revoke' }],
    'reviewer: remove': ['ada', `DELETE ${ACME}/token-reviewers/cyd`],
    'reviewer: add': ['ada', `PUT ${ACME}/token-reviewers/bob`],
    'policy: restrict fine-grained': ['ada', `PATCH ${ACME}/${POLICY}`, { fine_grained_tokens: 'restricted' }],
    'policy: no approval': ['bea', `PATCH ${ACME}/${POLICY}`, { approval: 'not_required' }],
    'policy: cap': ['ada', `PATCH ${ACME}/${POLICY}`, { max_lifetime_days: { fine_grained: 5, classic: 5 } }],
    'policy: enterprise restricts': [
      'eve',
      `PATCH /enterprises/galaxy/${POLICY}`,
      { fine_grained_tokens: 'restricted' },
    ],
    'policy: enterprise lets go of approval': [
      'eve',
      `PATCH /enterprises/galaxy/${POLICY}`,
      { approval: 'not_required' },
    ],
    'member: remove': ['ada', `DELETE ${ACME}/memberships/bob`],
    'member: make an owner': ['bea', `PUT ${ACME}/memberships/bob`, { role: 'admin' }],
    'member: remove one owner': ['bea', `DELETE ${ACME}/memberships/ada`],
    'member: remove the other owner': ['ada', `DELETE ${ACME}/memberships/bea`],
    'member: demote one owner': ['bea', `PUT ${ACME}/memberships/ada`, { role: 'member' }],
    'member: leave as owner': ['ada', `PUT ${ACME}/memberships/ada`, { role: 'member' }],
    'member: remove the reviewer': ['ada', `DELETE ${ACME}/memberships/cyd`],
    'member: add': ['ada', `PUT ${ACME}/memberships/eve`, { role: 'member' }],
    'team: make': [
      'ada',
      `POST ${ACME}/teams`,
      { name: 'night', maintainers: ['bob'], repo_names: ['acme/mill', 'acme/press'] },
    ],
    'team: delete': ['ada', `DELETE ${ACME}/teams/crew`],
    'team: add member': ['bea', `PUT ${ACME}/teams/crew/memberships/cyd`],
    'team: remove member': ['ada', `DELETE ${ACME}/teams/crew/memberships/bob`],
    'team: add repository': ['ada', `PUT ${ACME}/teams/crew/repos/acme/press`, { permission: 'push' }],
    'team: remove repository': ['ada', `DELETE ${ACME}/teams/crew/repos/acme/mill`],
    'collaborator: add': ['ada', 'PUT /repos/acme/mill/collaborators/dan', { permission: 'push' }],
    'collaborator: remove': ['ada', 'DELETE /repos/acme/mill/collaborators/bob'],
    'collaborator: remove the outside one': ['bea', 'DELETE /repos/acme/press/collaborators/dan'],
    'repository: make': ['ada', `POST ${ACME}/repos`, { name: 'fresh', visibility: 'internal' }],
    'repository: make one of his own': ['bob', 'POST /user/repos', { name: 'fresh' }],
    'repository: rename': ['ada', 'PATCH /repos/acme/mill', { name: 'fresh' }],
    'repository: rename another': ['bea', 'PATCH /repos/acme/press', { name: 'fresh' }],
    'repository: archive': ['ada', 'PATCH /repos/acme/mill', { archived: true }],
    'repository: internal': ['bea', 'PATCH /repos/acme/mill', { visibility: 'internal' }],
    'repository: private': ['ada', 'PATCH /repos/acme/press', { visibility: 'private' }],
    'repository: hand over': ['ada', 'POST /repos/acme/mill/transfer', { new_owner: 'beta' }],
    'repository: hand the internal one over': [
      'bea',
      'POST /repos/acme/press/transfer',
      { new_owner: 'beta', new_name: 'well2' },
    ],
    'repository: take': ['bea', 'POST /repos/acme/mill/transfer', { new_owner: 'bea' }],
    'repository: hand one in': ['ada', 'POST /repos/beta/well/transfer', { new_owner: 'acme', new_name: 'fresh' }],
    'repository: hand his own in': ['ada', 'POST /repos/ada/garden/transfer', { new_owner: 'acme' }],
    'repository: delete': ['bea', 'DELETE /repos/acme/mill'],
    'key: add': ['ada', 'POST /repos/acme/mill/keys', { key: SSH_KEY }],
    'key: remove': ['bea', `DELETE /repos/acme/mill/keys/${key_id}`],
    'organization: rename': ['ada', `PATCH ${ACME}`, { login: 'newcomer' }],
    'organization: base permission': ['bea', `PATCH ${ACME}`, { default_repository_permission: 'none' }],
    'organization: delete': ['ada', `DELETE ${ACME}`],
    'organization: make': ['root', 'POST /admin/organizations', { login: 'newcomer', admin: 'bob' }],
    'enterprise: make': ['root', 'POST /admin/enterprises', { slug: 'newcomer', name: 'N', admin: 'bob' }],
    'enterprise: leave': ['root', 'DELETE /enterprises/galaxy/organizations/acme'],
    'enterprise: join': ['root', 'PUT /enterprises/galaxy/organizations/beta'],
    'enterprise: join another': ['other_root', 'PUT /enterprises/nebula/organizations/beta'],
    'enterprise: move': ['other_root', 'PUT /enterprises/nebula/organizations/acme'],
    'enterprise: add administrator': ['root', 'PUT /enterprises/galaxy/administrators/bob'],
    'enterprise: remove administrator': ['root', 'DELETE /enterprises/galaxy/administrators/eve'],
    'sso: require': ['ada', `PUT ${ACME}/sso`, ssoOf(world, { required: true })],
    'sso: other issuer': ['bea', `PUT ${ACME}/sso`, ssoOf(world, { issuer: 'https://other.example' })],
    'sso: unset': ['ada', `DELETE ${ACME}/sso`],
    'sso: sign off': ['bob', 'DELETE /user/sso-sessions/acme'],
    'sso: unlink': ['ada', `DELETE ${ACME}/sso/identities/bob`],
    'sso: authorize': ['bob', `PUT ${token('classic_too')}/sso/acme`],
    'sso: take back': ['bob', `DELETE ${token('classic')}/sso/acme`],
    'sso: revoke': ['ada', `DELETE ${ACME}/credential-authorizations/${authorization_id}`],
    'person: suspend': ['root', 'PUT /users/bob/suspended'],
    'person: suspend cyd': ['root', 'PUT /users/cyd/suspended'],
    'person: lift': ['other_root', 'DELETE /users/bob/suspended'],
    'person: delete': ['root', 'DELETE /admin/users/bob'],
    'person: delete an owner': ['root', 'DELETE /admin/users/ada'],
    'person: delete the other owner': ['other_root', 'DELETE /admin/users/bea'],
    'person: rename': ['root', 'PATCH /admin/users/bob', { login: 'newcomer' }],
    'person: make': ['root', 'POST /admin/users', { login: 'newcomer', email: 'new@example.test' }],
    'person: make with his address': ['other_root', 'POST /admin/users', { login: 'other', email: 'new@example.test' }],
    'person: own address': ['bob', 'PATCH /user', { email: 'new@example.test' }],
    'person: unverified': ['root', 'PATCH /admin/users/bob', { email_verified: false }],
    'person: no password': ['root', 'PATCH /admin/users/bob', { password: null }],
    'person: no password for cyd': ['other_root', 'PATCH /admin/users/cyd', { password: null }],
    'person: end all tokens': ['root', 'DELETE /admin/users/bob/tokens'],
    'administrator: delete': ['root', 'DELETE /admin/users/otherroot'],
    'administrator: suspend': ['other_root', 'PUT /users/root/suspended'],
    'administrator: demote': ['other_root', 'PATCH /admin/users/root', { site_admin: false }],
    'administrator: make one more': ['other_root', 'PATCH /admin/users/bob', { site_admin: true }],
    'session: close': ['bob', 'DELETE /session'],
    'client: make': [
      'root',
      'POST /admin/clients',
      { name: 'x', capabilities: ['introspect'], organizations: ['acme', 'beta'] },
    ],
    'client: delete': ['root', `DELETE /admin/clients/${bound.client_id}`],
    'client: delete the backend': ['root', `DELETE /admin/clients/${backend.client_id}`],
    'client: new secret': ['root', `POST /admin/clients/${bound.client_id}/secret`, { overlap_seconds: 60 }],
    'client: new secret of the backend': ['other_root', `POST /admin/clients/${backend.client_id}/secret`, {}],
    'client: certificate': [
      'root',
      `PUT /admin/clients/${bound.client_id}/certificates`,
      { certificates: [THUMBPRINT] },
    ],
    'client: the same certificate': [
      'other_root',
      `PUT /admin/clients/${backend.client_id}/certificates`,
      { certificates: [THUMBPRINT] },
    ],
    'hook: make': [
      'ada',
      `POST ${ACME}/hooks`,
      { config: { url: 'https://receiver.example/other', content_type: 'json' } },
    ],
    'hook: edit': ['bea', `PATCH ${ACME}/hooks/${hook_id}`, { events: ['personal_access_token'] }],
    'hook: delete': ['ada', `DELETE ${ACME}/hooks/${hook_id}`],
    'hook: ping': ['bea', `POST ${ACME}/hooks/${hook_id}/pings`],
    'hook: deliver again': ['bea', `POST ${ACME}/hooks/${hook_id}/deliveries/${delivery_id}/attempts`],
  };
}

const THUMBPRINT = 'ExampleOnlyNotAKey0010000000000000000000000';

function ssoOf({ signer }: Pick<RaceWorld, 'signer'>, changed: object) {
  return { issuer: ISSUER, audience: AUDIENCE, required: false, jwks: jwksOf(signer), ...changed };
}
