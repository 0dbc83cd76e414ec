// Questions of one turn of the event loop become one statement (performance.md, "micro-batch"). Owns when questions are put
// and which go together; what they ask and what the answer means is the caller's.

/** Answers these questions, one answer each in their order, from one state of the database. */
export type AnswerAll<Question, Answer> = (questions: readonly Question[]) => Promise<readonly Answer[]>;

export type TurnLimits = {
  /** More questions than these go in a further statement, so that none is long; a group is never divided. */
  readonly questions_max: number;
  /**
   * Statements under way at once. While so many are, questions wait and go together in the next one: under load few large
   * statements cost the database and this process less than many small ones.
   */
  readonly statements_max: number;
};

type Group<Question, Answer> = {
  readonly questions: readonly Question[];
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
};

/** The same question, collected: what is asked in one turn is asked together. The questions of one call are answered by one statement. */
export function collectTurns<Question, Answer>(
  answerAll: AnswerAll<Question, Answer>,
  limits: TurnLimits,
): AnswerAll<Question, Answer> {
  const waiting: Group<Question, Answer>[] = [];
  let is_scheduled = false;
  let under_way = 0;

  async function answer(groups: readonly Group<Question, Answer>[]): Promise<void> {
    under_way += 1;
    try {
      const answers = await answerAll(groups.flatMap((group) => group.questions));
      let from = 0;
      for (const { questions, resolve } of groups) {
        resolve(answers.slice(from, from + questions.length));
        from += questions.length;
      }
    } catch (error) {
      for (const { reject } of groups) reject(error);
    } finally {
      under_way -= 1;
      flush();
    }
  }

  /** The groups of the next statement: as many as fit, at least one. */
  function take(): Group<Question, Answer>[] {
    let count = 0;
    let questions = 0;
    for (const group of waiting) {
      questions += group.questions.length;
      if (count > 0 && questions > limits.questions_max) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  function flush(): void {
    is_scheduled = false;
    while (waiting.length > 0 && under_way < limits.statements_max) void answer(take());
  }

  return (questions) =>
    new Promise((resolve, reject) => {
      if (questions.length === 0) return resolve([]);
      waiting.push({ questions, resolve, reject });
      if (is_scheduled) return;
      is_scheduled = true;
      setImmediate(flush);
    });
}
