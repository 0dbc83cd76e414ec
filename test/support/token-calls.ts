// Calls about tokens through the API, for tests of tokens: short to write, and answering status and body.

import type { InjectOptions } from 'fastify';
import { putGrant } from '../../src/db/grants.ts';
import type { Deps } from '../../src/deps.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { lifeSeconds } from '../../src/domain/requested-expiry.ts';
import type { RepositorySelection } from '../../src/domain/vocabulary.ts';
import { bearer } from './world.ts';

type Answer = {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
};
type Inject = (request: InjectOptions) => Promise<Answer>;
type Payload = Readonly<Record<string, unknown>>;

export const TOKENS = '/user/personal-access-tokens';

/** What a call answered. `body` is what the JSON is; tests look at the members that they are about. */
// biome-ignore lint/suspicious/noExplicitAny: a body is looked at, not used
export type Called = { readonly status: number; readonly body: any; readonly headers: Answer['headers'] };

/** The calls of one credential. */
export function callsOf(inject: Inject, credential: string) {
  async function call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: Payload,
  ): Promise<Called> {
    const body = payload === undefined ? {} : { payload };
    const answer = await inject({ method, url, headers: bearer(credential), ...body });
    const parsed = answer.body === '' ? null : JSON.parse(answer.body);
    return { status: answer.statusCode, body: parsed, headers: answer.headers };
  }
  return {
    call,
    create: (payload: Payload) => call('POST', TOKENS, { kind: 'fine_grained', name: 'token', ...payload }),
    classic: (payload: Payload = {}) => call('POST', TOKENS, { kind: 'classic', name: 'token', ...payload }),
    list: (query = '') => call('GET', `${TOKENS}${query}`),
    show: (id: number | string) => call('GET', `${TOKENS}/${id}`),
    edit: (id: number | string, payload: Payload) => call('PATCH', `${TOKENS}/${id}`, payload),
    remove: (id: number | string) => call('DELETE', `${TOKENS}/${id}`),
    regenerate: (id: number | string, payload?: Payload) => call('POST', `${TOKENS}/${id}/regenerate`, payload),
  };
}

/** `code` and `field` of the errors of a 422. */
export function errorsOf({ body }: Called): readonly string[] {
  return (body.errors ?? []).map((each: { field: string; code: string }) => `${each.field} ${each.code}`);
}

/** The actions written about a token, oldest first. */
export async function auditOf({ db }: Deps, token_id: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select('action')
    .where('managed_token_id', '=', token_id)
    .orderBy('id')
    .execute();
  return rows.map(({ action }) => action);
}

/** Reviews the pending request of a token by the rows, which is all that these tests need of a review. */
export async function reviewPending({ db }: Deps, token_id: number, state: 'approved' | 'denied'): Promise<void> {
  const reviewed_at = new Date();
  const request = await db
    .updateTable('grant_requests')
    .set({ state, reviewed_at })
    .where('token_id', '=', token_id)
    .where('state', '=', 'pending')
    .returning(['id', 'resource_owner_id', 'permissions', 'repository_selection'])
    .executeTakeFirstOrThrow();
  if (state === 'denied') return;
  const token = await db.selectFrom('tokens').selectAll().where('id', '=', token_id).executeTakeFirstOrThrow();
  const repositories = await db
    .selectFrom('grant_request_repositories')
    .select('repository_id')
    .where('request_id', '=', request.id)
    .execute();
  await putGrant(db, {
    token_id,
    resource_owner_id: request.resource_owner_id,
    access: {
      permissions: request.permissions as PermissionMap,
      repository_selection: request.repository_selection as RepositorySelection,
      repository_ids: repositories.map((each) => each.repository_id),
    },
    granted_at: reviewed_at,
    lifetime_seconds: lifeSeconds(token.secret_issued_at, token.expires_at),
  });
}
