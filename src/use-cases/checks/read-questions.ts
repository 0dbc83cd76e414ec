// Questions in words as questions that can be judged, by the catalogue in force.

import type { Deps } from '../../deps.ts';
import { BUILT_IN_CATALOGUE, type Catalogue } from '../../domain/catalogue.ts';
import { type Asked, askedBy, type Question } from './asked.ts';

/** Whether the action is named as an operation is, `METHOD /template`. */
function namesOperation({ action }: Question): boolean {
  return action.name.includes(' /');
}

/** Whoever asks about permissions and scopes does not wait for the catalogue: they are the same in all. */
function catalogueFor(deps: Deps, questions: readonly (Question | null)[]): Promise<Catalogue> | Catalogue {
  return questions.some((each) => each !== null && namesOperation(each))
    ? deps.catalogue.current()
    : BUILT_IN_CATALOGUE;
}

/** The questions in their order; null stays null. Faults: StorageUnavailable. */
export async function readQuestions(
  deps: Deps,
  questions: readonly (Question | null)[],
): Promise<readonly (Asked | null)[]> {
  const catalogue = await catalogueFor(deps, questions);
  const { token_prefix } = deps.config;
  return questions.map((each) => (each === null ? null : askedBy(each, catalogue, token_prefix)));
}

/** The same for one. */
export async function readQuestion(deps: Deps, question: Question): Promise<Asked> {
  return askedBy(question, await catalogueFor(deps, [question]), deps.config.token_prefix);
}

/** The same where the catalogue is known without asking; null: it has to be asked for. */
export function readQuestionKnown(deps: Deps, question: Question): Asked | null {
  const catalogue = namesOperation(question) ? deps.catalogue.known() : BUILT_IN_CATALOGUE;
  return catalogue === null ? null : askedBy(question, catalogue, deps.config.token_prefix);
}
