// Tokens in any state, written straight into the tables: what is under test is what they may do, not how they are made. Those
// that are made through HTTP have their builders in world.ts.

import type { Deps } from '../../src/deps.ts';
import { daysAfter } from '../../src/domain/lifetime.ts';
import { normalisePermissions, type PermissionMap } from '../../src/domain/permission.ts';
import type { RepositorySelection } from '../../src/domain/vocabulary.ts';
import { digestOf, newClientId, newText } from '../../src/secrets.ts';
import type { Named } from './world.ts';

export interface WorldToken {
  readonly id: number;
  readonly text: string;
  readonly digest: string;
}

interface Common {
  readonly issued_at?: Date;
  /** Null: never. Default: 30 days after its issue. */
  readonly expires_at?: Date | null;
  readonly revoked_at?: Date | null;
}

export interface ClassicRow extends Common {
  readonly scopes?: readonly string[];
}

export interface FineGrainedRow extends Common {
  /** Default: the holder. */
  readonly owner?: Named;
  readonly permissions?: PermissionMap;
  readonly selection?: RepositorySelection;
  /** With the selection `subset`. */
  readonly repositories?: readonly { readonly id: number }[];
  /** Whether it is granted, asked for, or neither. */
  readonly standing?: 'granted' | 'pending' | 'denied';
}

/** In the form of its token, one of the two. */
export interface ExchangedRow {
  readonly scopes?: readonly string[];
  readonly permissions?: PermissionMap;
  /** Default: those of its token. */
  readonly repositories?: readonly { readonly id: number }[] | null;
  /** Default: everybody. */
  readonly audience?: readonly string[] | null;
}

/** Writers of tokens over one application's database. */
export function tokenRowsOf(deps: Deps) {
  const { db } = deps;
  let count = 0;

  async function token(
    holder: Named,
    kind: 'classic' | 'fine_grained',
    common: Common,
    asked: object,
  ): Promise<WorldToken> {
    const text = newText(kind, deps.config.token_prefix);
    const digest = digestOf(text);
    const { issued_at = deps.clock(), revoked_at = null } = common;
    const { expires_at = daysAfter(issued_at, 30) } = common;
    count += 1;
    const { id } = await db
      .insertInto('tokens')
      .values({
        kind,
        user_id: holder.id,
        name: `token ${count}`,
        created_at: issued_at,
        secret_issued_at: issued_at,
        expires_at,
        revoked_at,
        revoked_reason: revoked_at === null ? null : 'by_text',
        token_last_eight: text.slice(-8),
        ...asked,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db.insertInto('token_secrets').values({ digest, token_id: id, is_current: true }).execute();
    return { id, text, digest };
  }

  async function classic(holder: Named, row: ClassicRow = {}): Promise<WorldToken> {
    return token(holder, 'classic', row, { scopes: [...(row.scopes ?? [])] });
  }

  async function fineGrained(holder: Named, row: FineGrainedRow = {}): Promise<WorldToken> {
    const { owner = holder, selection = 'none', repositories = [], standing = 'granted' } = row;
    const permissions = JSON.stringify(normalisePermissions(row.permissions ?? {}));
    const made = await token(holder, 'fine_grained', row, {
      resource_owner_id: owner.id,
      resource_owner_id_asked: owner.id,
      permissions,
      repository_selection: selection,
    });
    const access = { token_id: made.id, resource_owner_id: owner.id, permissions, repository_selection: selection };
    if (standing === 'denied') return made;
    if (standing === 'pending') {
      const created_at = row.issued_at ?? deps.clock();
      await db
        .insertInto('grant_requests')
        .values({ ...access, state: 'pending', created_at })
        .execute();
      return made;
    }
    const { id: grant_id } = await db
      .insertInto('grants')
      .values({ ...access, granted_at: row.issued_at ?? deps.clock() })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const { id } of repositories) {
      await db.insertInto('grant_repositories').values({ grant_id, repository_id: id }).execute();
      await db.insertInto('token_repositories').values({ token_id: made.id, repository_id: id }).execute();
    }
    return made;
  }

  /** Gives the token a new text and lets the present one live on until `until`. */
  async function regenerate(of: WorldToken, kind: 'classic' | 'fine_grained', until: Date): Promise<WorldToken> {
    const text = newText(kind, deps.config.token_prefix);
    const digest = digestOf(text);
    await db
      .updateTable('token_secrets')
      .set({ is_current: false, expires_at: until })
      .where('digest', '=', of.digest)
      .execute();
    await db.insertInto('token_secrets').values({ digest, token_id: of.id, is_current: true }).execute();
    return { id: of.id, text, digest };
  }

  /** A text exchanged from this one by a client of the test, for an hour. */
  async function exchanged(of: WorldToken, row: ExchangedRow): Promise<WorldToken> {
    const text = newText('exchanged', deps.config.token_prefix);
    const digest = digestOf(text);
    const issued_at = deps.clock();
    const client = { client_id: newClientId(), name: 'exchange', capabilities: ['exchange'], audiences: [] };
    const { id: client_id } = await db
      .insertInto('clients')
      .values({ ...client, organizations: 'all', created_at: issued_at })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { scopes = null, permissions = null, repositories = null, audience = null } = row;
    const { id } = await db
      .insertInto('exchanged_tokens')
      .values({
        ...{ digest, secret_digest: of.digest, depth: 1, client_id, issued_at, actor_ids: [] },
        expires_at: new Date(issued_at.getTime() + 3_600_000),
        scopes: scopes === null ? null : [...scopes],
        permissions: permissions === null ? null : JSON.stringify(normalisePermissions(permissions)),
        narrows_repositories: repositories !== null,
        audience: audience === null ? null : [...audience],
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const { id: repository_id } of repositories ?? []) {
      await db.insertInto('exchanged_token_repositories').values({ exchanged_token_id: id, repository_id }).execute();
    }
    return { id, text, digest };
  }

  return { classic, fineGrained, regenerate, exchanged };
}
