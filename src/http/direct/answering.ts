// How a request that may be answered directly is judged in its turn, waits where something has to be asked for, and is answered: the same
// for whatever way it came in.

import type { Deps } from '../../deps.ts';
import type { DirectRoute, Exchange, Outcome, Told } from './exchange.ts';
import { tellGivenUp } from './given-up.ts';
import { createTurns } from './turns.ts';

/** What becomes of the request: one of both is called, once, unless nobody waits for the answer any more: that is told here. */
export type Ends = { readonly general: (exchange: Exchange) => void; readonly done: (exchange: Exchange) => void };

export type Answering = (exchange: Exchange, route: DirectRoute, ends: Ends) => void;

/** A request in its turn. `told`: what is to be written of it. */
type Arrived = {
  readonly exchange: Exchange;
  readonly route: DirectRoute;
  readonly ends: Ends;
  told: Told | null;
};

export function createAnswering(deps: Deps): Answering {
  const { config, freshness, log } = deps;

  /** A fault here is a bug: the general way answers, and the log tells. What has begun to be answered cannot be answered again. */
  function failed(error: unknown): 'general' {
    log.error({ err: error }, 'a direct answer failed');
    return 'general';
  }

  function attempted({ exchange, route }: Arrived): Outcome {
    try {
      return route.answer(exchange);
    } catch (error) {
      return failed(error);
    }
  }

  /** Whether somebody still waits for it; else that is told, and nothing else becomes of it. */
  function isWaitedFor({ exchange, route }: Arrived): boolean {
    if (exchange.channel.isWaiting()) return true;
    tellGivenUp(deps, route, exchange);
    exchange.channel.giveUp();
    return false;
  }

  function goGenerally(arrived: Arrived): void {
    if (isWaitedFor(arrived)) arrived.ends.general(arrived.exchange);
  }

  function write({ exchange, ends }: Arrived, { write: writeTold, body, more }: Told): void {
    try {
      writeTold(exchange, body, more);
    } catch (error) {
      failed(error);
      if (exchange.channel.isWaiting()) ends.general(exchange);
      else exchange.channel.giveUp();
      return;
    }
    ends.done(exchange);
  }

  /** No request waits longer than all others: from then on it is the general way's, which has its deadline. */
  function wait(arrived: Arrived, outcome: Promise<Told | 'general'>): void {
    let is_over = false;
    const end = (told: Told | 'general'): void => {
      if (is_over) return;
      is_over = true;
      clearTimeout(timer);
      if (!isWaitedFor(arrived)) return;
      if (told === 'general') arrived.ends.general(arrived.exchange);
      else write(arrived, told);
    };
    const timer = setTimeout(() => end('general'), config.request_timeout_ms);
    void outcome.then(end);
  }

  function judge(arrived: Arrived): boolean {
    if (!isWaitedFor(arrived)) return false;
    const outcome = attempted(arrived);
    if (outcome === 'general') goGenerally(arrived);
    else if (outcome instanceof Promise) wait(arrived, outcome);
    else arrived.told = outcome;
    return arrived.told !== null;
  }

  const take = createTurns<Arrived>({
    judge,
    write: (arrived) => arrived.told && write(arrived, arrived.told),
    instead: goGenerally,
    isFresh: freshness.isFresh,
  });
  return (exchange, route, ends) => take({ exchange, route, ends, told: null });
}
