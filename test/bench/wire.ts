// HTTP/1.1 over keep-alive connections, and no more of it than load needs: whole requests are written, whole answers are read.
// A client of a library takes as much of a core as the server that it should measure.

import { connect, type Socket } from 'node:net';

/** Head and body as one text, a byte a character. */
export type Answer = { readonly status: number; readonly text: string };

export type Connection = {
  /** One request at a time; `onAnswer` is called once, with null where the connection ended before, and how it ended. */
  readonly ask: (request: string, onAnswer: (answer: Answer | null, ending: string) => void) => void;
  readonly isOpen: () => boolean;
  readonly close: () => void;
};

const READ_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
const STATUS_AT = 'HTTP/1.1 '.length;
const LENGTH = /\r\ncontent-length: *([0-9]+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
const CHUNKS_END = '\r\n0\r\n\r\n';

/** Where the answer that begins here ends; infinite: not all of it is there. */
function endOf(text: string): number {
  const head_end = text.indexOf(HEAD_END);
  if (head_end < 0) return Number.POSITIVE_INFINITY;
  const head = text.slice(0, head_end);
  const body_at = head_end + HEAD_END.length;
  if (!CHUNKED.test(head)) return body_at + Number(LENGTH.exec(head)?.[1] ?? 0);
  const is_whole = text.endsWith(CHUNKS_END) || text.slice(body_at) === CHUNKS_END.slice(2);
  return is_whole ? text.length : Number.POSITIVE_INFINITY;
}

/** An open connection to this port of this machine. */
export function openConnection(port: number): Promise<Connection> {
  let waiting: ((answer: Answer | null, ending: string) => void) | null = null;
  let text = '';
  let ending = 'closed';

  function answer(answered: Answer | null): void {
    const tell = waiting;
    waiting = null;
    text = '';
    tell?.(answered, ending);
  }

  return new Promise((resolve, reject) => {
    /** What nobody has asked for would be taken for the answer to the next question. */
    function giveUp(): void {
      ending = `more than was asked for: ${text}`;
      socket.destroy();
    }
    const socket: Socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (bytes, buffer) => {
          const part = (buffer as Buffer).toString('latin1', 0, bytes);
          text = text === '' ? part : text + part;
          const end = endOf(text);
          if (waiting === null || end < text.length) giveUp();
          else if (end === text.length) answer({ status: Number(text.slice(STATUS_AT, STATUS_AT + 3)), text });
          return true;
        },
      },
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      ending = error.code ?? error.message;
      reject(error); // after the connection is there, nobody listens to this; `close` follows
    });
    socket.on('close', () => answer(null));
    socket.on('connect', () =>
      resolve({
        ask: (request, onAnswer) => {
          waiting = onAnswer;
          if (socket.destroyed) answer(null);
          else socket.write(request, 'latin1');
        },
        isOpen: () => !socket.destroyed,
        close: () => socket.destroy(),
      }),
    );
  });
}
