// Every noun's routes, in the order in which they are added. A new route file is appended here.

import type { AddRoutes } from '../app-type.ts';
import { addAdminClientRoutes } from './admin-clients.ts';
import { addAdminOrganizationRoutes } from './admin-organizations.ts';
import { addAdminUserRoutes } from './admin-users.ts';
import { addAuditLogRoutes } from './audit-log.ts';
import { addCatalogueRoutes } from './catalogue.ts';
import { addCollaboratorRoutes } from './collaborators.ts';
import { addCredentialAuthorizationRoutes } from './credential-authorizations.ts';
import { addDeployKeyRoutes } from './deploy-keys.ts';
import { addDirectoryImportRoutes } from './directory-import.ts';
import { addDiscoveryRoutes } from './discovery.ts';
import { addDocumentRoutes } from './documents.ts';
import { addEmailVerificationRoutes } from './email-verification.ts';
import { addEnterprisePolicyRoutes } from './enterprise-policy.ts';
import { addEnterpriseRoutes } from './enterprises.ts';
import { addEvaluationRoutes } from './evaluation.ts';
import { addGatewayRoutes } from './gateway.ts';
import { addHealthRoutes } from './health.ts';
import { addHookDeliveryRoutes } from './hook-deliveries.ts';
import { addHookRoutes } from './hooks.ts';
import { addLeakReportRoutes } from './leak-reports.ts';
import { addMembershipRoutes } from './memberships.ts';
import { addMetricsRoutes } from './metrics.ts';
import { addNotificationRoutes } from './notifications.ts';
import { addOAuthRoutes } from './oauth.ts';
import { addOAuthMetadataRoutes } from './oauth-metadata.ts';
import { addOrganizationPolicyRoutes } from './organization-policy.ts';
import { addOrganizationSsoRoutes } from './organization-sso.ts';
import { addOrganizationRoutes } from './organizations.ts';
import { addPresentedCredentialRoutes } from './presented-credential.ts';
import { addRepositoryRoutes } from './repositories.ts';
import { addRepositoryListRoutes } from './repository-lists.ts';
import { addRequestAgainRoutes } from './request-again.ts';
import { addResourceOwnerRoutes } from './resource-owners.ts';
import { addSearchRoutes } from './search.ts';
import { addSessionRoutes } from './sessions.ts';
import { addSigningKeyRoutes } from './signing-keys.ts';
import { addSsoSessionRoutes } from './sso-sessions.ts';
import { addSuspensionRoutes } from './suspension.ts';
import { addTeamRelationRoutes } from './team-relations.ts';
import { addTeamRoutes } from './teams.ts';
import { addTokenExchangeRoutes } from './token-exchange.ts';
import { addTokenGrantRoutes } from './token-grants.ts';
import { addTokenRepositoryRoutes } from './token-repositories.ts';
import { addTokenRequestRoutes } from './token-requests.ts';
import { addTokenReviewerRoutes } from './token-reviewers.ts';
import { addTokenUsageRoutes } from './token-usage.ts';
import { addTokenRoutes } from './tokens.ts';
import { addUserRoutes } from './user.ts';
import { addVocabularyRoutes } from './vocabulary.ts';

export const ROUTES: readonly AddRoutes[] = [
  addHealthRoutes,
  addMetricsRoutes,
  addDocumentRoutes,
  addSessionRoutes,
  addUserRoutes,
  addEmailVerificationRoutes,
  addNotificationRoutes,
  addAdminUserRoutes,
  addSuspensionRoutes,
  addAdminOrganizationRoutes,
  addEnterpriseRoutes,
  addAdminClientRoutes,
  addCatalogueRoutes,
  addRepositoryListRoutes,
  addRepositoryRoutes,
  addCollaboratorRoutes,
  addDeployKeyRoutes,
  addOrganizationRoutes,
  addMembershipRoutes,
  addTeamRoutes,
  addTeamRelationRoutes,
  addDirectoryImportRoutes,
  addTokenRoutes,
  addTokenRepositoryRoutes,
  addRequestAgainRoutes,
  addTokenRequestRoutes,
  addTokenGrantRoutes,
  addTokenReviewerRoutes,
  addTokenUsageRoutes,
  addPresentedCredentialRoutes,
  addResourceOwnerRoutes,
  addOrganizationPolicyRoutes,
  addEnterprisePolicyRoutes,
  addAuditLogRoutes,
  addOrganizationSsoRoutes,
  addSsoSessionRoutes,
  addCredentialAuthorizationRoutes,
  addHookRoutes,
  addHookDeliveryRoutes,
  addLeakReportRoutes,
  addOAuthRoutes,
  addTokenExchangeRoutes,
  addSigningKeyRoutes,
  addEvaluationRoutes,
  addSearchRoutes,
  addGatewayRoutes,
  addOAuthMetadataRoutes,
  addDiscoveryRoutes,
  addVocabularyRoutes,
];
