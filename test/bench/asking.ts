// Load: keep-alive connections that ask about one subject after another, and look at every answer.

import { type Counted, countDurations } from './histogram.ts';
import { watchStops } from './stops.ts';
import { type Answer, type Connection, openConnection } from './wire.ts';

/** A request as it is written, and what has to stand in its answer beside the 200. */
export interface Ask {
  readonly request: string;
  readonly answers: readonly string[];
}

export interface Order {
  readonly port: number;
  readonly connections: number;
  /** Either. */
  readonly seconds?: number;
  readonly requests?: number;
  /** Requests a second that begin whether or not others were answered; absent: the next one begins with the answer. */
  readonly rate?: number;
  /** 503 is an answer too: there was too much to do. */
  readonly may_be_shed?: boolean;
  /** By connections that stay open for the next such order. `prepares`: they are opened, and each asks once before. */
  readonly keeps_connections?: boolean;
  readonly prepares?: boolean;
  /** Of the server, where it is to be told how long it had no core. */
  readonly pid?: number;
}

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 200 or not right, and requests without an answer. */
  readonly wrong: number;
  /** The same by what was wrong with them, and the first of them, for the reader. */
  readonly wrong_kinds: Readonly<Record<string, number>>;
  readonly example: string | null;
  readonly durations: Counted;
  /** Answers that said that there was too much to do, and how long after they were asked; not among the durations. */
  readonly shed: number;
  readonly shed_durations: Counted;
  /** The same less the time in which the server, or who asked, was ready to run and had no core. */
  readonly shed_own_durations: Counted;
}

/** How long after the last request answers are waited for. */
const PATIENCE_MS = 1000;
const SHED_PATIENCE_MS = 10_000;
/** What came instead is in the example. */
const KIND_LENGTH = 40;

/** Asks about these, one after the other and again from the first; each order goes on where the last one ended. */
export function createLoad(asks: readonly Ask[]): (order: Order) => Promise<Outcome> {
  const turn = { next: 0 };
  const next = (): Ask => asks[turn.next++ % asks.length] as Ask;
  let kept: readonly Connection[] = [];

  const open = ({ port }: Order, count: number): Promise<readonly Connection[]> =>
    Promise.all(Array.from({ length: count }, () => openConnection(port)));

  async function prepare(order: Order): Promise<void> {
    const left = kept.filter((each) => each.isOpen());
    kept = [...left, ...(await open(order, order.connections - left.length))];
    await Promise.all(kept.map((each) => anyAnswer(each, next())));
  }

  return async (order) => {
    if (order.prepares === true) await prepare(order);
    if (order.keeps_connections === true) return load(next, kept, order);
    const opened = await open(order, order.connections);
    const outcome = await load(next, opened, order);
    for (const connection of opened) connection.close();
    return outcome;
  };
}

/** Whatever it is: all ask at once. */
function anyAnswer(connection: Connection, { request }: Ask): Promise<void> {
  return new Promise((resolve, reject) =>
    connection.ask(request, (answer, ending) => (answer === null ? reject(new Error(ending)) : resolve())),
  );
}

/** What is wrong with it; null: nothing. */
function kindOf(answer: Answer | null, ending: string, answers: readonly string[]): string | null {
  if (answer === null) return `no answer, ${ending}`;
  if (answer.status !== 200) return String(answer.status);
  return answers.every((part) => answer.text.includes(part)) ? null : 'about something else';
}

async function load(
  next: () => Ask,
  open: readonly Connection[],
  { seconds, requests, rate, may_be_shed, pid }: Order,
): Promise<Outcome> {
  const durations = countDurations();
  const shed_durations = countDurations();
  const shed_own_durations = countDurations();
  const stops = watchStops(pid === undefined ? [] : [pid, process.pid]);
  let shed = 0;
  const began = performance.now();
  const ends_at = seconds === undefined ? Number.POSITIVE_INFINITY : began + seconds * 1000;
  const requests_max = requests ?? Number.POSITIVE_INFINITY;
  let begun = 0;
  let answered = 0;
  const wrong_kinds: Record<string, number> = {};
  let example: string | null = null;
  let last_at = began;

  function countWrong(kind: string, count = 1): void {
    wrong_kinds[kind] = (wrong_kinds[kind] ?? 0) + count;
  }

  function ask(connection: Connection, begins_at: number, then: (is_open: boolean) => void): void {
    const { request, answers } = next();
    begun += 1;
    const asked_at = performance.now();
    connection.ask(request, (answer, ending) => {
      last_at = performance.now();
      answered += 1;
      if (may_be_shed === true && answer?.status === 503) {
        shed += 1;
        shed_durations.add(last_at - asked_at);
        shed_own_durations.add(last_at - asked_at - stops.since(asked_at));
        return then(true);
      }
      durations.add(last_at - begins_at);
      const kind = kindOf(answer, ending, answers);
      if (kind !== null) {
        countWrong(kind.slice(0, KIND_LENGTH));
        example ??= `${request}\n→ ${kind} after ${Math.round(last_at - asked_at)} ms\n${answer?.text ?? ''}`;
      }
      then(answer !== null);
    });
  }

  const patience_ms = may_be_shed === true ? SHED_PATIENCE_MS : PATIENCE_MS;
  const isOver = (): boolean => begun >= requests_max || performance.now() >= ends_at;
  /** Each connection asks again when it was answered. */
  const closed = async (): Promise<void> => {
    await Promise.all(
      open.map(
        (connection) =>
          new Promise<void>((resolve) => {
            const again = (is_open: boolean): void =>
              !is_open || isOver() ? resolve() : ask(connection, performance.now(), again);
            again(true);
          }),
      ),
    );
  };
  /** A request begins when it is due. One that finds no free connection waits, and its time counts from when it was due. */
  const paced = (per_ms: number): Promise<void> =>
    new Promise((resolve) => {
      const free = [...open];
      const step = (): void => {
        const now = performance.now();
        const due = Math.min(requests_max, Math.floor((Math.min(now, ends_at) - began) * per_ms));
        // What nobody could be asked in time is asked no more, where the time is all that counts.
        const is_too_late = may_be_shed === true && now >= ends_at;
        while (begun < due && !is_too_late) {
          const connection = free.pop();
          if (connection === undefined) break;
          ask(connection, began + (begun + 1) / per_ms, (is_open) => is_open && free.push(connection));
        }
        if (now >= ends_at + patience_ms || ((begun >= due || is_too_late) && isOver() && answered === begun))
          resolve();
        else setImmediate(step);
      };
      step();
    });
  let is_over = false;
  const stayAwake = (): void => {
    if (is_over) return;
    stops.look();
    setImmediate(stayAwake);
  };
  stayAwake();
  await (rate === undefined ? closed() : paced(rate / 1000));
  is_over = true;
  stops.close();
  if (begun > answered) countWrong('no answer in time', begun - answered);
  return {
    requests: answered,
    seconds: (last_at - began) / 1000,
    wrong: Object.values(wrong_kinds).reduce((sum, count) => sum + count, 0),
    wrong_kinds,
    example,
    durations: durations.counted(),
    shed,
    shed_durations: shed_durations.counted(),
    shed_own_durations: shed_own_durations.counted(),
  };
}
