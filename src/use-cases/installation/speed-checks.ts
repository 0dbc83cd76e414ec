// Whether the database answers as quickly as it can.

import { above, type DatabaseCheck, type DatabaseFacts, gib, has, naming, setting } from './database-facts.ts';

const TRANSACTION_SECONDS_MAX = 900;
const NOTIFICATIONS_SHARE_MAX = 0.25;
const CONNECTIONS_SHARE_MAX = 0.8;
const BUFFERS_SHARE_MIN = 0.05;
const BUFFERS_BYTES_ENOUGH = 2 ** 30;

/** Connections that a server leaves to roles without privileges, and how many the nodes want. */
function connectionsOf(
  facts: DatabaseFacts,
): { readonly there: number; readonly wanted: number; readonly nodes: number } | null {
  const { connections, nodes } = facts.seen;
  const max = Number(setting(facts, 'max_connections'));
  if (connections === null || !Number.isInteger(max) || facts.is_embedded) return null;
  const live = Math.max(1, nodes?.live ?? 1);
  const there = max - Number(setting(facts, 'superuser_reserved_connections') ?? 0);
  return { there, wanted: live * facts.connections_of_node, nodes: live };
}

export const SPEED_CHECKS: readonly DatabaseCheck[] = [
  {
    id: 'jit_on',
    severity: 'warning',
    find: (facts) =>
      facts.seen.server?.compiles && setting(facts, 'jit') === 'on' ? '`jit` is on, and the server can compile' : null,
    means:
      'Short statements are compiled at each execution: a look at changes costs half a second in place of half a ms',
    advice: 'alter database … set jit = off, as who owns it; the service does so at its start where it may',
  },
  {
    id: 'connections_exceeded',
    severity: 'severe',
    find: (facts) => {
      const found = connectionsOf(facts);
      if (found === null || found.wanted <= found.there) return null;
      return `${found.nodes} nodes open up to ${found.wanted} connections, and the server has ${found.there}`;
    },
    means: 'At load some nodes get none: their checks are answered with 503',
    advice: 'Raise max_connections, lower DATABASE_POOL, or put a pooler in between',
  },
  {
    id: 'connections_scarce',
    severity: 'warning',
    find: (facts) => {
      const found = connectionsOf(facts);
      const used = facts.seen.connections?.used ?? 0;
      if (found === null || used < found.there * CONNECTIONS_SHARE_MAX || found.wanted > found.there) return null;
      return `${used} of ${found.there} connections are in use`;
    },
    means: 'The next node, or an import, may get none',
    advice: 'Raise max_connections, lower DATABASE_POOL, or see in pg_stat_activity who holds them',
  },
  {
    id: 'pooler',
    severity: 'hint',
    find: ({ seen }) => (seen.is_direct === false ? 'A connection pooler stands before the database' : null),
    means: 'Nothing is prepared by name, and nobody tells nodes of changes: each asks every 25 ms while it is used',
    advice: 'Give the limits of sessions to the role: docs/operations.md, "A connection pooler"',
  },
  {
    id: 'autovacuum_off',
    severity: 'warning',
    find: (facts) => has('autovacuum', 'off')(facts) ?? has('track_counts', 'off')(facts),
    means: 'Tables grow, the planner guesses, and some day the server accepts no changes',
    advice: 'Switch autovacuum and track_counts on',
  },
  {
    id: 'no_statistics',
    severity: 'warning',
    find: ({ seen }) => naming(seen.objects?.uncounted_tables, 'Tables were never counted'),
    means: 'The planner guesses how large they are; a check can take seconds',
    advice: 'analyze, as after every restore and every upgrade by pg_upgrade',
  },
  {
    id: 'bloated_tables',
    severity: 'warning',
    find: ({ seen }) => naming(seen.objects?.bloated_tables, 'Tables have more dead rows than live ones'),
    means: 'They are read slowly; something keeps autovacuum from them',
    advice: 'Look for old transactions; vacuum (analyze) these tables',
  },
  {
    id: 'old_transaction',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.transactions?.oldest_seconds, TRANSACTION_SECONDS_MAX)
        ? `A transaction is open for ${Math.round((seen.transactions?.oldest_seconds ?? 0) / 60)} minutes`
        : null,
    means: 'No dead row that it might see is taken away, and word of changes piles up',
    advice: 'See in pg_stat_activity whose it is; pg_terminate_backend ends it',
  },
  {
    id: 'prepared_transactions',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.transactions?.prepared, 0)
        ? `${seen.transactions?.prepared} transactions are prepared and not ended`
        : null,
    means: 'They hold their locks, also through a restart; this service makes none',
    advice: 'See pg_prepared_xacts; commit prepared or rollback prepared',
  },
  {
    id: 'notifications_pile_up',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.transactions?.notifications_share, NOTIFICATIONS_SHARE_MAX)
        ? `The queue of notifications is ${Math.round((seen.transactions?.notifications_share ?? 0) * 100)} % full`
        : null,
    means: 'When it is full nothing that has to be told can be committed: no token can be revoked',
    advice: 'A session that listens is in a transaction for long: end it (pg_stat_activity)',
  },
  {
    id: 'small_buffers',
    severity: 'hint',
    find: ({ seen }) => {
      const [bytes, buffers] = [seen.size?.bytes ?? 0, seen.server?.shared_buffers_bytes ?? 0];
      if (buffers >= Math.min(bytes * BUFFERS_SHARE_MIN, BUFFERS_BYTES_ENOUGH)) return null;
      return `The database has ${gib(bytes)} GiB, and \`shared_buffers\` ${gib(buffers)} GiB`;
    },
    means: 'What nodes do not remember is read from the disk more often than need be',
    advice: 'Raise shared_buffers, to a quarter of the memory of the machine',
  },
];
