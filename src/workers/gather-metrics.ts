// The metrics of all processes of the service, whichever of them is asked: a worker asks the parent, the parent asks all, and remembers
// what those had counted that have ended, or say nothing now: no sum may go back.

import cluster, { type Worker } from 'node:cluster';
import { Refusal } from '../domain/refusal.ts';
import { countsOf, metricsOfProcess, type ProcessMetrics, sumOfEnded } from '../metric-print.ts';
import { type ToParent, type ToWorker, typeOf } from './messages.ts';

/** Of a worker that says nothing for so long, what it said last is told. */
const ANSWER_MS = 2000;
/** Longer than the parent waits for the others. */
const PARENT_ANSWER_MS = 4000;

type Pending<Answer> = Map<number, (answer: Answer) => void>;

/** The answer to a question, or null where there was none in time. */
function answered<Answer>(pending: Pending<Answer>, question: number, ms: number): Promise<Answer | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      pending.delete(question);
      resolve(null);
    }, ms);
    pending.set(question, (answer) => {
      clearTimeout(timer);
      pending.delete(question);
      resolve(answer);
    });
  });
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

/** What processes had counted that have ended: as many parts as may stand beside each other before they are made one. */
const ENDED_PARTS_MAX = 8;

/** What is known of workers, by what they said last. What leaves one part of it is in the other one at once: nothing is told twice. */
function knowWorkers() {
  const heard = new Map<Worker, ProcessMetrics>();
  const ended: ProcessMetrics[] = [];
  let is_folding = false;

  async function fold(): Promise<void> {
    if (is_folding || ended.length < ENDED_PARTS_MAX) return;
    is_folding = true;
    const { length } = ended;
    const sum = await sumOfEnded(ended.slice(0, length));
    ended.splice(0, length, sum);
    is_folding = false;
  }

  return {
    hear: (worker: Worker, metrics: ProcessMetrics): void => {
      if (!worker.isDead()) heard.set(worker, metrics);
    },
    end: (worker: Worker): void => {
      ended.push(countsOf(heard.get(worker) ?? []));
      heard.delete(worker);
      void fold();
    },
    /** All that is known; of who has not answered now, only what goes on. */
    all: (answered_now: ReadonlySet<Worker>): readonly ProcessMetrics[] => [
      ...[...heard].map(([worker, metrics]) => (answered_now.has(worker) ? metrics : countsOf(metrics))),
      ...ended,
    ],
  };
}

/** In the parent: answers the questions of workers. */
export function answerGathering(): void {
  const pending: Pending<ProcessMetrics> = new Map();
  const known = knowWorkers();
  let last = 0;

  /** The worker, where it answers in time. */
  async function hear(worker: Worker): Promise<Worker | null> {
    last += 1;
    tell(worker, { type: 'tell metrics', question: last });
    const metrics = await answered(pending, last, ANSWER_MS);
    if (metrics !== null) known.hear(worker, metrics);
    return metrics === null ? null : worker;
  }

  async function gather(): Promise<readonly ProcessMetrics[]> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const [own, ...heard] = await Promise.all([metricsOfProcess(), ...workers.map(hear)]);
    return [own, ...known.all(new Set(heard.filter((each) => each !== null)))];
  }

  cluster.on('exit', known.end);
  cluster.on('message', (asker: Worker, given: ToParent) => {
    if (typeOf(given) === undefined) return;
    if (given.type === 'metrics') pending.get(given.question)?.(given.metrics);
    if (given.type !== 'ask metrics') return;
    const { question } = given;
    void gather().then((metrics) => tell(asker, { type: 'all metrics', question, metrics }));
  });
}

/** In a worker: what asks the parent. Where that says nothing there is no answer: a part would look like the whole. */
export function gatherThroughParent(): () => Promise<readonly ProcessMetrics[]> {
  const pending: Pending<readonly ProcessMetrics[]> = new Map();
  let last = 0;

  function send(message: ToParent): void {
    if (process.connected) process.send?.(message);
  }

  process.on('message', (given: ToWorker) => {
    if (typeOf(given) === undefined) return;
    if (given.type === 'all metrics') pending.get(given.question)?.(given.metrics);
    if (given.type !== 'tell metrics') return;
    const { question } = given;
    void metricsOfProcess().then((metrics) => send({ type: 'metrics', question, metrics }));
  });

  return async () => {
    last += 1;
    send({ type: 'ask metrics', question: last });
    const all = await answered(pending, last, PARENT_ANSWER_MS);
    if (all === null) throw new Refusal('unavailable');
    return all;
  };
}
