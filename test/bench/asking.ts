// Load: keep-alive connections that ask about one subject after another, and look at every answer.

import { type Counted, countDurations } from './histogram.ts';
import { type Connection, openConnection } from './wire.ts';

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
}

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 200 or not right, and requests without an answer. */
  readonly wrong: number;
  /** The first of them, for the reader. */
  readonly example: string | null;
  readonly durations: Counted;
  /** Answers that said that there was too much to do, and how long after they were asked; not among the durations. */
  readonly shed: number;
  readonly shed_durations: Counted;
  /** Of these, what was asked after the beginning, when every connection had been taken by the server and the load was steady. */
  readonly shed_steady_durations: Counted;
}

/** How long after the last request answers are waited for. */
const PATIENCE_MS = 1000;
const SHED_PATIENCE_MS = 10_000;
const BEGINNING_MS = 500;

/** Asks about these, one after the other and again from the first; each order goes on where the last one ended. */
export function createLoad(asks: readonly Ask[]): (order: Order) => Promise<Outcome> {
  const turn = { next: 0 };
  return (order) => load(asks, turn, order);
}

async function load(
  asks: readonly Ask[],
  turn: { next: number },
  { port, connections, seconds, requests, rate, may_be_shed }: Order,
): Promise<Outcome> {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const durations = countDurations();
  const shed_durations = countDurations();
  const shed_steady_durations = countDurations();
  let shed = 0;
  const began = performance.now();
  const ends_at = seconds === undefined ? Number.POSITIVE_INFINITY : began + seconds * 1000;
  const requests_max = requests ?? Number.POSITIVE_INFINITY;
  let begun = 0;
  let answered = 0;
  let wrong = 0;
  let example: string | null = null;
  let last_at = began;

  function ask(connection: Connection, begins_at: number, then: (is_open: boolean) => void): void {
    const { request, answers } = asks[turn.next++ % asks.length] as Ask;
    begun += 1;
    const asked_at = performance.now();
    connection.ask(request, (answer) => {
      last_at = performance.now();
      answered += 1;
      if (may_be_shed === true && answer?.status === 503) {
        shed += 1;
        shed_durations.add(last_at - asked_at);
        if (asked_at - began >= BEGINNING_MS) shed_steady_durations.add(last_at - asked_at);
        return then(true);
      }
      durations.add(last_at - begins_at);
      if (answer?.status !== 200 || !answers.every((part) => answer.text.includes(part))) {
        wrong += 1;
        example ??= `${request}\n→\n${answer?.text ?? 'no answer'}`;
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
    if (!is_over) setImmediate(stayAwake);
  };
  stayAwake();
  await (rate === undefined ? closed() : paced(rate / 1000));
  is_over = true;
  for (const connection of open) connection.close();
  return {
    requests: answered,
    seconds: (last_at - began) / 1000,
    wrong: wrong + (begun - answered),
    example,
    durations: durations.counted(),
    shed,
    shed_durations: shed_durations.counted(),
    shed_steady_durations: shed_steady_durations.counted(),
  };
}
