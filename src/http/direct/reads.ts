// What arrives on a connection that a server took, as text, without memory of its own for each piece: Node's usual way takes some, makes
// two objects and frees them later, which costs as much as a twelfth of a check. For connections that a program opens Node has an option
// (`onread`: one buffer, and a function to call); for those that a server takes there is no public name for it. So the option is
// set here by the names that it has inside, and where they are not there, everything arrives as usual: the same, for more.

import { Socket } from 'node:net';

export type Reads = {
  /** What arrives from now on goes the usual way again, to whoever reads the stream. */
  readonly leave: () => void;
};

/** As much as Node reads at once. */
const PIECE_BYTES_MAX = 65_536;
/** Of all connections: each piece is read before the next one arrives. */
const PIECE = Buffer.allocUnsafeSlow(PIECE_BYTES_MAX);

type Inside = { _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null };
type Names = { readonly buffer: symbol; readonly callback: symbol };

/** The same in all sockets. */
function namesIn(socket: Socket): Names | null {
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, callback] = [named('kBuffer'), named('kBufferCb')];
  return buffer === undefined || callback === undefined ? null : { buffer, callback };
}

const NAMES = namesIn(new Socket());

/** Calls `onText` with each piece, a byte a character. The socket is one that has not been read from. */
export function readText(socket: Socket, onText: (text: string) => void): Reads {
  const inside: Inside = socket as unknown as Inside;
  if (NAMES === null || typeof inside._handle?.useUserBuffer !== 'function') return readUsually(socket, onText);
  let has_left = false;
  const onPiece = (bytes: number): boolean => {
    if (has_left) return socket.push(Buffer.copyBytesFrom(PIECE, 0, bytes));
    onText(PIECE.toString('latin1', 0, bytes));
    return true;
  };
  Object.assign(socket, { [NAMES.buffer]: PIECE, [NAMES.callback]: onPiece });
  inside._handle.useUserBuffer(PIECE);
  return {
    leave: () => {
      has_left = true;
    },
  };
}

function readUsually(socket: Socket, onText: (text: string) => void): Reads {
  const onData = (bytes: Buffer): void => onText(bytes.toString('latin1'));
  socket.on('data', onData);
  return { leave: () => socket.off('data', onData) };
}
