// What checks of the database see, and the words that they share.

import type { DatabaseSeen, ServerSetting } from '../../db/installation.ts';
import type { Check } from './finding.ts';

export type DatabaseFacts = {
  readonly seen: DatabaseSeen;
  readonly pending_migrations: readonly string[];
  /** Of one node: its pool, and what it opens beside that. */
  readonly connections_of_node: number;
  /** The service gives the embedded one what it needs itself. */
  readonly is_embedded: boolean;
  readonly freshness_ms: number;
  readonly sends_mail: boolean;
};
export type DatabaseCheck = Check<DatabaseFacts>;

const NAMES_SHOWN_MAX = 10;

/** A setting of the server; null where it has none such, or it could not be seen. */
export function setting({ seen }: DatabaseFacts, name: ServerSetting): string | null {
  return seen.server?.settings[name] ?? null;
}

/** Finds a setting that has this value. */
export function has(name: ServerSetting, value: string): DatabaseCheck['find'] {
  return (facts) => (setting(facts, name) === value ? `\`${name}\` is ${value}` : null);
}

/** Names in one sentence; null where there is none. */
export function naming(found: readonly string[] | null | undefined, what: string): string | null {
  if (found === null || found === undefined || found.length === 0) return null;
  const more = found.length > NAMES_SHOWN_MAX ? ` and ${found.length - NAMES_SHOWN_MAX} more` : '';
  return `${what}: ${found.slice(0, NAMES_SHOWN_MAX).join(', ')}${more}`;
}

/** Whether it was seen, and is more than that. */
export function above(value: number | null | undefined, limit: number): boolean {
  return value !== null && value !== undefined && value > limit;
}

export function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
