// The figures of the table, each from sides that were sampled together.

import type { CellName } from './cells.ts';
import { compare, type Plan, ratioOf, type Samples, type Side, spreadOf } from './compare.ts';
import { coldSide, jwtSide, warmSide } from './contest.ts';
import { betterAuthSide, cerbosSide, oidcProviderSide, type PeersPlace } from './peers.ts';
import { type Processes, type Sample, withProcesses } from './processes.ts';
import { printNumber, type Row } from './rows.ts';
import type { World } from './world.ts';

export type Bench = {
  readonly world: World;
  readonly plan: Plan;
};

const AT_LEAST = {
  bare: 1,
  lean: 0.85,
  own_route: 0.8,
  cold: 0.65,
  oidc_provider: 10,
  better_auth: 20,
  jwt: 4,
  cerbos: 1,
};
const LATENCY_MS_MOST = 5;
const LOAD_OF_LATENCY = 0.6;

const perSecond = ({ per_second }: Sample): number => per_second;
const perProcessorSecond = ({ per_processor_second }: Sample): number => per_processor_second;

function told(name: string, samples: readonly Sample[]): string {
  const of = (read: (sample: Sample) => number): string => printNumber(spreadOf(samples.map(read)).median);
  const per_second = Math.round(spreadOf(samples.map(perSecond)).median);
  const us = printNumber(1e6 / spreadOf(samples.map(perProcessorSecond)).median);
  return `${name} ${per_second}/s, ${us} µs each, p50 ${of((each) => each.p50_ms)} p99 ${of((each) => each.p99_ms)} ms`;
}

type Pair = { readonly of: string; readonly to: string };

/**
 * How much of the one's speed the other has: in requests a second by the clock, and in requests for each second of processor time of
 * the servers. Alone on a machine they are the same. Where others share it, the clock flatters who waits for the load, and
 * processor time who waits for the database: what is less good for us is the figure, the other one is told beside.
 */
function ratioRow(
  samples: Samples,
  { of, to }: Pair,
  row: Pick<Row, 'figure' | 'unit'> & { least: number | null },
): Row {
  const by_clock = ratioOf(samples, of, to, perSecond);
  const by_processor = ratioOf(samples, of, to, perProcessorSecond);
  const is_clock = by_clock.median <= by_processor.median;
  const [seen, other] = is_clock ? [by_clock, by_processor] : [by_processor, by_clock];
  const sides = [of, to].map((name) => told(name, samples.get(name) ?? []));
  return {
    figure: row.figure,
    unit: `${row.unit}, by ${is_clock ? 'the clock' : 'processor time'}`,
    seen,
    wanted: row.least === null ? null : { at: 'least', value: row.least },
    notes: `by ${is_clock ? 'processor time' : 'the clock'} ${printNumber(other.median)}; ${sides.join('; ')}`,
  };
}

async function sampled(bench: Bench, choose: (processes: Processes) => Promise<readonly Side[]>): Promise<Samples> {
  return withProcesses(async (processes) => compare(await choose(processes), bench.plan));
}

/** One after another: each warms up alone. */
async function inTurn(makers: readonly (() => Promise<Side>)[]): Promise<readonly Side[]> {
  const sides: Side[] = [];
  for (const make of makers) sides.push(await make());
  return sides;
}

/** A check, or the service's own route, from memory, against the bare routes. */
export async function warmRows(bench: Bench, cell: CellName): Promise<readonly Row[]> {
  const { world } = bench;
  const has_body = cell === 'introspection' || cell === 'evaluation';
  const names = has_body ? (['service', 'bare', 'lean'] as const) : (['service', 'bare'] as const);
  const samples = await sampled(bench, (processes) =>
    inTurn(names.map((name) => () => warmSide(processes, world, cell, name))),
  );
  const least = cell === 'own route' ? AT_LEAST.own_route : AT_LEAST.bare;
  const figure = `warm ${cell}`;
  const bare = ratioRow(samples, { of: 'service', to: 'bare' }, { figure, unit: 'of bare Fastify', least });
  if (!has_body) return [bare];
  const unit = 'of bare Fastify with a lean body reader';
  return [bare, ratioRow(samples, { of: 'service', to: 'lean' }, { figure, unit, least: AT_LEAST.lean })];
}

export async function coldRow(bench: Bench, cell: CellName): Promise<Row> {
  const { world } = bench;
  const samples = await sampled(bench, (processes) =>
    inTurn([() => coldSide(processes, world, cell), () => warmSide(processes, world, cell, 'bare')]),
  );
  const figure = `cold ${cell}, each token first asked`;
  return ratioRow(samples, { of: 'cold', to: 'bare' }, { figure, unit: 'of bare Fastify', least: AT_LEAST.cold });
}

export async function jwtRow(bench: Bench, cell: CellName): Promise<Row> {
  const { world } = bench;
  const samples = await sampled(bench, (processes) =>
    inTurn([() => warmSide(processes, world, cell, 'service'), () => jwtSide(processes, world, cell)]),
  );
  const unit = 'times a bare route that verifies an ES256 JWT with jose';
  return ratioRow(samples, { of: 'service', to: 'jwt' }, { figure: `warm ${cell}`, unit, least: AT_LEAST.jwt });
}

export async function peerRows(bench: Bench, place: PeersPlace): Promise<readonly Row[]> {
  const { world } = bench;
  const figure = 'warm introspection';
  const samples = await sampled(bench, (processes) =>
    inTurn([
      () => warmSide(processes, world, 'introspection', 'service'),
      () => oidcProviderSide(processes, place),
      () => betterAuthSide(processes, place),
    ]),
  );
  const oidc = { figure, unit: 'times introspection of oidc-provider, PostgreSQL', least: AT_LEAST.oidc_provider };
  const keys = { figure, unit: 'times API-key verification of better-auth, PostgreSQL', least: AT_LEAST.better_auth };
  return [
    ratioRow(samples, { of: 'service', to: 'oidc-provider' }, oidc),
    ratioRow(samples, { of: 'service', to: 'better-auth' }, keys),
  ];
}

export async function cerbosRow(bench: Bench): Promise<Row> {
  const { world } = bench;
  const samples = await sampled(bench, (processes) =>
    inTurn([() => warmSide(processes, world, 'evaluation', 'service'), () => cerbosSide(processes, world)]),
  );
  const row = { figure: 'warm AuthZEN evaluation', unit: 'times Cerbos, per core', least: AT_LEAST.cerbos };
  return ratioRow(samples, { of: 'service', to: 'cerbos' }, row);
}

/** Requests that begin when they are due, at a share of what the server can do: how long the slowest of a hundred takes. */
export async function latencyRows(bench: Bench, cell: CellName): Promise<readonly Row[]> {
  const { world, plan } = bench;
  return withProcesses(async (processes) => {
    const sides = await inTurn(
      (['service', 'bare'] as const).map((name) => () => warmSide(processes, world, cell, name)),
    );
    const full = await compare(sides, plan);
    const paced = sides.map((side): Side => {
      const most = spreadOf((full.get(side.name) ?? []).map(perSecond)).median;
      return { ...side, amount: { ...plan.sample, rate: most * LOAD_OF_LATENCY } };
    });
    const samples = await compare(paced, plan);
    return sides.map(({ name }): Row => {
      const taken = samples.get(name) ?? [];
      return {
        figure: `p99 at 60 % load, warm ${cell}${name === 'bare' ? ', bare Fastify' : ''}`,
        unit: 'ms',
        seen: spreadOf(taken.map(({ p99_ms }) => p99_ms)),
        wanted: name === 'bare' ? null : { at: 'most', value: LATENCY_MS_MOST },
        notes: told(`at`, taken),
      };
    });
  });
}
