// A process that makes load: keep-alive connections that ask about one token after another, and check every answer. Takes
// one order after the other from the process that started it, and ends with it.

import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';
import type { WorkingToken } from '../support/large-world.ts';
import { CELLS, type CellName } from './cells.ts';

export interface Order {
  readonly port: number;
  readonly cell: CellName;
  readonly authorization: string;
  readonly connections: number;
  /** Either. */
  readonly seconds?: number;
  readonly requests?: number;
  /** Whether answers are about the token that was asked about; the bare route's are not. */
  readonly about: boolean;
}

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 200, not a yes, or about another token; and requests without an answer. */
  readonly wrong: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

const [tokens_file = '', offset = '0'] = process.argv.slice(2);
const tokens = JSON.parse(readFileSync(tokens_file, 'utf8')) as WorkingToken[];
let next = Number(offset);

async function load(order: Order): Promise<Outcome> {
  const { path, content_type, body, yes, about } = CELLS[order.cell];
  const asked = new WeakMap<object, string>();
  let answered = 0;
  let wrong = 0;
  const result = await autocannon({
    url: `http://127.0.0.1:${order.port}`,
    connections: order.connections,
    ...(order.seconds === undefined ? { amount: order.requests ?? 1 } : { duration: order.seconds }),
    requests: [
      {
        method: 'POST',
        path,
        headers: { 'content-type': content_type, authorization: order.authorization },
        setupRequest: (request, context) => {
          const token = tokens[next++ % tokens.length];
          if (token === undefined) throw new Error('there are no tokens');
          asked.set(context, about(token));
          return { ...request, body: body(token) };
        },
        onResponse: (status, answer, context) => {
          answered += 1;
          const is_about = !order.about || answer.includes(asked.get(context) ?? 'nothing was asked');
          if (status !== 200 || !answer.includes(yes) || !is_about) wrong += 1;
        },
      },
    ],
  });
  return {
    requests: answered,
    seconds: result.duration,
    wrong: wrong + result.errors + result.timeouts,
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
  };
}

process.on('disconnect', () => process.exit(0));
process.on('message', async (order: Order) => {
  process.send?.(await load(order));
});
