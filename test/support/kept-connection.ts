// One connection that is kept, as bytes on a socket of its own: which process answers does not change, and how it ends is seen.

import { once } from 'node:events';
import net from 'node:net';

export type KeptAnswer = {
  readonly status: number;
  /** The head as it was received. */
  readonly head: string;
  readonly text: string;
};

export type KeptConnection = {
  /** One request at a time. Rejected where the connection ends without the answer. */
  readonly ask: (request: string, headers?: readonly string[], body?: string) => Promise<KeptAnswer>;
  readonly end: () => void;
  /** Whether the other side has ended it. */
  readonly is_over: () => boolean;
};

type Waiting = { readonly resolve: (answer: KeptAnswer) => void; readonly reject: (error: Error) => void };

/** The answer at the beginning of these bytes, once all of it is there. */
function wholeAnswer(received: string): KeptAnswer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = received.slice(0, end);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const text = received.slice(end + 4);
  return text.length < length ? null : { status: Number(head.split(' ')[1]), head, text };
}

export async function keptConnection(port: number, from = '127.0.0.1'): Promise<KeptConnection> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: from }).setEncoding('latin1').setNoDelay(true);
  let received = '';
  let is_over = false;
  let waiting: Waiting | null = null;
  socket.on('data', (part) => {
    received += part;
    const answer = wholeAnswer(received);
    if (answer === null || waiting === null) return;
    const { resolve } = waiting;
    waiting = null;
    received = '';
    resolve(answer);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    is_over = true;
    waiting?.reject(new Error(`the connection ended without an answer, after ${JSON.stringify(received)}`));
  });
  await once(socket, 'connect');
  return {
    ask: (request, headers = [], body = '') =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        const lines = [`${request} HTTP/1.1`, 'Host: x', `Content-Length: ${body.length}`, ...headers];
        socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
      }),
    end: () => socket.destroy(),
    is_over: () => is_over,
  };
}
