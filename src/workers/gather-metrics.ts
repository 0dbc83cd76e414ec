// The metrics of all processes of the service, whichever of them is asked: a worker asks the parent, the parent asks all.

import cluster, { type Worker } from 'node:cluster';
import { metricsOfProcess, type ProcessMetrics } from '../metrics.ts';
import { type ToParent, type ToWorker, typeOf } from './messages.ts';

/** A worker that says nothing for so long is left out. */
const ANSWER_MS = 1000;
/** Longer than the parent waits for the others. */
const PARENT_ANSWER_MS = 2000;

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

/** In the parent: answers the questions of workers. */
export function answerGathering(): void {
  const pending: Pending<ProcessMetrics> = new Map();
  let last = 0;

  function ofWorker(worker: Worker): Promise<ProcessMetrics | null> {
    last += 1;
    tell(worker, { type: 'tell metrics', question: last });
    return answered(pending, last, ANSWER_MS);
  }

  async function gather(): Promise<readonly ProcessMetrics[]> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const all = await Promise.all([metricsOfProcess(), ...workers.map(ofWorker)]);
    return all.filter((each) => each !== null);
  }

  cluster.on('message', (asker: Worker, given: ToParent) => {
    if (typeOf(given) === undefined) return;
    if (given.type === 'metrics') pending.get(given.question)?.(given.metrics);
    if (given.type !== 'ask metrics') return;
    const { question } = given;
    void gather().then((metrics) => tell(asker, { type: 'all metrics', question, metrics }));
  });
}

/** In a worker: what asks the parent. Where that says nothing, the worker's own are all there are. */
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
    return (await answered(pending, last, PARENT_ANSWER_MS)) ?? [await metricsOfProcess()];
  };
}
