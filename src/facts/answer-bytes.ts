// An answer as bytes, and back. What reads is typed by what facts are: a member more of facts does not compile until it is read here,
// and reads wrongly in test/facts/answer-bytes.test.ts until it is written. What may not be remembered cannot be written: no credential,
// a session, what is not there.

import {
  readList,
  readNumber,
  readOrNull,
  readText,
  type Sink,
  type Source,
  writeList,
  writeNumber,
  writeOrNull,
  writeText,
} from './bytes.ts';
import { readResource, writeResource } from './resource-bytes.ts';
import type { FactsQuestion, GrantedRepository, LoadedFacts } from './source.ts';
import { readSubject, writeSubject } from './subject-bytes.ts';

/** The digest that was asked for, which need not be written. */
function digestAsked({ subject }: FactsQuestion): string | null {
  return subject.type === 'token_text' ? subject.digest : null;
}

/** What all names begin with: the owner and a slash, mostly. */
function beginningOf(list: readonly GrantedRepository[]): string {
  const first = list[0]?.full_name ?? '';
  const beginning = first.slice(0, first.indexOf('/') + 1);
  return list.every(({ full_name }) => full_name.startsWith(beginning)) ? beginning : '';
}

function writeListed(sink: Sink, list: readonly GrantedRepository[]): void {
  const beginning = beginningOf(list);
  writeText(sink, beginning);
  writeList(sink, list, (to, { id, full_name }) => {
    writeNumber(to, id);
    writeText(to, full_name.slice(beginning.length));
  });
}

function readListed(source: Source): readonly GrantedRepository[] {
  const beginning = readText(source);
  return readList(source, (from) => ({ id: readNumber(from), full_name: beginning + readText(from) }));
}

/** Spoils what is written to where the answer is one that may not be remembered. When it was given is not written. */
export function writeAnswer(sink: Sink, question: FactsQuestion, answer: LoadedFacts): void {
  writeNumber(sink, answer.epoch);
  writeSubject(sink, answer.subject, digestAsked(question));
  writeResource(sink, answer.resource);
  writeOrNull(sink, answer.granted_repositories, writeListed);
}

/** The state that the answer is of, which stands first in it. */
export const readEpoch: (source: Source) => number = readNumber;

/** The answer after its epoch, to the same question, as given now. */
export function readAnswer(
  source: Source,
  question: FactsQuestion,
  { epoch, now }: Pick<LoadedFacts, 'epoch' | 'now'>,
) {
  const subject = readSubject(source, digestAsked(question));
  const resource = readResource(source);
  const granted_repositories = readOrNull(source, readListed);
  const answer: LoadedFacts = { subject, resource, now, granted_repositories, epoch };
  return answer;
}
