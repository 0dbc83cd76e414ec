// Single sign-on of an organization: its settings, signing on, tokens that it lets in.

import { EXAMPLE_AUDIENCE, EXAMPLE_ISSUER, EXAMPLE_JWKS } from './id-token.ts';
import { from, IdToken, needs, type Step, session, shows, token } from './step.ts';

const ada = session('ada');
const charles = session('charles');
const ORGANIZATION = { org: 'analytical-engines' };
const SSO = '/orgs/{org}/sso';
const SESSIONS = '/user/sso-sessions';
const AUTHORIZATION = '/user/personal-access-tokens/{token_id}/sso/{org}';
const AUTHORIZATIONS = '/orgs/{org}/credential-authorizations';
const DEPLOYMENT = { token_id: from('deployment', 'id'), ...ORGANIZATION };
const TRUSTED = { issuer: EXAMPLE_ISSUER, audience: EXAMPLE_AUDIENCE };

export const SINGLE_SIGN_ON: readonly Step[] = [
  shows(`GET ${SSO}`, 404, 'Nothing is set', ada, { path: ORGANIZATION }),
  shows(`PUT ${SSO}`, 204, 'Keys at a URL', ada, {
    path: ORGANIZATION,
    body: { ...TRUSTED, jwks_uri: `${EXAMPLE_ISSUER}/keys`, required: false },
  }),
  shows(`PUT ${SSO}`, 422, 'Keys at an address that is not public', ada, {
    path: ORGANIZATION,
    body: { ...TRUSTED, jwks_uri: 'https://10.0.0.7/keys', required: false },
  }),
  shows(`PUT ${SSO}`, 204, 'Keys in the settings, and required', ada, {
    path: ORGANIZATION,
    body: { ...TRUSTED, jwks: EXAMPLE_JWKS, required: true },
  }),
  shows(`GET ${SSO}`, 200, 'As it is set', ada, { path: ORGANIZATION }),
  needs('POST /user/personal-access-tokens', 201, ada, {
    body: { kind: 'classic', name: 'Deployment', scopes: ['repo'], expires_in_days: 30 },
    keep: 'deployment',
  }),
  shows(`PUT ${AUTHORIZATION}`, 403, 'Not signed on', ada, { path: DEPLOYMENT }),
  shows(`POST ${SESSIONS}`, 201, 'With an ID token', ada, {
    body: { ...ORGANIZATION, id_token: new IdToken('ada@analytical.example') },
  }),
  shows(`POST ${SESSIONS}`, 403, 'The identity of another person', charles, {
    body: { ...ORGANIZATION, id_token: new IdToken('ada@analytical.example') },
  }),
  shows(`POST ${SESSIONS}`, 422, 'Not an ID token of the issuer', charles, {
    body: { ...ORGANIZATION, id_token: 'something else' },
  }),
  needs(`POST ${SESSIONS}`, 201, charles, {
    body: { ...ORGANIZATION, id_token: new IdToken('charles@analytical.example') },
  }),
  shows(`GET ${SESSIONS}`, 200, 'Where you have signed on', ada),
  shows(`PUT ${AUTHORIZATION}`, 204, 'A classic token', ada, { path: DEPLOYMENT }),
  shows(`PUT ${AUTHORIZATION}`, 422, 'A fine-grained token', ada, {
    path: { token_id: from('ci', 'id'), ...ORGANIZATION },
  }),
  shows(`PUT ${AUTHORIZATION}`, 403, 'By a token', token('deployment'), { path: DEPLOYMENT }),
  shows(`DELETE ${AUTHORIZATION}`, 204, 'Taken back', ada, { path: DEPLOYMENT }),
  needs(`PUT ${AUTHORIZATION}`, 204, ada, { path: DEPLOYMENT }),
  shows(`GET ${AUTHORIZATIONS}`, 200, 'Tokens that are let in', ada, { path: ORGANIZATION, keep: 'authorizations' }),
  shows(`GET ${AUTHORIZATIONS}`, 403, 'Not an owner', charles, { path: ORGANIZATION }),
  shows(`DELETE ${AUTHORIZATIONS}/{credential_id}`, 204, 'For good', ada, {
    path: { ...ORGANIZATION, credential_id: from('authorizations', '0.credential_id') },
  }),
  shows(`PUT ${AUTHORIZATION}`, 409, 'Revoked by an owner', ada, { path: DEPLOYMENT }),
  shows(`GET ${SSO}/identities`, 200, 'Who is who', ada, { path: ORGANIZATION }),
  shows(`DELETE ${SSO}/identities/{username}`, 204, 'Unlink a person', ada, {
    path: { ...ORGANIZATION, username: 'charles' },
  }),
  shows(`DELETE ${SESSIONS}/{org}`, 204, 'Sign off', ada, { path: ORGANIZATION }),
  shows(`DELETE ${SSO}`, 204, 'No single sign-on any more', ada, { path: ORGANIZATION }),
];
