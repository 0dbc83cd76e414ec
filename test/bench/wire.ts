// HTTP/1.1 over keep-alive connections, and no more of it than load needs: whole requests are written, whole answers are read.
// A client of a library takes as much of a core as the server that it should measure.

import { connect, type Socket } from 'node:net';

/** Head and body as one text, a byte a character. */
export type Answer = { readonly status: number; readonly text: string };

export type Connection = {
  /** One request at a time; `onAnswer` is called once, with null where the connection ended before. */
  readonly ask: (request: string, onAnswer: (answer: Answer | null) => void) => void;
  readonly close: () => void;
};

const READ_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
const STATUS_AT = 'HTTP/1.1 '.length;
const LENGTH = /\r\ncontent-length: *([0-9]+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
const CHUNKS_END = '\r\n0\r\n\r\n';

/** Whether the answer that begins here has arrived whole. */
function isWhole(text: string): boolean {
  const head_end = text.indexOf(HEAD_END);
  if (head_end < 0) return false;
  const head = text.slice(0, head_end);
  if (CHUNKED.test(head)) return text.endsWith(CHUNKS_END) || text.slice(head_end + 4) === CHUNKS_END.slice(2);
  const length = Number(LENGTH.exec(head)?.[1] ?? 0);
  return text.length >= head_end + HEAD_END.length + length;
}

/** An open connection to this port of this machine. */
export function openConnection(port: number): Promise<Connection> {
  let waiting: ((answer: Answer | null) => void) | null = null;
  let text = '';

  function answer(answered: Answer | null): void {
    const tell = waiting;
    waiting = null;
    text = '';
    tell?.(answered);
  }

  return new Promise((resolve, reject) => {
    const socket: Socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (bytes, buffer) => {
          const part = (buffer as Buffer).toString('latin1', 0, bytes);
          text = text === '' ? part : text + part;
          if (isWhole(text)) answer({ status: Number(text.slice(STATUS_AT, STATUS_AT + 3)), text });
          return true;
        },
      },
    });
    socket.on('error', reject); // after the connection is there, nobody listens to this; `close` follows
    socket.on('close', () => answer(null));
    socket.on('connect', () =>
      resolve({
        ask: (request, onAnswer) => {
          waiting = onAnswer;
          if (socket.destroyed) answer(null);
          else socket.write(request, 'latin1');
        },
        close: () => socket.destroy(),
      }),
    );
  });
}
