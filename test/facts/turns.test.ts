import t from 'tap';
import { collectTurns } from '../../src/facts/turns.ts';

/** Answers that wait until they are let go, so that a test decides what overlaps. */
function gate() {
  const batches: { readonly questions: readonly number[]; readonly go: (error?: Error) => void }[] = [];
  const answerAll = (questions: readonly number[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const go = (error?: Error) => (error === undefined ? resolve(questions.map((each) => each * 10)) : reject(error));
      batches.push({ questions, go });
    });
  return { batches, answerAll };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

t.test('what is asked in one turn is asked together, and each gets its own answers', async (t) => {
  const { batches, answerAll } = gate();
  const ask = collectTurns(answerAll, { questions_max: 100, statements_max: 9 });
  const asked = [ask([1, 2]), ask([3]), ask([])];
  await turn();
  t.same(
    batches.map((batch) => batch.questions),
    [[1, 2, 3]],
  );
  batches[0]?.go();
  t.same(await Promise.all(asked), [[10, 20], [30], []]);
});

t.test('a group is never divided; what does not fit goes in the next statement', async (t) => {
  const { batches, answerAll } = gate();
  const ask = collectTurns(answerAll, { questions_max: 2, statements_max: 9 });
  const asked = [ask([1]), ask([2, 3, 4]), ask([5]), ask([6]), ask([7])];
  await turn();
  t.same(
    batches.map((batch) => batch.questions),
    [[1], [2, 3, 4], [5, 6], [7]],
  );
  for (const batch of batches) batch.go();
  t.same(await Promise.all(asked), [[10], [20, 30, 40], [50], [60], [70]]);
});

t.test('while enough statements are under way, questions wait and go together', async (t) => {
  const { batches, answerAll } = gate();
  const ask = collectTurns(answerAll, { questions_max: 100, statements_max: 1 });
  const first = ask([1]);
  await turn();
  const others = [ask([2]), ask([3])];
  await turn();
  t.equal(batches.length, 1);
  batches[0]?.go();
  t.same(await first, [10]);
  await turn();
  t.same(batches[1]?.questions, [2, 3]);
  batches[1]?.go();
  t.same(await Promise.all(others), [[20], [30]]);
});

t.test('F3: a fault is the answer of those who were asked about, and of nobody else', async (t) => {
  const { batches, answerAll } = gate();
  const ask = collectTurns(answerAll, { questions_max: 100, statements_max: 1 });
  const failing = [ask([1]), ask([2])];
  await turn();
  const next = ask([3]);
  batches[0]?.go(new Error('the database is gone'));
  for (const each of failing) await t.rejects(each, { message: 'the database is gone' });
  await turn();
  batches[1]?.go();
  t.same(await next, [30]);
});
