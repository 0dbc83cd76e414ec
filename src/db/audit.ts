// Writing the record. An entry is written in the transaction of its action (L1); `db` is that transaction.

import type { Insertable, Kysely } from 'kysely';
import { type AlsoConcerned, type AuditEvent, accessTypeOf } from '../domain/audit.ts';
import { type Caller, personBehind } from '../domain/caller.ts';
import { printScope } from '../domain/scope-text.ts';
import { withoutTexts } from '../text-form.ts';
import type { AuditEntries, Database } from './schema.ts';

/** PostgreSQL takes 65,535 values a statement, an entry has two dozen. */
const ENTRIES_PER_STATEMENT_MAX = 1000;

function actorOf({ principal }: Caller): { actor_id: number | null; actor: string | null } {
  const person = personBehind(principal);
  if (person !== null) return { actor_id: person.id, actor: person.login };
  return { actor_id: null, actor: principal.type === 'client' ? principal.client.client_id : null };
}

/** What only this action says, and in whose logs the entry stands beside those of its columns (audit_logs_of in SQL). */
function dataOf({ data = {}, others = [], org, user }: AuditEvent): string {
  const columns = { organization: org, user, service: undefined };
  const named = ({ type, id }: AlsoConcerned) => columns[type]?.id === id;
  const also_concerns = others.filter((each) => !named(each));
  return JSON.stringify(also_concerns.length === 0 ? data : { ...data, also_concerns });
}

type Credential = NonNullable<AuditEvent['credential']>;

function credentialOf({ principal }: Caller): Credential | null {
  if (principal.type !== 'token') return null;
  const { token } = principal;
  return { token_id: token.id, hashed_token: token.hashed_token, token_scopes: printScope(token) };
}

/** What the caller has chosen himself may be a credential in the wrong header. */
function withoutTextsOrNull(words: string | null): string | null {
  return words === null ? null : withoutTexts(words);
}

function entryOf(caller: Caller, event: AuditEvent): Insertable<AuditEntries> {
  const credential = event.credential ?? credentialOf(caller);
  return {
    action: event.action,
    ...actorOf(caller),
    user_id: event.user?.id ?? null,
    user: event.user?.name ?? null,
    org_id: event.org?.id ?? null,
    org: event.org?.name ?? null,
    business_id: event.business?.id ?? null,
    business: event.business?.name ?? null,
    repo_id: event.repo?.id ?? null,
    repo: event.repo?.name ?? null,
    token_id: credential?.token_id ?? null,
    hashed_token: credential?.hashed_token ?? null,
    programmatic_access_type: accessTypeOf(caller),
    token_scopes: credential?.token_scopes ?? null,
    managed_token_id: event.managed_token?.id ?? null,
    managed_hashed_token: event.managed_token?.hashed_token ?? null,
    request_id: withoutTextsOrNull(caller.request_id),
    actor_ip: caller.ip,
    user_agent: withoutTextsOrNull(caller.user_agent),
    operation_type: event.operation_type,
    outcome: event.refused === undefined ? 'done' : 'refused',
    reason: event.refused ?? null,
    data: dataOf(event),
  };
}

/** Writes one entry. @rule L1, L2 */
export async function writeAudit(db: Kysely<Database>, caller: Caller, event: AuditEvent): Promise<void> {
  await db.insertInto('audit_entries').values(entryOf(caller, event)).execute();
}

/** Writes one entry for each of these, for a call that ends or takes away many things at once. @rule L1, L2 */
export async function writeAudits(db: Kysely<Database>, caller: Caller, events: readonly AuditEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += ENTRIES_PER_STATEMENT_MAX) {
    const some = events.slice(from, from + ENTRIES_PER_STATEMENT_MAX);
    await db
      .insertInto('audit_entries')
      .values(some.map((event) => entryOf(caller, event)))
      .execute();
  }
}
