// Which `permission:level` a subject holds on a resource (AuthZEN section 8.6).

import type { Deps } from '../../deps.ts';
import { decide } from '../../domain/decide.ts';
import { isForClient } from '../../domain/search.ts';
import { PERMISSIONS } from '../../domain/vocabulary.ts';
import { boundedClientId, subjectForClient } from '../checks/authenticate.ts';
import { recordTokenUse } from '../checks/record-token-use.ts';
import type { Page } from './fill-page.ts';
import type { SearchQuestion } from './search-question.ts';

const ACTIONS = PERMISSIONS.flatMap(({ name: permission, levels }) =>
  levels.map((level) => ({ name: `${permission}:${level}`, ask: { type: 'permission', permission, level } as const })),
).sort((a, b) => (a.name < b.name ? -1 : 1));

/** The names, in their order, of everything that an evaluation would allow. One load of facts answers all. @rule T6 */
export async function searchActions(
  deps: Deps,
  { client, asked, limit, after }: SearchQuestion,
): Promise<Page<string>> {
  const { subject: key, resource, path } = asked;
  if (key === null || resource === null) return { results: [], next: null };
  const facts = await deps.facts.load({ subject: key, resource, bounded_client_id: boundedClientId(client, key) });
  const subject = subjectForClient(facts, client);
  if (subject === null) return { results: [], next: null };
  recordTokenUse(deps, key, subject, facts.now);
  const held = ACTIONS.filter(({ name, ask }) => {
    if (after !== null && name <= after) return false;
    const decision = decide({ subject, resource: facts.resource }, { ask, path }, facts.now);
    return decision.effect === 'allow' && isForClient(client, facts.resource, decision);
  }).map(({ name }) => name);
  return { results: held.slice(0, limit), next: held.length > limit ? (held[limit - 1] ?? null) : null };
}
