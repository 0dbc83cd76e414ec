// Single sign-on as an organization's owners govern it (contract 7, O1 to O3): by session or token they read it, by session
// they write it. Who is linked to which identity stands below it.

import { Type } from 'typebox';
import type { Deps } from '../../deps.ts';
import { ownOperation } from '../../domain/own-operations.ts';
import { listSsoIdentities } from '../../use-cases/single-sign-on/list-sso-identities.ts';
import { setSso } from '../../use-cases/single-sign-on/set-sso.ts';
import { showSso } from '../../use-cases/single-sign-on/show-sso.ts';
import { unlinkSsoIdentity } from '../../use-cases/single-sign-on/unlink-sso-identity.ts';
import { unsetSso } from '../../use-cases/single-sign-on/unset-sso.ts';
import type { AddRoutes, App } from '../app-type.ts';
import { organizationOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentIdentity, presentSso } from '../present/single-sign-on.ts';
import { organizationIn } from '../resources.ts';
import { NoContent, PageQuery } from '../schemas/common.ts';
import { MembershipPath, OrganizationPath } from '../schemas/organizations.ts';
import { NewSsoSettings, SSO_SCHEMAS } from '../schemas/single-sign-on.ts';

const URL = '/orgs/:org/sso';
const IDENTITIES = `${URL}/identities`;

const access = (id: string) => ({ operation: ownOperation(id), resource: organizationIn });

export const addOrganizationSsoRoutes: AddRoutes = (app, deps) => {
  for (const schema of SSO_SCHEMAS) app.addSchema(schema);
  addSettings(app, deps);
  addIdentities(app, deps);
};

function addSettings(app: App, deps: Deps): void {
  app.get(
    URL,
    {
      config: { access: access('GET /orgs/{org}/sso') },
      schema: {
        operationId: 'getSingleSignOn',
        summary: 'Whose ID tokens the organization believes, and whether it requires them',
        tags: ['single sign-on'],
        params: OrganizationPath,
        response: { 200: Type.Ref('SingleSignOn') },
      },
    },
    async (request) => presentSso(await showSso(deps, organizationOf(request))),
  );
  app.put(
    URL,
    {
      config: { access: { ...access('PUT /orgs/{org}/sso'), audit: 'org.sso_set' } },
      schema: {
        operationId: 'setSingleSignOn',
        summary: 'Set the single sign-on of the organization; the whole is replaced',
        description:
          'Requiring it closes everything but public reads at once to every token without an authorisation; not ' +
          'requiring it opens it again. With another issuer or audience everybody has to sign on anew.',
        tags: ['single sign-on'],
        params: OrganizationPath,
        body: NewSsoSettings,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await setSso(deps, request.caller, { organization: organizationOf(request), ask: request.body });
      return reply.code(204).send(null);
    },
  );
  app.delete(
    URL,
    {
      config: { access: { ...access('DELETE /orgs/{org}/sso'), audit: 'org.sso_unset' } },
      schema: {
        operationId: 'unsetSingleSignOn',
        summary: 'Take the single sign-on of the organization away; links and authorisations stay',
        tags: ['single sign-on'],
        params: OrganizationPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await unsetSso(deps, request.caller, organizationOf(request));
      return reply.code(204).send(null);
    },
  );
}

function addIdentities(app: App, deps: Deps): void {
  app.get(
    IDENTITIES,
    {
      config: { access: access('GET /orgs/{org}/sso/identities') },
      schema: {
        operationId: 'listSingleSignOnIdentities',
        summary: 'Who is linked to which identity, by login',
        tags: ['single sign-on'],
        params: OrganizationPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('LinkedIdentity')) },
      },
    },
    async (request, reply) => {
      const found = await listSsoIdentities(deps, organizationOf(request), pageOf(request.query));
      return paginate(deps, request, reply, found).map(presentIdentity);
    },
  );
  app.delete(
    `${IDENTITIES}/:username`,
    {
      config: {
        access: {
          ...access('DELETE /orgs/{org}/sso/identities/{username}'),
          audit: 'org.revoke_external_identity',
        },
      },
      schema: {
        operationId: 'unlinkSingleSignOnIdentity',
        summary: 'Unlink a person: the next ID token links anew',
        description:
          "Ends the person's single sign-on sessions at the organization. Tokens that are authorised stay so: see " +
          '`/orgs/{org}/credential-authorizations`.',
        tags: ['single sign-on'],
        params: MembershipPath,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      const { username: login } = request.params;
      await unlinkSsoIdentity(deps, request.caller, { organization: organizationOf(request), login });
      return reply.code(204).send(null);
    },
  );
}
