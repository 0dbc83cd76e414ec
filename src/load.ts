// How much this process has to do at this moment, and whether it can do more (promises P23). What it can do no more of is refused early,
// in the order of what can wait: management first, then checks, and what takes something away last. Three things run short, and each has
// its bound: places for requests under way (memory), connections to the database, and turns of the event loop (the processor). Of places
// there are many for a burst, which is over soon, and few for as long as more comes than can be done: a queue that stays makes nothing
// quicker, but everybody in it waits for as long as it is, and its memory with him.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { watchLoad } from './metric-figures.ts';
import { countShed, type Shortage, type Urgency } from './metrics.ts';

/** Of each bound, what requests of this kind may take: beyond it there is room for what is more urgent. */
const PART: Readonly<Record<Urgency, number>> = { ending: 1, check: 0.75, other: 0.5 };

export type LoadLimits = {
  /** Requests under way, at most. */
  readonly requests_max: number;
  /** The same once so many have stayed for a while. */
  readonly standing_max: number;
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

/** A queue stands that was never shorter than this part of its bound, from one look to the next. */
const STANDING_PART = 0.25;
const STANDING_LOOK_MS = 25;
/** Who does next to nothing does not have long turns of his own making, and what he refused would make them no shorter. */
const UNDER_WAY_LEAST = 16;

const RESOLUTION_MS = 10;
const LOOK_MS = 250;
/** Fewer turns say nothing yet. */
const TURNS_MIN = 4;
const TELL_MS = 10_000;
const NANOSECONDS = 1_000_000;

export function createLoad(parts: LoadParts): Load {
  const { requests_max, waiting_max, lag_ms_max, waiting, log } = parts;
  const standing_max = Math.min(requests_max, parts.standing_max);
  const calm = standing_max * STANDING_PART;
  let under_way = 0;
  /** The least that were under way since the last look. */
  let least = 0;
  let places = requests_max;
  let lag_ms = 0;
  let shed = 0;
  watchLoad({ requests: () => under_way, lag_ms: () => lag_ms });

  function shortageFor(urgency: Urgency): Shortage | null {
    const part = PART[urgency];
    if (under_way >= places * part) return 'requests';
    if (waiting() >= waiting_max * part) return 'database';
    const is_slow = lag_ms_max > 0 && lag_ms >= lag_ms_max * part;
    return is_slow && under_way >= UNDER_WAY_LEAST * part ? 'event_loop' : null;
  }

  function tell(): void {
    if (shed > 0) log.warn({ count: shed, seconds: TELL_MS / 1000 }, 'requests were refused: there was too much to do');
    shed = 0;
  }

  function lookForStanding(): void {
    if (least >= calm) places = standing_max;
    least = under_way;
  }

  /** A queue that was nearly gone once stands no more. */
  function end(): void {
    under_way -= 1;
    if (under_way < least) least = under_way;
    if (under_way < calm) places = requests_max;
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
    const standing = setInterval(lookForStanding, STANDING_LOOK_MS).unref();
    const telling = setInterval(tell, TELL_MS).unref();
    return () => {
      clearInterval(look);
      clearInterval(standing);
      clearInterval(telling);
      turns.disable();
      tell();
    };
  }

  return {
    begin: () => {
      under_way += 1;
    },
    end,
    shortageFor,
    recordShed: (urgency, shortage) => {
      shed += 1;
      countShed(urgency, shortage);
    },
    watch,
  };
}
