// Durability (promises P9, P13, P21, P22): what was acknowledged is there, with its entries of the record, no more and no fewer; what was
// not is there wholly or not at all; several attempts under one key are one effect; what a hook is to be told of is in the queue.

import { sql } from 'kysely';
import type { Deps } from '../../../src/deps.ts';
import { verifyAudit } from '../../../src/use-cases/audit/verify-audit.ts';
import type { Attempt, History } from './history.ts';
import { ENTRIES } from './writers.ts';

/** What speaks against it; empty where nothing does. */
export async function durabilityFaults(deps: Deps, history: Pick<History, 'attempts'>): Promise<readonly string[]> {
  const { db } = deps;
  const entries = await sql<{ request_id: string; actions: string[] }>`
    select request_id, array_agg(action order by action) as actions from audit_entries
    where outcome = 'done' and request_id is not null group by request_id`.execute(db);
  const written = new Map(entries.rows.map(({ request_id, actions }) => [request_id, actions]));
  const tokens = await sql<{ name: string; description: string | null; is_granted: boolean; exchanged: number }>`
    select t.name, t.description, exists (select from grants g where g.token_id = t.id) as is_granted,
      (select count(*)::int from exchanged_tokens x join token_secrets s on s.digest = x.secret_digest
        where s.token_id = t.id) as exchanged
    from tokens t`.execute(db);
  const there = new Map(tokens.rows.map((row) => [row.name, row]));
  const faults: string[] = [];

  const by_key = Map.groupBy(history.attempts, ({ key }) => key);
  for (const [key, attempts] of by_key) {
    const { act } = attempts[0] as Attempt;
    const expected = ENTRIES[act] ?? [];
    const effects = attempts.filter(({ request_id }) => written.has(request_id));
    for (const { request_id } of effects) {
      const found = written.get(request_id) ?? [];
      if (found.join() !== expected.join()) faults.push(`${request_id}: the record has ${found.join(', ')}`);
    }
    const acknowledged = attempts.filter(isAcknowledged);
    for (const { request_id, is_repetition } of acknowledged) {
      // A change of the name to what it is already changes nothing, and has no entry.
      const is_nothing = act === 'name' && effects.length > 0;
      if (!is_repetition && !is_nothing && !written.has(request_id)) {
        faults.push(`${request_id}: acknowledged, and not in the record`);
      }
      if (is_repetition && written.has(request_id)) faults.push(`${request_id}: a repetition that did something`);
    }
    for (const { request_id, status } of attempts.filter(isRefused))
      faults.push(`${request_id}: refused with ${status}`);
    // An exchange and a change of the name may be done twice; each time is written down.
    const may_repeat = act === 'exchange' || act === 'name';
    if (effects.length > 1 && !may_repeat) faults.push(`${key}: ${effects.length} effects`);
    if (acknowledged.length > 0 && effects.length === 0)
      faults.push(`${key}: acknowledged, and no effect in the record`);
    faults.push(...stateFaults(key, { act, is_done: effects.length > 0, is_acknowledged: acknowledged.length > 0 }));
  }

  /** Whether the tables say what the record says. */
  function stateFaults(
    key: string,
    { act, is_done, is_acknowledged }: { act: string; is_done: boolean; is_acknowledged: boolean },
  ): readonly string[] {
    const name = key.slice(0, key.lastIndexOf('-'));
    const row = there.get(name);
    const has_ended = by_key.has(`${name}-end`) || by_key.has(`${name}-drop`);
    const is_there: Readonly<Record<string, boolean | null>> = {
      make: has_ended ? null : row !== undefined,
      ask: has_ended ? null : row !== undefined,
      name: has_ended ? null : row?.description === `${name} named`,
      approve: has_ended ? null : (row?.is_granted ?? false),
      end: row === undefined,
      drop: row === undefined,
      exchange: null,
    };
    const found = is_there[act] ?? null;
    if (found === null) return [];
    if (is_acknowledged && !found) return [`${key}: acknowledged, and lost`];
    return is_done === found
      ? []
      : [`${key}: ${found ? 'done, and not in the record' : 'in the record, and not done'}`];
  }

  return [...faults, ...(await halfEffects(deps)), ...(await outboxFaults(deps)), ...(await chainFaults(deps))];
}

function isAcknowledged({ status }: Attempt): boolean {
  return status !== null && status < 300;
}

/** What writers ask is never to be refused, but while an earlier attempt is under way, or because it has done it. */
function isRefused({ status, is_repetition }: Attempt): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 409 && !is_repetition;
}

/** Each of these finds rows of which a part is missing. */
const HALVES: Readonly<Record<string, string>> = {
  'a token without a text': `select t.id from tokens t
    where not exists (select from token_secrets s where s.token_id = t.id)`,
  'a request that was asked and is not there': `select t.id from tokens t where t.kind = 'fine_grained'
    and not exists (select from grant_requests r where r.token_id = t.id)
    and not exists (select from grants g where g.token_id = t.id)`,
  'a request that was approved and granted nothing': `select r.id from grant_requests r where r.state = 'approved'
    and not exists (select from grants g where g.token_id = r.token_id)`,
  'a grant of a request that waits': `select r.id from grant_requests r join grants g using (token_id)
    where r.state = 'pending'`,
  'a token without an entry': `select t.id from tokens t where not exists (select from audit_entries e
    where e.managed_token_id = t.id and e.action in ('personal_access_token.create', 'oauth_access.create'))`,
  'an exchanged token without an entry': `select s.token_id from exchanged_tokens x
    join token_secrets s on s.digest = x.secret_digest group by s.token_id
    having count(*) <> (select count(*) from audit_entries e where e.managed_token_id = s.token_id
      and e.action = 'personal_access_token.exchange')`,
};

async function halfEffects({ db }: Deps): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [name, statement] of Object.entries(HALVES)) {
    const { rows } = await sql.raw(statement).execute(db);
    if (rows.length > 0) faults.push(`${name}: ${rows.length}`);
  }
  return faults;
}

const REQUEST = 'personal_access_token_request';
/**
 * What hooks are told of, by the action of the entry that is written with it: in the log of the organization, or (what the holder does by
 * himself) in his own only. All fine-grained tokens here are for the one organization. An end that was asked again has an entry as refused.
 */
const TOLD = {
  'personal_access_token.request_created': { event: REQUEST, told: 'created' },
  'personal_access_token.access_granted': { event: REQUEST, told: 'approved' },
  'personal_access_token.create': { event: 'personal_access_token', told: 'created' },
  'personal_access_token.destroy': { event: 'personal_access_token', told: 'revoked' },
} as const;

async function outboxFaults({ db }: Deps): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [action, { event, told }] of Object.entries(TOLD)) {
    const { rows } = await sql<{ entries: number; messages: number }>`select
      (select count(*)::int from audit_entries
        where action = ${action} and outcome = 'done' and coalesce(org, 'guard') = 'guard') as entries,
      (select count(*)::int from hook_messages where event = ${event} and action = ${told}) as messages`.execute(db);
    const { entries = 0, messages = 0 } = rows[0] ?? {};
    if (entries !== messages) faults.push(`${entries} entries ${action}, and ${messages} messages ${event} ${told}`);
  }
  const { rows } = await sql<{ id: number }>`select m.id from hook_messages m
    where not exists (select from hook_deliveries d where d.message_id = m.id)
      and not exists (select from pgboss.job j where (j.data ->> 'message_id')::bigint = m.id
        and j.state in ('created', 'retry', 'active'))`.execute(db);
  if (rows.length > 0) faults.push(`${rows.length} messages that nobody will deliver`);
  return faults;
}

async function chainFaults({ db }: Deps): Promise<readonly string[]> {
  const { findings } = await db.transaction().setIsolationLevel('repeatable read').execute(verifyAudit);
  return findings.map((finding) => `the record: ${JSON.stringify(finding)}`);
}
