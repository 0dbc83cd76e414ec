// Samples of several sides in one run, one after another: forth in one round and back in the next (A B B A), each after a time of
// load that is not measured. Figures move from hour to hour; what stays is the ratio of samples that were taken together.

import type { Amount, Loaders, Sample, Server } from './processes.ts';

export type Side = {
  readonly name: string;
  readonly server: Server;
  readonly loaders: Loaders;
  readonly amount?: Amount;
  /** Before each sample, and before the load that comes before it. */
  readonly prepare?: () => Promise<void>;
};

export type Plan = {
  readonly rounds: number;
  readonly connections: number;
  /** Of a sample, and of the load before it. */
  readonly sample: Amount;
  readonly before: Amount;
};

/** The samples of each side, by its name, in the order of rounds. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export async function compare(sides: readonly Side[], plan: Plan): Promise<Samples> {
  const samples = new Map<string, Sample[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      await side.prepare?.();
      await side.loaders.take(side.server, plan.connections, plan.before);
      const sample = await side.loaders.take(side.server, plan.connections, side.amount ?? plan.sample);
      samples.get(side.name)?.push(sample);
    }
  }
  return samples;
}

export interface Spread {
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const ascending = values.toSorted((a, b) => a - b);
  return {
    median: middle(ascending),
    minimum: ascending[0] ?? Number.NaN,
    maximum: ascending.at(-1) ?? Number.NaN,
  };
}

/** The middle of ascending values. */
export function middle(values: readonly number[]): number {
  const half = values.length / 2;
  const pair = [values[Math.ceil(half) - 1], values[Math.floor(half)]];
  return ((pair[0] ?? Number.NaN) + (pair[1] ?? Number.NaN)) / 2;
}

/** Of each round, what `read` says of the one over what it says of the other. */
export function ratioOf(samples: Samples, of: string, to: string, read: (sample: Sample) => number): Spread {
  const [ours, theirs] = [samples.get(of) ?? [], samples.get(to) ?? []];
  return spreadOf(ours.map((sample, round) => read(sample) / read(theirs[round] ?? sample)));
}
