// How a request that may be answered directly is judged in its turn, waits where something has to be asked for, and is answered: the same
// for whatever way it came in.

import type { Deps } from '../../deps.ts';
import type { DirectRoute, Exchange, Outcome, Told } from './exchange.ts';
import { createTurns } from './turns.ts';

/** What becomes of the request: one of both is called, once, unless nobody waits for the answer any more. */
export type Ends = { readonly general: (exchange: Exchange) => void; readonly done: (exchange: Exchange) => void };

export type Answering = (exchange: Exchange, answer: DirectRoute['answer'], ends: Ends) => void;

/** A request in its turn. `told`: what is to be written of it. */
type Arrived = {
  readonly exchange: Exchange;
  readonly answer: DirectRoute['answer'];
  readonly ends: Ends;
  told: Told | null;
};

export function createAnswering({ config, freshness, log }: Deps): Answering {
  /** A fault here is a bug: the general way answers, and the log tells. What has begun to be answered cannot be answered again. */
  function failed(error: unknown): 'general' {
    log.error({ err: error }, 'a direct answer failed');
    return 'general';
  }

  function attempted(exchange: Exchange, answer: DirectRoute['answer']): Outcome {
    try {
      return answer(exchange);
    } catch (error) {
      return failed(error);
    }
  }

  function write(exchange: Exchange, { write: writeTold, body, more }: Told, { general, done }: Ends): void {
    try {
      writeTold(exchange, body, more);
    } catch (error) {
      failed(error);
      if (exchange.channel.isWaiting()) general(exchange);
      else exchange.channel.giveUp();
      return;
    }
    done(exchange);
  }

  /** No request waits longer than all others: from then on it is the general way's, which has its deadline. */
  function wait(exchange: Exchange, outcome: Promise<Told | 'general'>, ends: Ends): void {
    let is_over = false;
    const end = (told: Told | 'general'): void => {
      if (is_over) return;
      is_over = true;
      clearTimeout(timer);
      if (!exchange.channel.isWaiting()) return;
      if (told === 'general') ends.general(exchange);
      else write(exchange, told, ends);
    };
    const timer = setTimeout(() => end('general'), config.request_timeout_ms);
    void outcome.then(end);
  }

  function judge(arrived: Arrived): boolean {
    const { exchange, answer, ends } = arrived;
    const outcome = attempted(exchange, answer);
    if (outcome === 'general') ends.general(exchange);
    else if (outcome instanceof Promise) wait(exchange, outcome, ends);
    else arrived.told = outcome;
    return arrived.told !== null;
  }

  const take = createTurns<Arrived>({
    judge,
    write: ({ exchange, told, ends }) => told && write(exchange, told, ends),
    instead: ({ exchange, ends }) => ends.general(exchange),
    isFresh: freshness.isFresh,
  });
  return (exchange, answer, ends) => take({ exchange, answer, ends, told: null });
}
