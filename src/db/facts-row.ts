// The row that the hot statement (facts.ts) answers a question with, and the parts of it that other statements answer too.

/** One row a question. Columns are `unknown` where the rules do not trust the database to hold only what they know. */
export type FactsRow = {
  /** The place of the question, from 1. */
  readonly n: number;
  readonly now: Date;
  /** The number of the last commit in the state that was read. */
  readonly epoch: number;
  readonly session_id: number | null;
  readonly session_expires_at: Date | null;
  readonly person_id: number | null;
  readonly person_login: string | null;
  readonly person_suspended_at: Date | null;
  readonly person_site_admin: boolean | null;
  readonly token_id: number | null;
  readonly token_kind: unknown;
  readonly token_name: string | null;
  readonly token_digest: string | null;
  readonly secret_issued_at: Date | null;
  readonly secret_expires_at: Date | null;
  readonly token_expires_at: Date | null;
  readonly token_revoked_at: Date | null;
  readonly token_scopes: unknown;
  readonly token_owner_id: number | null;
  readonly token_owner_type: string | null;
  readonly token_owner_login: string | null;
  readonly grant_id: number | null;
  readonly grant_permissions: unknown;
  readonly grant_selection: unknown;
  readonly request_pending: boolean | null;
  readonly granted_repositories: unknown;
  readonly exchanged_id: number | null;
  readonly exchanged_digest: string | null;
  readonly exchanged_secret_digest: string | null;
  readonly exchanged_issued_at: Date | null;
  readonly exchanged_expires_at: Date | null;
  readonly exchanged_ended_at: Date | null;
  readonly exchanged_depth: number | null;
  readonly exchanged_scopes: unknown;
  readonly exchanged_permissions: unknown;
  readonly exchanged_narrows_repositories: unknown;
  readonly exchanged_audience: unknown;
  readonly exchanged_actor_ids: unknown;
  readonly exchanged_client_id: string | null;
  readonly owner_id: number | null;
  readonly owner_type: string | null;
  readonly owner_login: string | null;
  readonly owner_profile_name: string | null;
  readonly repository_id: number | null;
  readonly repository_name: string | null;
  readonly repository_visibility: unknown;
  readonly repository_archived: unknown;
  readonly repository_selected: boolean | null;
  readonly repository_exchanged: boolean | null;
  readonly collaborator_role: string | null;
  readonly team_roles: readonly string[] | null;
  readonly org_id: number | null;
  readonly base_permission: string | null;
  readonly membership_role: unknown;
  readonly holder_reviews: boolean | null;
  readonly policy_id: number | null;
  readonly policy_fine_grained: unknown;
  readonly policy_classic: unknown;
  readonly policy_approval: unknown;
  readonly policy_cap_fine_grained: unknown;
  readonly policy_cap_classic: unknown;
  readonly policy_public_reads: unknown;
  /** Which enterprise the organization says that it belongs to; there may be none of this id. */
  readonly belongs_to_id: number | null;
  readonly enterprise_id: number | null;
  readonly enterprise_slug: string | null;
  readonly enterprise_name: string | null;
  readonly enterprise_policy_id: number | null;
  readonly enterprise_fine_grained: unknown;
  readonly enterprise_classic: unknown;
  readonly enterprise_approval: unknown;
  readonly enterprise_cap_fine_grained: unknown;
  readonly enterprise_cap_classic: unknown;
  readonly enterprise_public_reads: unknown;
  readonly enterprise_exempt_administrators: unknown;
  readonly enterprise_administered: boolean | null;
  readonly enterprise_member: boolean | null;
  readonly sso_required: boolean | null;
  readonly sso_authorized: boolean | null;
};

/** A row in which nothing was found: written out, because an object that is made member by member is slow to copy. */
export const NO_FACTS: Omit<FactsRow, 'n' | 'now' | 'epoch'> = {
  session_id: null,
  session_expires_at: null,
  person_id: null,
  person_login: null,
  person_suspended_at: null,
  person_site_admin: null,
  token_id: null,
  token_kind: null,
  token_name: null,
  token_digest: null,
  secret_issued_at: null,
  secret_expires_at: null,
  token_expires_at: null,
  token_revoked_at: null,
  token_scopes: null,
  token_owner_id: null,
  token_owner_type: null,
  token_owner_login: null,
  grant_id: null,
  grant_permissions: null,
  grant_selection: null,
  request_pending: null,
  granted_repositories: null,
  exchanged_id: null,
  exchanged_digest: null,
  exchanged_secret_digest: null,
  exchanged_issued_at: null,
  exchanged_expires_at: null,
  exchanged_ended_at: null,
  exchanged_depth: null,
  exchanged_scopes: null,
  exchanged_permissions: null,
  exchanged_narrows_repositories: null,
  exchanged_audience: null,
  exchanged_actor_ids: null,
  exchanged_client_id: null,
  owner_id: null,
  owner_type: null,
  owner_login: null,
  owner_profile_name: null,
  repository_id: null,
  repository_name: null,
  repository_visibility: null,
  repository_archived: null,
  repository_selected: null,
  repository_exchanged: null,
  collaborator_role: null,
  team_roles: null,
  org_id: null,
  base_permission: null,
  membership_role: null,
  holder_reviews: null,
  policy_id: null,
  policy_fine_grained: null,
  policy_classic: null,
  policy_approval: null,
  policy_cap_fine_grained: null,
  policy_cap_classic: null,
  policy_public_reads: null,
  belongs_to_id: null,
  enterprise_id: null,
  enterprise_slug: null,
  enterprise_name: null,
  enterprise_policy_id: null,
  enterprise_fine_grained: null,
  enterprise_classic: null,
  enterprise_approval: null,
  enterprise_cap_fine_grained: null,
  enterprise_cap_classic: null,
  enterprise_public_reads: null,
  enterprise_exempt_administrators: null,
  enterprise_administered: null,
  enterprise_member: null,
  sso_required: null,
  sso_authorized: null,
};

/** The columns of a row of which an organization's policy is made. */
export type OrganizationPolicyColumns = Pick<
  FactsRow,
  | 'policy_id'
  | 'policy_fine_grained'
  | 'policy_classic'
  | 'policy_approval'
  | 'policy_cap_fine_grained'
  | 'policy_cap_classic'
  | 'policy_public_reads'
>;
/** The columns of a row of which an enterprise and its policy are made. */
export type EnterpriseColumns = Pick<
  FactsRow,
  | 'enterprise_id'
  | 'enterprise_slug'
  | 'enterprise_name'
  | 'enterprise_policy_id'
  | 'enterprise_fine_grained'
  | 'enterprise_classic'
  | 'enterprise_approval'
  | 'enterprise_cap_fine_grained'
  | 'enterprise_cap_classic'
  | 'enterprise_public_reads'
  | 'enterprise_exempt_administrators'
  | 'enterprise_administered'
>;
/** The same with what the organization says. */
export type BelongingColumns = EnterpriseColumns & Pick<FactsRow, 'belongs_to_id'>;
