// Facts straight from the database, as they are at the moment of the question: what is asked in one turn of the event loop is
// one statement of each kind.

import type { Pool } from 'pg';
import { loadClientFactsRows } from '../db/client-facts.ts';
import { loadFactsRows } from '../db/facts.ts';
import { type FactsParameters, formOf } from '../db/facts-form.ts';
import { clientName } from './client-memory.ts';
import { decodeClient, decodeGrantedRepositories, decodeResource, decodeSubject } from './decode.ts';
import { nameKey } from './question-key.ts';
import type { ClientKey, FactsQuestion, LoadedClient, LoadedFacts, StrictFacts } from './source.ts';
import { collectTurns, type TurnLimits } from './turns.ts';

/**
 * Two statements of a kind under way: the database is never idle while questions wait, one that hangs does not stop all, and
 * under load the others collect into large batches, which cost both sides least.
 */
const LIMITS: TurnLimits = { questions_max: 500, statements_max: 2 };

function parametersOf({ subject, resource, bounded_client_id }: FactsQuestion): FactsParameters {
  const named = {
    subject_text: null as string | null,
    subject_id: null as number | null,
    resource_owner: null as string | null,
    resource_name: null as string | null,
    resource_id: null as number | null,
  };
  if (subject.type === 'token_text' || subject.type === 'session') named.subject_text = subject.digest;
  if (subject.type === 'token_id') named.subject_id = subject.id;
  if (subject.type === 'login') named.subject_text = nameKey(subject.login);
  if (resource.type === 'repository') {
    named.resource_owner = nameKey(resource.owner);
    named.resource_name = nameKey(resource.name);
  }
  if ('login' in resource) named.resource_owner = nameKey(resource.login);
  if (resource.type === 'repository_id') named.resource_id = resource.id;
  if (resource.type === 'organization_of_team') named.resource_id = resource.team_id;
  if (resource.type === 'enterprise') named.resource_owner = nameKey(resource.slug);
  // The statement finds an account by its login whatever its type; decodeResource tells persons from organizations.
  const resource_type = resource.type === 'account' ? 'user' : resource.type;
  return { subject_type: subject.type, resource_type, bounded_client_id, ...named };
}

type Asked = { readonly question: FactsQuestion; readonly parameters: FactsParameters };

/**
 * Facts as they are in the database at the moment of the question. `keeps_plans`: connections remember statements by their names.
 * `own_audience`: what this service is called by who says for whom an exchanged text is (T3).
 */
export function createStrictFacts(
  pool: Pool,
  clock: () => Date,
  { keeps_plans = true, own_audience = '' }: { readonly keeps_plans?: boolean; readonly own_audience?: string } = {},
): StrictFacts {
  async function allFacts(asked: readonly Asked[]): Promise<readonly LoadedFacts[]> {
    const rows = await loadFactsRows(
      pool,
      asked.map(({ parameters }) => parameters),
      { keeps_plans, own_audience },
    );
    const own_now = clock().getTime();
    return asked.map(({ question: { subject, resource } }, index) => {
      const row = rows[index];
      if (row === undefined) throw new Error('a question has no row of facts');
      const found = decodeSubject(row, subject);
      return {
        subject: found,
        resource: decodeResource(row, resource),
        now: new Date(Math.max(own_now, row.now.getTime())),
        granted_repositories: decodeGrantedRepositories(row, resource, found),
        epoch: row.epoch,
      };
    });
  }

  /** Most of what is asked in one turn is asked by few clients: each is looked up once. */
  async function allClients(keys: readonly ClientKey[]): Promise<readonly (LoadedClient | null)[]> {
    const different = [...new Map(keys.map((key) => [clientName(key), key])).values()];
    const found = new Map<string, LoadedClient | null>();
    const rows = await loadClientFactsRows(pool, different, { keeps_plans });
    const own_now = clock();
    for (const row of rows) {
      const key = different[row.n - 1];
      const client = decodeClient(row, own_now);
      const { secret_expires_at, epoch } = row;
      if (key !== undefined && client !== null) found.set(clientName(key), { client, secret_expires_at, epoch });
    }
    return keys.map((key) => found.get(clientName(key)) ?? null);
  }

  // What is asked all the time goes together, so that the statements that are made for it can be put.
  const collectedOf = () => ({
    any: collectTurns(allFacts, LIMITS),
    granted: collectTurns(allFacts, LIMITS),
    repository: collectTurns(allFacts, LIMITS),
  });
  const [collected, of_bounded] = [collectedOf(), collectedOf()];
  const loadAll = (questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> => {
    const asked = questions.map((question) => ({ question, parameters: parametersOf(question) }));
    const { kind, is_bounded } = formOf(asked.map(({ parameters }) => parameters));
    return (is_bounded ? of_bounded : collected)[kind](asked);
  };
  return {
    load: one(loadAll),
    loadAll,
    loadClient: one(collectTurns(allClients, LIMITS)),
  };
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
