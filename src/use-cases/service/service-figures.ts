// What the database says of the service as a whole, for who scrapes the metrics: at most one question a second, however often it is
// asked, and nobody waits long for an answer.

import { readServiceFigures } from '../../db/service-figures.ts';
import type { Deps } from '../../deps.ts';
import type { ServiceFigures } from '../../metric-figures.ts';
import { lastRootLine } from '../../root-file.ts';
import type { AuditRoot } from '../audit/audit-root.ts';

const KEPT_MS = 1000;
const ANSWER_MS = 1000;

type Parts = Pick<Deps, 'db' | 'config' | 'clock'> & { readonly monotonic_ms: () => number };
type Root = Pick<AuditRoot, 'at' | 'horizon'>;

/** The last root; its signature is for who verifies the record. */
async function lastRoot({ config }: Parts): Promise<Root | null> {
  const line = config.audit_root_file === null ? null : await lastRootLine(config.audit_root_file);
  return line === null ? null : (JSON.parse(line) as Root); // our own line
}

async function readFigures(parts: Parts): Promise<ServiceFigures> {
  // A file that cannot be read is the job's to tell, which cannot write it either.
  const root = await lastRoot(parts).catch(() => null);
  const now = parts.clock();
  const found = await readServiceFigures(parts.db, { now, horizon: root?.horizon ?? null });
  const { nodes, differing, due, later, under_way, waits_ms, logs_since } = found;
  return {
    nodes,
    differing,
    webhooks: { due, later, under_way },
    webhook_waits_ms: waits_ms,
    roots: root === null ? null : { age_ms: now.getTime() - Date.parse(root.at), logs_since: logs_since ?? 0 },
  };
}

/** Answers the figures, null where the database does not in time. Never fails. */
export function createServiceFigures(parts: Parts): () => Promise<ServiceFigures | null> {
  let asked: { readonly at: number; readonly answer: Promise<ServiceFigures | null> } | null = null;

  function ask(): Promise<ServiceFigures | null> {
    const late = new Promise<null>((resolve) => setTimeout(resolve, ANSWER_MS, null).unref());
    return Promise.race([readFigures(parts).catch(() => null), late]);
  }

  return () => {
    const now = parts.monotonic_ms();
    if (asked === null || now - asked.at >= KEPT_MS) asked = { at: now, answer: ask() };
    return asked.answer;
  };
}
