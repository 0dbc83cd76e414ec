// Calls about tokens through the API, for tests of tokens: short to write, and answering status and body.

import type { InjectOptions } from 'fastify';
import { sql } from 'kysely';
import type { Deps } from '../../src/deps.ts';
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
  async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: Payload): Promise<Called> {
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

/** Reviews a pending request as the rows know it, which has no route of its own here. */
export async function reviewPending({ db }: Deps, token_id: number, state: 'approved' | 'denied'): Promise<void> {
  if (state === 'approved') {
    await sql`
      with approved as (
        update grant_requests set state = 'approved' where token_id = ${token_id} and state = 'pending'
        returning id, token_id, resource_owner_id, permissions, repository_selection
      ), life as (
        select ceil(extract(epoch from expires_at - secret_issued_at))::bigint as seconds from tokens where id = ${token_id}
      ), given as (
        insert into grants (token_id, resource_owner_id, permissions, repository_selection, granted_at, lifetime_seconds)
        select token_id, resource_owner_id, permissions, repository_selection, now(), life.seconds from approved, life
        on conflict (token_id) do update set permissions = excluded.permissions,
          repository_selection = excluded.repository_selection, lifetime_seconds = excluded.lifetime_seconds
        returning id
      ), cleared as (
        delete from grant_repositories where grant_id in (select id from given)
      )
      insert into grant_repositories (grant_id, repository_id)
      select given.id, each.repository_id
      from given, approved join grant_request_repositories each on each.request_id = approved.id
      on conflict do nothing`.execute(db);
    return;
  }
  await db
    .updateTable('grant_requests')
    .set({ state })
    .where('token_id', '=', token_id)
    .where('state', '=', 'pending')
    .execute();
}
