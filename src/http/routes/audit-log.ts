// The audit logs of organizations and enterprises, and a person's own security log (contract 7, L2).

import { Type } from 'typebox';
import { ownOperation } from '../../domain/own-operations.ts';
import type { AddRoutes } from '../app-type.ts';
import { answerAuditLog } from '../audit-answer.ts';
import { enterpriseOf, organizationOf, personOf } from '../caller-of.ts';
import { enterpriseIn, organizationIn, theHolder } from '../resources.ts';
import { AuditEntry, AuditLogQuery } from '../schemas/audit-log.ts';
import { OrganizationPath } from '../schemas/organizations.ts';
import { EnterprisePath } from '../schemas/people.ts';

const LOG = {
  200: {
    description: 'A page of entries; all of them, a line each, for `Accept: application/x-ndjson`',
    content: {
      'application/json': { schema: Type.Array(Type.Ref('AuditEntry')) },
      'application/x-ndjson': { schema: Type.Ref('AuditEntry') },
    },
  },
};
const description =
  'Newest first. Positions in a log are given when a change is committed and never move: whoever follows `Link` sees every ' +
  'entry once. Cursors belong to a log, phrase, order and caller. A search looks at 100,000 entries a page or a little more: ' +
  'a page may have less than was asked for, or nothing, and still lead on. What is written of a token is found at once.';

export const addAuditLogRoutes: AddRoutes = (app, deps) => {
  app.addSchema(AuditEntry);
  app.get(
    '/orgs/:org/audit-log',
    {
      config: { access: { operation: ownOperation('GET /orgs/{org}/audit-log'), resource: organizationIn } },
      schema: {
        operationId: 'getOrganizationAuditLog',
        summary: 'Get the audit log of an organization',
        description,
        tags: ['audit'],
        params: OrganizationPath,
        querystring: AuditLogQuery,
        response: LOG,
      },
    },
    async (request, reply) => {
      const log = { log_kind: 'organization', log_id: organizationOf(request).id } as const;
      return answerAuditLog(deps, request, reply, log);
    },
  );
  app.get(
    '/enterprises/:enterprise/audit-log',
    {
      config: {
        access: { operation: ownOperation('GET /enterprises/{enterprise}/audit-log'), resource: enterpriseIn },
      },
      schema: {
        operationId: 'getEnterpriseAuditLog',
        summary: 'Get the audit log of an enterprise',
        description,
        tags: ['audit'],
        params: EnterprisePath,
        querystring: AuditLogQuery,
        response: LOG,
      },
    },
    async (request, reply) => {
      return answerAuditLog(deps, request, reply, { log_kind: 'enterprise', log_id: enterpriseOf(request).id });
    },
  );
  app.get(
    '/user/security-log',
    {
      config: { access: { operation: ownOperation('GET /user/security-log'), resource: theHolder } },
      schema: {
        operationId: 'getSecurityLog',
        summary: 'Get your security log: what you did, and what concerns you',
        description,
        tags: ['audit'],
        querystring: AuditLogQuery,
        response: LOG,
      },
    },
    async (request, reply) => answerAuditLog(deps, request, reply, { log_kind: 'user', log_id: personOf(request).id }),
  );
};
