// One request as bytes on a socket of its own, and its answer: what a client library would tidy up, or refuse to send.

import net from 'node:net';

export type RawAnswer = {
  readonly status: number;
  /** By lower-case name; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** The bytes of a request: each character is one byte. */
export function rawRequest(line: string, headers: readonly string[]): Buffer {
  return Buffer.from(`${[line, 'Host: x', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`, 'latin1');
}

function parse(received: string): RawAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const headers = lines.map((each) => [
    each.slice(0, each.indexOf(':')).toLowerCase(),
    each.slice(each.indexOf(':') + 2),
  ]);
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(headers), body: rest.join('\r\n\r\n') };
}

/** What the server answers before it closes the connection. */
export function rawCall(port: number, bytes: Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (part) => {
      received += part;
    });
    // A server that refuses early may close before everything was sent; what it said is read all the same.
    socket
      .on('error', (error) => (received === '' ? reject(error) : undefined))
      .on('close', () => resolve(parse(received)));
    socket.write(bytes);
  });
}
