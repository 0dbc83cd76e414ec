// The organizations that a person may name as resource owner, with everything by which that is judged (M4). SQL only.

import { type Kysely, sql } from 'kysely';
import { foldedName } from '../domain/folded-name.ts';
import type { BelongingColumns, OrganizationPolicyColumns } from './facts-row.ts';
import { BELONGING_COLUMN, ENTERPRISE_POLICY_COLUMNS, ORGANIZATION_POLICY_COLUMNS } from './policy-columns.ts';
import type { Database } from './schema.ts';

export type ResourceOwnerRow = OrganizationPolicyColumns &
  BelongingColumns & {
    readonly id: number;
    readonly login: string;
    readonly membership_role: string;
    readonly sso_required: boolean | null;
    readonly sso_live: boolean;
  };

/** Whose organizations, and by which session: single sign-on belongs to it. */
export type AskingHolder = { readonly user_id: number; readonly session_id: number; readonly now: Date };

function memberships(db: Kysely<Database>, { user_id, session_id, now }: AskingHolder) {
  return db
    .selectFrom('memberships as member')
    .innerJoin('accounts as account', 'account.id', 'member.organization_id')
    .innerJoin('organizations as organization', 'organization.id', 'member.organization_id')
    .leftJoin('organization_token_policies as policy', 'policy.organization_id', 'organization.id')
    .leftJoin('organization_sso as sso', 'sso.organization_id', 'organization.id')
    .leftJoin('enterprises as enterprise', 'enterprise.id', 'organization.enterprise_id')
    .leftJoin('enterprise_token_policies as above', 'above.enterprise_id', 'enterprise.id')
    .select(['account.id', 'account.login', 'member.role as membership_role', 'sso.required as sso_required'])
    .select([...ORGANIZATION_POLICY_COLUMNS, BELONGING_COLUMN])
    .select(ENTERPRISE_POLICY_COLUMNS)
    .select(
      sql<boolean>`exists (
        select 1 from enterprise_administrators each
        where each.enterprise_id = enterprise.id and each.user_id = ${user_id})`.as('enterprise_administered'),
    )
    .select(
      sql<boolean>`exists (
        select 1 from sso_sessions each
        where each.session_id = ${session_id} and each.organization_id = organization.id
          and each.expires_at > ${now})`.as('sso_live'),
    )
    .where('member.user_id', '=', user_id);
}

/**
 * The id of the organization if the person is a member of it. Both the organization and the membership stay until the end
 * of the transaction: who leaves at the same moment takes back what is granted here, or is no member here (A4). The
 * organization is locked first, as everybody does who changes memberships, so that neither waits for the other.
 */
export async function holdMembership(
  db: Kysely<Database>,
  user_id: number,
  organization: { readonly login: string } | { readonly id: number },
): Promise<number | undefined> {
  const named = 'id' in organization ? sql`organization.id = ${organization.id}` : hasLogin(organization.login);
  const { rows } = await sql<{ organization_id: number }>`
    select member.organization_id from memberships member
    where member.user_id = ${user_id} and member.organization_id = (
      select organization.id from organizations organization where ${named} for key share)
    for share`.execute(db);
  return rows[0]?.organization_id;
}

function hasLogin(login: string) {
  return sql`organization.id = (select id from accounts where login_key = ${foldedName(login)})`;
}

/** What is known of the organization as resource owner; the caller holds the membership. */
export function findResourceOwner(
  db: Kysely<Database>,
  holder: AskingHolder,
  organization_id: number,
): Promise<ResourceOwnerRow | undefined> {
  return memberships(db, holder).where('account.id', '=', organization_id).executeTakeFirst();
}

/** The organizations of which the person is a member, by login. */
export function listResourceOwners(
  db: Kysely<Database>,
  holder: AskingHolder,
  page: { readonly limit: number; readonly offset: number },
): Promise<ResourceOwnerRow[]> {
  return memberships(db, holder).orderBy('account.login_key').limit(page.limit).offset(page.offset).execute();
}
