// Facts straight from the database, as they are at the moment of the question: what is asked in one turn of the event loop is
// one statement of each kind.

import type { Pool } from 'pg';
import { loadClientFactsRows } from '../db/client-facts.ts';
import { type FactsParameters, loadFactsRows } from '../db/facts.ts';
import type { ClientFacts } from '../domain/caller.ts';
import { decodeClient, decodeGrantedRepositories, decodeResource, decodeSubject } from './decode.ts';
import type { ClientKey, FactsQuestion, FactsSource, LoadedFacts } from './source.ts';
import { collectTurns, type TurnLimits } from './turns.ts';

/**
 * Two statements of a kind under way: the database is never idle while questions wait, one that hangs does not stop all, and
 * under load the others collect into large batches, which cost both sides least.
 */
const LIMITS: TurnLimits = { questions_max: 500, statements_max: 2 };

/** Names are ASCII; lower case of anything else may be another's name (`K` of Kelvin becomes `k`), so it names nothing. */
const ASCII = /^[\x21-\x7e]+$/;

function keyOf(name: string): string | null {
  return ASCII.test(name) ? name.toLowerCase() : null;
}

function parameters({ subject, resource, bounded_client_id }: FactsQuestion): FactsParameters {
  const named = {
    subject_text: null as string | null,
    subject_id: null as number | null,
    resource_owner: null as string | null,
    resource_name: null as string | null,
    resource_id: null as number | null,
  };
  if (subject.type === 'token_text' || subject.type === 'session') named.subject_text = subject.digest;
  if (subject.type === 'token_id') named.subject_id = subject.id;
  if (subject.type === 'login') named.subject_text = keyOf(subject.login);
  if (resource.type === 'repository') {
    named.resource_owner = keyOf(resource.owner);
    named.resource_name = keyOf(resource.name);
  }
  if ('login' in resource) named.resource_owner = keyOf(resource.login);
  if (resource.type === 'repository_id') named.resource_id = resource.id;
  if (resource.type === 'organization_of_team') named.resource_id = resource.team_id;
  if (resource.type === 'enterprise') named.resource_owner = keyOf(resource.slug);
  // The statement finds an account by its login whatever its type; decodeResource tells persons from organizations.
  const resource_type = resource.type === 'account' ? 'user' : resource.type;
  return { subject_type: subject.type, resource_type, bounded_client_id, ...named };
}

/** Facts as they are in the database at the moment of the question. */
export function createStrictFacts(pool: Pool, clock: () => Date): FactsSource {
  async function allFacts(questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
    const rows = await loadFactsRows(pool, questions.map(parameters));
    const own_now = clock().getTime();
    return questions.map(({ subject, resource }, index) => {
      const row = rows[index];
      if (row === undefined) throw new Error('a question has no row of facts');
      return {
        subject: decodeSubject(row, subject),
        resource: decodeResource(row, resource),
        now: new Date(Math.max(own_now, row.now.getTime())),
        visible_to_client: row.visible_to_client === true,
        granted_repositories: decodeGrantedRepositories(row, resource),
      };
    });
  }

  /** Most of what is asked in one turn is asked by few clients: each is looked up once. */
  async function allClients(keys: readonly ClientKey[]): Promise<readonly (ClientFacts | null)[]> {
    const different = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
    const found = new Map<string, ClientFacts | null>();
    const rows = await loadClientFactsRows(pool, different);
    const own_now = clock();
    for (const row of rows) {
      const key = different[row.n - 1];
      if (key !== undefined) found.set(nameOf(key), decodeClient(row, own_now));
    }
    return keys.map((key) => found.get(nameOf(key)) ?? null);
  }

  const loadAll = collectTurns(allFacts, LIMITS);
  return {
    load: one(loadAll),
    loadAll,
    client: one(collectTurns(allClients, LIMITS)),
  };
}

/** Neither part has a blank. */
function nameOf({ client_id, digest }: ClientKey): string {
  return `${client_id} ${digest}`;
}

/** The same for one question. */
function one<Question, Answer>(
  all: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  return async (question) => {
    const [answer] = await all([question]);
    if (answer === undefined) throw new Error('a question has no answer');
    return answer;
  };
}
