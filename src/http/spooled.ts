// An answer that is written while its request is still being read. Many clients send their whole body before they read a byte:
// if the answer waited for them, and they for us, nothing would ever move again. What the client does not take is therefore
// kept, a little in memory and the rest in a file that has no name any more and goes with the process.

import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

const MEMORY_BYTES_MAX = 1024 * 1024;
const READ_BYTES = 64 * 1024;

type Spool = {
  readonly write: (bytes: Buffer) => Promise<void>;
  /** The next bytes in order; null: there are none at this moment. */
  readonly read: () => Promise<Buffer | null>;
  readonly close: () => Promise<void>;
};

/** The texts as a stream. Destroyed, it stops `texts` after the text that is being made; an error of `texts` destroys it. */
export function spooled(texts: AsyncIterable<string>): Readable {
  const spool = newSpool();
  let ended = false;
  let wake = (): void => undefined;
  async function next(): Promise<Buffer | null> {
    for (;;) {
      const written = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const was_ended = ended;
      const bytes = await spool.read();
      if (bytes !== null || was_ended) return bytes;
      await written;
    }
  }
  const stream = new Readable({
    read: () => {
      next().then(
        (bytes) => stream.push(bytes),
        (error) => stream.destroy(error),
      );
    },
    destroy: (error, done) => {
      ended = true;
      wake();
      spool.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  write(texts).then(
    () => {
      ended = true;
      wake();
    },
    (error) => stream.destroy(error),
  );
  return stream;

  async function write(all: AsyncIterable<string>): Promise<void> {
    for await (const text of all) {
      if (stream.destroyed) return;
      await spool.write(Buffer.from(text));
      wake();
    }
  }
}

function newSpool(): Spool {
  let memory: Buffer[] = [];
  let memory_bytes = 0;
  let file: FileHandle | undefined;
  let read_at = 0;
  let write_at = 0;
  let closed = false;
  async function read(): Promise<Buffer | null> {
    if (memory.length > 0) {
      const bytes = Buffer.concat(memory);
      memory = [];
      memory_bytes = 0;
      return bytes;
    }
    if (file === undefined || read_at === write_at) return null;
    const length = Math.min(READ_BYTES, write_at - read_at);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, read_at);
    read_at += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
  async function write(bytes: Buffer): Promise<void> {
    const is_behind = read_at < write_at;
    if (!is_behind && memory_bytes + bytes.length <= MEMORY_BYTES_MAX) {
      memory.push(bytes);
      memory_bytes += bytes.length;
      return;
    }
    file ??= await openUnnamed();
    if (closed) return file.close();
    if (!is_behind) read_at = write_at = 0; // all of it was taken: its room is used again
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, write_at + written);
      written += bytesWritten;
    }
    write_at += bytes.length;
  }
  async function close(): Promise<void> {
    closed = true;
    await file?.close();
  }
  return { read, write, close };
}

/** A file that nobody else can open, and that is gone when it is closed. */
async function openUnnamed(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  try {
    return await open(join(folder, 'answer'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
