// The columns by which policies are read, for every statement that joins them: the tables are named `policy`
// (organization_token_policies), `enterprise` (enterprises) and `above` (enterprise_token_policies).

export const ORGANIZATION_POLICY_COLUMNS = [
  'policy.organization_id as policy_id',
  'policy.fine_grained_tokens as policy_fine_grained',
  'policy.classic_tokens as policy_classic',
  'policy.approval as policy_approval',
  'policy.max_lifetime_days_fine_grained as policy_cap_fine_grained',
  'policy.max_lifetime_days_classic as policy_cap_classic',
  'policy.lifetime_applies_to_public_reads as policy_public_reads',
] as const;

/** Of `organization` (organizations): the enterprise that it says to belong to, whether or not there is one. */
export const BELONGING_COLUMN = 'organization.enterprise_id as belongs_to_id';

export const ENTERPRISE_POLICY_COLUMNS = [
  'enterprise.id as enterprise_id',
  'enterprise.slug as enterprise_slug',
  'enterprise.name as enterprise_name',
  'above.enterprise_id as enterprise_policy_id',
  'above.fine_grained_tokens as enterprise_fine_grained',
  'above.classic_tokens as enterprise_classic',
  'above.approval as enterprise_approval',
  'above.max_lifetime_days_fine_grained as enterprise_cap_fine_grained',
  'above.max_lifetime_days_classic as enterprise_cap_classic',
  'above.lifetime_applies_to_public_reads as enterprise_public_reads',
  'above.exempt_administrators as enterprise_exempt_administrators',
] as const;
