// Facts straight from the database: questions of one turn of the event loop become one statement (performance.md).

import type { Pool } from 'pg';
import { type FactsParameters, loadFactsRows } from '../db/facts.ts';
import { decodeResource, decodeSubject } from './decode.ts';
import type { FactsQuestion, FactsSource, LoadedFacts } from './source.ts';

/** More questions than these go in several statements, so that one statement stays short. */
const QUESTIONS_PER_STATEMENT_MAX = 500;

type Waiting = {
  readonly question: FactsQuestion;
  readonly resolve: (facts: LoadedFacts) => void;
  readonly reject: (error: unknown) => void;
};

function parameters({ subject, resource, bounded_client_id }: FactsQuestion): FactsParameters {
  const named = {
    subject_text: null as string | null,
    subject_id: null as number | null,
    resource_owner: null as string | null,
    resource_name: null as string | null,
  };
  if (subject.type === 'token_text' || subject.type === 'session') named.subject_text = subject.digest;
  if (subject.type === 'token_id') named.subject_id = subject.id;
  if (subject.type === 'login') named.subject_text = subject.login.toLowerCase();
  if (resource.type === 'repository') {
    named.resource_owner = resource.owner.toLowerCase();
    named.resource_name = resource.name.toLowerCase();
  }
  if ('login' in resource) named.resource_owner = resource.login.toLowerCase();
  if (resource.type === 'enterprise') named.resource_owner = resource.slug.toLowerCase();
  // The statement finds an account by its login whatever its type; decodeResource tells persons from organizations.
  const resource_type = resource.type === 'account' ? 'user' : resource.type;
  return { subject_type: subject.type, resource_type, bounded_client_id, ...named };
}

async function answer(pool: Pool, clock: () => Date, waiting: readonly Waiting[]): Promise<void> {
  try {
    const rows = await loadFactsRows(
      pool,
      waiting.map((each) => parameters(each.question)),
    );
    const own_now = clock().getTime();
    for (const [index, { question, resolve, reject }] of waiting.entries()) {
      const row = rows[index];
      if (row === undefined) {
        reject(new Error('a question has no row of facts'));
        continue;
      }
      resolve({
        subject: decodeSubject(row, question.subject),
        resource: decodeResource(row, question.resource),
        now: new Date(Math.max(own_now, row.now.getTime())),
        visible_to_client: row.visible_to_client === true,
      });
    }
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}

/** Facts as they are in the database at the moment of the question. */
export function createStrictFacts(pool: Pool, clock: () => Date): FactsSource {
  let waiting: Waiting[] = [];

  function flush(): void {
    const collected = waiting;
    waiting = [];
    for (let from = 0; from < collected.length; from += QUESTIONS_PER_STATEMENT_MAX) {
      void answer(pool, clock, collected.slice(from, from + QUESTIONS_PER_STATEMENT_MAX));
    }
  }

  return {
    load: (question) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ question, resolve, reject });
      }),
  };
}
