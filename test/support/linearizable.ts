// Whether what many clients were answered at once could have been answered one call after the other. The order of the calls that
// did something is that of their entries in the record, which each writes while it holds the token; every answer, of them
// and of those that did nothing, has to be what a sequential model says at a moment between the call and its answer.

export type Interval = {
  /** Moments of one clock that only counts; `began` before `ended`. */
  readonly began: number;
  readonly ended: number;
};

export type Judged<Call extends Interval> = {
  /** The calls that did something, in the order in which they say that they did it. */
  readonly effects: readonly Call[];
  /** All others. */
  readonly others: readonly Call[];
};

/**
 * What speaks against one order of all calls; empty where there is one. `play` plays a call on the state and answers what is
 * wrong with its answer, or null. It may change the state that it is given.
 */
export function orderFaults<State, Call extends Interval>(
  { effects, others }: Judged<Call>,
  start: State,
  play: (state: State, call: Call) => string | null,
): readonly string[] {
  const faults: string[] = [];
  const states: State[] = [structuredClone(start)];
  let last_began = Number.NEGATIVE_INFINITY;
  for (const [index, call] of effects.entries()) {
    if (last_began > call.ended) faults.push(`effect ${index}: it was answered before one that precedes it was asked`);
    last_began = Math.max(last_began, call.began);
    const state = structuredClone(states[index] as State);
    const fault = play(state, call);
    if (fault !== null) faults.push(`effect ${index}: ${fault}`);
    states.push(state);
  }
  for (const call of others) {
    const before = effects.findLastIndex((each) => each.ended < call.began) + 1;
    const next = effects.findIndex((each) => each.began > call.ended);
    const possible = states.slice(before, (next < 0 ? effects.length : next) + 1);
    const tried = possible.map((state) => play(structuredClone(state), call));
    if (!tried.includes(null)) faults.push(`no moment fits: ${[...new Set(tried)].join('; ')}`);
  }
  return faults;
}
