// Whether nodes and periodic jobs do their work, as far as the database tells.

import { above, type DatabaseCheck } from './database-facts.ts';

export const WORK_CHECKS: readonly DatabaseCheck[] = [
  {
    id: 'nodes_behind',
    severity: 'severe',
    find: ({ seen }) =>
      above(seen.nodes?.behind, 0) ? `${seen.nodes?.behind} nodes have not heard of changes for a minute` : null,
    means: 'They answer by the database alone, slowly; calls with ?wait=all wait for them',
    advice: 'Look at gatehouse_lease_age_seconds and the log of these nodes',
  },
  {
    id: 'nodes_left_over',
    severity: 'warning',
    find: ({ seen }) =>
      above(seen.nodes?.left_over, 0) ? `${seen.nodes?.left_over} nodes ended hours ago, and stand there still` : null,
    means: 'The periodic jobs take such rows away within an hour: they do not run',
    advice: 'See that a node runs, and look for "a job failed" in its log',
  },
  {
    id: 'nodes_differ',
    severity: 'warning',
    find: ({ seen, freshness_ms }) =>
      above(seen.nodes?.bounds, 1) ? `Nodes have different bounds of freshness; here it is ${freshness_ms} ms` : null,
    means: 'How soon a revocation is in force depends on which node is asked',
    advice: 'Give every node the same FRESHNESS_MS',
  },
  {
    id: 'dead_jobs',
    severity: 'warning',
    find: ({ seen }) => (above(seen.jobs?.dead, 0) ? `${seen.jobs?.dead} jobs of the queue are dead` : null),
    means: 'Processes ended in the middle of them again and again: these webhooks were never delivered',
    advice: 'Look at why processes end; owners can send them anew (deliveries of the hook)',
  },
  {
    id: 'jobs_overdue',
    severity: 'warning',
    find: ({ seen }) => (above(seen.jobs?.overdue, 0) ? `${seen.jobs?.overdue} jobs of the queue are overdue` : null),
    means: 'Webhooks are not delivered: no node takes jobs, or receivers are slow',
    advice: 'See that a node runs, and look for "the queue of webhooks failed" in its log',
  },
  {
    id: 'sweeps_overdue',
    severity: 'warning',
    find: ({ seen }) => (seen.sweeps?.has_dead_rows ? 'Sessions that ended a day ago have not been taken away' : null),
    means: 'The periodic jobs do not run: unused tokens do not end, nobody is told of expiry',
    advice: 'See that a node runs, and look for "a job failed" in its log',
  },
  {
    id: 'mails_overdue',
    severity: 'warning',
    find: ({ seen, sends_mail }) =>
      sends_mail && above(seen.sweeps?.overdue_mails, 0)
        ? `${seen.sweeps?.overdue_mails} mails wait for more than an hour`
        : null,
    means: 'Holders are not told that their tokens expire or were found',
    advice: 'Look for "send mails" in the log of the nodes, and at the server of SMTP_URL',
  },
];
