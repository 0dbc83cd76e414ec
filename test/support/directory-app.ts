// The application with short calls for tests of the directory: method, path and body in, status and body out, and the record
// of what was done and refused.

import type { InjectOptions } from 'fastify';
import type { Test } from 'tap';
import { buildTestApp, type TestAppOptions } from './build-app.ts';
import { tokenRowsOf } from './token-rows.ts';
import { bearer, worldOf } from './world.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** What a call answered. `body` is what the JSON is; tests look at the members that they are about. */
export type Called = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a body is looked at, not used
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
};

export async function directoryApp(t: Test, options: TestAppOptions = {}) {
  const application = await buildTestApp(t, options);
  const { inject, deps } = application;

  /** As the bearer of this text, or (null) as nobody; `PUT /orgs/acme/memberships/ada`. */
  async function call(as: string | null, request: `${Method} ${string}`, payload?: object): Promise<Called> {
    const [method, url = ''] = request.split(' ') as [Method, string?];
    const sent: InjectOptions = { method, url, headers: { 'x-request-id': 'same', ...(as !== null && bearer(as)) } };
    const answer = await inject(payload === undefined ? sent : { ...sent, payload });
    const body = answer.body === '' ? null : JSON.parse(answer.body);
    return { status: answer.statusCode, body, headers: answer.headers, text: answer.body };
  }

  /** The entries of the record since the last look, oldest first. */
  let looked = 0;
  async function entries() {
    const found = await deps.db
      .selectFrom('audit_entries')
      .select(['id', 'action', 'operation_type', 'actor', 'user', 'org', 'repo', 'outcome', 'reason'])
      .select(['managed_token_id', 'data'])
      .where('id', '>', looked)
      .orderBy('id')
      .execute();
    looked = found.at(-1)?.id ?? looked;
    return found;
  }

  /** Status and the first error of a refusal, as `422 name already_exists`. */
  function fault({ status, body }: Called): string {
    const [error] = body?.errors ?? [];
    return error === undefined ? `${status} ${body?.code}` : `${status} ${error.field} ${error.code}`;
  }

  return { ...application, world: worldOf(deps), rows: tokenRowsOf(deps), call, entries, fault };
}
