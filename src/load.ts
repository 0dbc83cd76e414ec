// How much this process has to do at this moment, and whether it can do more (promises P23). What it can do no more of is refused early,
// in the order of what can wait: management first, then checks, and what takes something away last. Three things run short, and each has
// its bound: places for requests under way (memory), connections to the database, and turns of the event loop (the processor).

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { watchLoad } from './metric-figures.ts';
import { countShed, type Shortage, type Urgency } from './metrics.ts';

/** Of each bound, what requests of this kind may take: beyond it there is room for what is more urgent. */
const PART: Readonly<Record<Urgency, number>> = { ending: 1, check: 0.75, other: 0.5 };

export type LoadLimits = {
  /** Requests under way, at most. */
  readonly requests_max: number;
  /** Work that waits for a connection to the database, at most. */
  readonly waiting_max: number;
  /** How long a turn of the event loop may take, again and again; 0: that is not looked at. */
  readonly lag_ms_max: number;
};

export type LoadParts = LoadLimits & {
  /** How much waits for a connection now. */
  readonly waiting: () => number;
  readonly log: Logger;
};

export type Load = {
  /** One request more is under way, or one less. */
  readonly begin: () => void;
  readonly end: () => void;
  /** What there is too little of for one more request of this kind; null: it can be answered. */
  readonly shortageFor: (urgency: Urgency) => Shortage | null;
  /** Counts one request that was refused for it. */
  readonly recordShed: (urgency: Urgency, shortage: Shortage) => void;
  /** Looks at the event loop from now on; answers how to stop that. */
  readonly watch: () => () => void;
};

const RESOLUTION_MS = 10;
const LOOK_MS = 250;
/** Fewer turns say nothing yet. */
const TURNS_MIN = 4;
const TELL_MS = 10_000;
const NANOSECONDS = 1_000_000;

export function createLoad({ requests_max, waiting_max, lag_ms_max, waiting, log }: LoadParts): Load {
  let under_way = 0;
  let lag_ms = 0;
  let shed = 0;
  watchLoad({ requests: () => under_way, lag_ms: () => lag_ms });

  function shortageFor(urgency: Urgency): Shortage | null {
    const part = PART[urgency];
    if (under_way >= requests_max * part) return 'requests';
    if (waiting() >= waiting_max * part) return 'database';
    return lag_ms_max > 0 && lag_ms >= lag_ms_max * part ? 'event_loop' : null;
  }

  function tell(): void {
    if (shed > 0) log.warn({ count: shed, seconds: TELL_MS / 1000 }, 'requests were refused: there was too much to do');
    shed = 0;
  }

  /** Half of the turns of late took longer: where a queue stands every turn does; a single long one, as of a compilation, says nothing. */
  function watch(): () => void {
    const turns = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    turns.enable();
    const look = setInterval(() => {
      if (turns.count < TURNS_MIN) return;
      lag_ms = Math.max(0, turns.percentile(50) / NANOSECONDS - RESOLUTION_MS);
      turns.reset();
    }, LOOK_MS).unref();
    const telling = setInterval(tell, TELL_MS).unref();
    return () => {
      clearInterval(look);
      clearInterval(telling);
      turns.disable();
      tell();
    };
  }

  return {
    begin: () => {
      under_way += 1;
    },
    end: () => {
      under_way -= 1;
    },
    shortageFor,
    recordShed: (urgency, shortage) => {
      shed += 1;
      countShed(urgency, shortage);
    },
    watch,
  };
}
