// The row that the hot statement (facts.ts) answers a question with, and the parts of it that other statements answer too.

/** One row a question. Columns are `unknown` where the rules do not trust the database to hold only what they know. */
export type FactsRow = {
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
  readonly request_pending: boolean;
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
  readonly repository_selected: boolean;
  readonly repository_exchanged: boolean;
  readonly collaborator_role: string | null;
  readonly team_roles: readonly string[];
  readonly base_permission: string | null;
  readonly membership_role: unknown;
  readonly holder_reviews: boolean;
  readonly policy_id: number | null;
  readonly policy_fine_grained: unknown;
  readonly policy_classic: unknown;
  readonly policy_approval: unknown;
  readonly policy_cap_fine_grained: unknown;
  readonly policy_cap_classic: unknown;
  readonly policy_public_reads: unknown;
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
  readonly enterprise_administered: boolean;
  readonly enterprise_member: boolean;
  readonly sso_required: boolean | null;
  readonly sso_authorized: boolean;
  readonly visible_to_client: boolean;
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
