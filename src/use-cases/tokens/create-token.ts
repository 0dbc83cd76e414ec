// Making a token of either kind. The text exists in the answer, once; what is stored is its digest.

import type { Kysely } from 'kysely';
import { writeAudit } from '../../db/audit.ts';
import { isFull } from '../../db/count-caps.ts';
import type { Database } from '../../db/schema.ts';
import { authorizeBySession } from '../../db/token-authorizations.ts';
import { countLiveTokens, insertToken, type NewToken } from '../../db/tokens.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { Caller } from '../../domain/caller.ts';
import { CLASSIC_TOKENS_MAX, TOKEN_RECORDS_MAX } from '../../domain/count-caps.ts';
import { defaultExpiry } from '../../domain/lifetime.ts';
import { Refusal } from '../../domain/refusal.ts';
import { lifeSeconds, type RequestedLife, refuseBeyondCap, requestedExpiry } from '../../domain/requested-expiry.ts';
import { lifetimeCap, type ResourceOwner } from '../../domain/resource-owner.ts';
import type { TokenAccess } from '../../domain/token-access.ts';
import { judgeSelection, readPermissions, readScopes, readTokenName } from '../../domain/token-ask.ts';
import { tokenEvent } from '../../domain/token-audit.ts';
import type { TokenRecord } from '../../domain/token-record.ts';
import { invalidToken, ownerNotFound } from '../../domain/token-refusal.ts';
import type { RepositorySelection, TokenKind } from '../../domain/vocabulary.ts';
import { digestOf, newText } from '../../secrets.ts';
import { type Holder, lockHoldingSession } from '../people/holding-session.ts';
import { askResourceOwner } from './ask-resource-owner.ts';
import { refuseTakenName } from './refuse-taken-name.ts';
import { resolveRepositories } from './resolve-repositories.ts';
import { resolveResourceOwner } from './resolve-resource-owner.ts';
import { tellTokenEvents } from './tell-token-event.ts';
import { readTokenRecord } from './token-record.ts';

type Common = RequestedLife & { readonly name: string; readonly description?: string | null };

export type ClassicAsk = Common & { readonly kind: 'classic'; readonly scopes?: readonly string[] };
export type FineGrainedAsk = Common & {
  readonly kind: 'fine_grained';
  readonly resource_owner?: string;
  readonly reason?: string;
  readonly repository_selection?: RepositorySelection;
  readonly repositories?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
};

/** A record, and the text that is shown only now. */
export type IssuedToken = { readonly record: TokenRecord; readonly token: string };

type Issue = {
  readonly db: Kysely<Database>;
  readonly deps: Deps;
  readonly caller: Caller;
  readonly holder: Holder;
  readonly name: string;
  readonly text: string;
};

/** @rule M6 */
async function refuseTooMany({ db, deps, holder }: Issue, kind: TokenKind): Promise<void> {
  const count_max = kind === 'classic' ? CLASSIC_TOKENS_MAX : deps.config.fine_grained_tokens_max;
  if ((await countLiveTokens(db, holder.id, kind, holder.now)) >= count_max) {
    const kinds = kind === 'classic' ? 'classic' : 'fine-grained';
    throw invalidToken('kind', 'unprocessable', `at most ${count_max} live ${kinds} tokens are allowed`);
  }
  if (!(await isFull(db, 'tokens', holder.id, TOKEN_RECORDS_MAX))) return;
  throw invalidToken(
    'kind',
    'unprocessable',
    `at most ${TOKEN_RECORDS_MAX} tokens are kept: delete some that have ended`,
  );
}

/** What is asked of the resource owner, read in the order in which it depends on each other. @rule K3, K4, M6 */
async function readAccess(
  { db, deps, holder }: Issue,
  owner: ResourceOwner,
  ask: FineGrainedAsk,
): Promise<TokenAccess> {
  const repository_selection = ask.repository_selection ?? 'none';
  judgeSelection(repository_selection, ask.repositories);
  const permissions = readPermissions(ask.permissions ?? {}, owner.type, repository_selection);
  const named = { names: ask.repositories ?? [], count_max: deps.config.selected_repositories_max };
  const repository_ids =
    repository_selection === 'subset' ? await resolveRepositories(db, { holder, owner }, named) : [];
  return { permissions, repository_selection, repository_ids };
}

function stored({ holder, name, text }: Issue, ask: Common, expires_at: Date | null) {
  return {
    user_id: holder.id,
    name,
    description: ask.description ?? null,
    issued_at: holder.now,
    expires_at,
    digest: digestOf(text),
    token_last_eight: text.slice(-8),
  };
}

async function insertAudited({ db, caller, holder }: Issue, token: NewToken) {
  const id = await insertToken(db, token);
  const repository_selection = token.kind === 'classic' ? null : token.repository_selection;
  const { kind, name, digest: hashed_token } = token;
  const audited = { id, kind, name, hashed_token, repository_selection, holder };
  await writeAudit(db, caller, tokenEvent('create', audited));
  return audited;
}

/** @rule M3: no cap ever refuses to make a classic token. */
async function issueClassic(issue: Issue, ask: ClassicAsk, scopes: readonly string[]): Promise<number> {
  const { now } = issue.holder;
  await refuseTooMany(issue, 'classic');
  const { expires_at } = requestedExpiry(ask, now, defaultExpiry(now, null));
  const { id } = await insertAudited(issue, { kind: 'classic', scopes, ...stored(issue, ask, expires_at) });
  return id;
}

/** @rule M3, M4, M5, M6, O1 */
async function issueFineGrained(issue: Issue, ask: FineGrainedAsk): Promise<number> {
  const { db, caller, holder } = issue;
  const { now } = holder;
  const owner = await resolveResourceOwner(db, holder, ask.resource_owner);
  const cap = lifetimeCap(owner);
  const expiry = requestedExpiry(ask, now, defaultExpiry(now, cap?.days ?? null));
  refuseBeyondCap(expiry, now, cap);
  const access = await readAccess(issue, owner, ask);
  await refuseTooMany(issue, 'fine_grained');
  const token = await insertAudited(issue, {
    kind: 'fine_grained',
    resource_owner_id: owner.id,
    ...access,
    ...stored(issue, ask, expiry.expires_at),
  });
  if (owner.type === 'Organization') {
    const is_authorized = await authorizeBySession(db, { token_id: token.id, organization_id: owner.id }, holder);
    // The proof was there when it was asked for; it has ended since then.
    if (owner.sso === 'live' && !is_authorized) throw ownerNotFound(owner.login);
  }
  const lifetime_seconds = lifeSeconds(now, expiry.expires_at);
  if (owner.type === 'Organization') await tellTokenEvents(db, caller, [{ action: 'created', token_id: token.id }]);
  await askResourceOwner(db, caller, { token, owner, access, reason: ask.reason ?? null, lifetime_seconds }, now);
  return token.id;
}

/**
 * Makes a token. `now` is the clock that is ahead. Refuses: 403 `email_unverified`; 422 for everything that is asked wrongly
 * or beyond limits. @rule M1, M2, M3, M4, M5, M6, L1
 */
export async function createToken(
  deps: Deps,
  caller: Caller,
  input: { readonly ask: ClassicAsk | FineGrainedAsk; readonly now: Date },
): Promise<IssuedToken> {
  const { ask, now } = input;
  const kind: TokenKind = ask.kind;
  const text = newText(kind, deps.config.token_prefix);
  const record = await inTransaction(deps.db, async (db) => {
    const holder = await lockHoldingSession(db, caller, now);
    if (!holder.email_verified) throw new Refusal('email_unverified');
    const name = readTokenName(kind, ask.name);
    const issue: Issue = { db, deps, caller, holder, name, text };
    await refuseTakenName(db, { user_id: holder.id, name, except_id: null }, now);
    const id =
      ask.kind === 'classic'
        ? await issueClassic(issue, ask, readScopes(ask.scopes ?? []))
        : await issueFineGrained(issue, ask);
    return readTokenRecord(db, { id, user_id: holder.id }, now);
  });
  return { record, token: text };
}
