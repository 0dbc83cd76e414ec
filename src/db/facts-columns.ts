// The columns of the hot statement, by the piece of it that knows them, and the way from what it answers back to a row. They come
// packed: one JSON array a question, in which a piece that found nothing is null. Ninety columns would each be a message part, a
// string and a parser call for the driver, which cost this process more than the whole decision (performance.md).

import { type FactsRow, NO_FACTS } from './facts-row.ts';
import { readLenientInstant } from './lenient-types.ts';

type Name = Exclude<keyof FactsRow, 'n' | 'now' | 'epoch'>;
/** What is asked of a piece, by the name that it has in the row. */
type Columns = { readonly [Each in Name]?: string };
/** `found`: not null where the piece has found its thing, or has looked for it where whether it is there must not be told by time. */
type Piece = { readonly found: string | null; readonly columns: Columns };

const PIECES = {
  session: { found: 'session.id', columns: { session_id: 'session.id', session_expires_at: 'session.expires_at' } },
  person: {
    found: 'person.id',
    columns: {
      person_id: 'person.id',
      person_login: 'person.login',
      person_suspended_at: 'person.suspended_at',
      person_site_admin: 'person.site_admin',
    },
  },
  token: {
    found: 'token.id',
    columns: {
      token_id: 'token.id',
      token_kind: 'token.kind',
      token_name: 'token.name',
      token_digest: 'coalesce(secret.digest, made.secret_digest, token.digest)',
      secret_issued_at: 'token.secret_issued_at',
      secret_expires_at: 'coalesce(secret.expires_at, made.secret_expires_at)',
      token_expires_at: 'token.expires_at',
      token_revoked_at: 'token.revoked_at',
      token_scopes: 'token.scopes',
      token_owner_id: 'token.owner_id',
      token_owner_type: 'token.owner_type',
      token_owner_login: 'token.owner_login',
      grant_id: 'token.grant_id',
      grant_permissions: 'token.grant_permissions',
      grant_selection: 'token.grant_selection',
      request_pending: 'token.request_pending',
    },
  },
  exchanged: {
    found: 'exchanged.id',
    columns: {
      exchanged_id: 'exchanged.id',
      exchanged_digest: 'made.digest',
      exchanged_secret_digest: 'made.secret_digest',
      exchanged_issued_at: 'made.issued_at',
      exchanged_expires_at: 'exchanged.expires_at',
      exchanged_ended_at: 'exchanged.ended_at',
      exchanged_depth: 'made.depth',
      exchanged_scopes: 'made.scopes',
      exchanged_permissions: 'made.permissions',
      exchanged_narrows_repositories: 'exchanged.narrows_repositories',
      exchanged_audience: 'made.audience',
      exchanged_actor_ids: 'made.actor_ids',
      exchanged_client_id: 'exchanged.client_id',
    },
  },
  granted: { found: null, columns: { granted_repositories: 'granted.repositories' } },
  owner: {
    found: 'owner.id',
    columns: {
      owner_id: 'owner.id',
      owner_type: 'owner.type',
      owner_login: 'owner.login',
      owner_profile_name: 'owner.profile_name',
    },
  },
  repository: {
    found: 'standing.sought_id',
    columns: {
      repository_id: 'repository.id',
      repository_name: 'repository.name',
      repository_visibility: 'repository.visibility',
      repository_archived: 'repository.archived',
      repository_selected: 'standing.selected',
      repository_exchanged: 'standing.exchanged',
      collaborator_role: 'standing.collaborator_role',
      team_roles: 'standing.team_roles',
    },
  },
  org: {
    found: 'org.id',
    columns: {
      org_id: 'org.id',
      belongs_to_id: 'org.enterprise_id',
      base_permission: 'org.default_repository_permission',
      membership_role: 'org.membership_role',
      holder_reviews: 'org.holder_reviews',
      policy_id: 'org.policy_id',
      policy_fine_grained: 'org.policy_fine_grained',
      policy_classic: 'org.policy_classic',
      policy_approval: 'org.policy_approval',
      policy_cap_fine_grained: 'org.policy_cap_fine_grained',
      policy_cap_classic: 'org.policy_cap_classic',
      policy_public_reads: 'org.policy_public_reads',
      sso_required: 'org.sso_required',
      sso_authorized: 'org.sso_authorized',
    },
  },
  enterprise: {
    found: 'enterprise.sought_id',
    columns: {
      enterprise_id: 'enterprise.id',
      enterprise_slug: 'enterprise.slug',
      enterprise_name: 'enterprise.name',
      enterprise_policy_id: 'enterprise.policy_id',
      enterprise_fine_grained: 'enterprise.fine_grained_tokens',
      enterprise_classic: 'enterprise.classic_tokens',
      enterprise_approval: 'enterprise.approval',
      enterprise_cap_fine_grained: 'enterprise.max_lifetime_days_fine_grained',
      enterprise_cap_classic: 'enterprise.max_lifetime_days_classic',
      enterprise_public_reads: 'enterprise.lifetime_applies_to_public_reads',
      enterprise_exempt_administrators: 'enterprise.exempt_administrators',
      enterprise_administered: 'enterprise.administered',
      enterprise_member: `repository.visibility = 'internal' and enterprise.id is not null and enterprise.member`,
    },
  },
} as const satisfies Record<string, Piece>;
export type PieceName = keyof typeof PIECES;

/** `[n, now, epoch, piece, piece, …]`, as `packed` selects it. */
export type PackedRow = readonly [n: number, now: string, epoch: number, ...pieces: (readonly unknown[] | null)[]];

function packedPiece(name: PieceName): string {
  const { found, columns }: Piece = PIECES[name];
  const values = `json_build_array(${Object.values(columns).join(', ')})`;
  return found === null ? values : `case when ${found} is not null then ${values} end`;
}

/** What is selected of the pieces. */
export function packed(names: readonly PieceName[]): string {
  const pieces = names.map((name) => `,\n  ${packedPiece(name)}`);
  return `json_build_array(q.n, clock_timestamp(), (select current.epoch from change_epoch current)${pieces.join('')})`;
}

type Place = { readonly name: Name; readonly is_instant: boolean };
type Slot = { -readonly [Each in keyof FactsRow]: unknown };

/** The way back, for the same pieces in the same order. What a piece did not find, or was not asked, is null. */
export function unpackerOf(names: readonly PieceName[]): (values: PackedRow) => FactsRow {
  const places = names.map((name) =>
    (Object.keys(PIECES[name].columns) as Name[]).map(
      (each): Place => ({ name: each, is_instant: each.endsWith('_at') }),
    ),
  );
  return (values) => {
    const row: Slot = { ...NO_FACTS, n: values[0], now: readLenientInstant(values[1]), epoch: values[2] };
    places.forEach((piece, index) => {
      const found = values[index + 3];
      if (!Array.isArray(found)) return;
      for (let each = 0; each < piece.length; each += 1) {
        const place = piece[each] as Place;
        const value: unknown = found[each];
        row[place.name] = place.is_instant && typeof value === 'string' ? readLenientInstant(value) : value;
      }
    });
    return row as FactsRow;
  };
}
