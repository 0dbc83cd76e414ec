// The file of roots (AUDIT_ROOT_FILE, promises P14) and its keys beside it: lines are appended and forced to the disk, nothing is
// ever written over. Kept where the database's administrators cannot write, it tells of whatever they undo.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { newSigningKey } from './secrets.ts';
import { startRefusal } from './start-refusal.ts';

const READ_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Makes sure that roots can be written. Refused at the start: a folder or a key that cannot be used. */
export async function prepareRootFile(file: string): Promise<void> {
  try {
    await rootKeyOf(file);
    await (await open(file, 'a+', 0o644)).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw startRefusal(`Change \`AUDIT_ROOT_FILE\`: ${file} or its key cannot be used (${reason}).`, error);
  }
}

/**
 * The private key `FILE.key`, made at the first time together with `FILE.pub`, which who verifies elsewhere takes along. Where that is
 * there without it, the key was lost: with another one nobody who has the public one could verify any more.
 */
export async function rootKeyOf(file: string): Promise<KeyObject> {
  const is_made = (await readIfThere(`${file}.pub`)) !== null;
  const found = await readIfThere(`${file}.key`);
  if (found !== null) return createPrivateKey(found);
  if (is_made)
    throw new Error(`${file}.key is gone: bring it back, or move ${file} and ${file}.pub away to begin anew`);
  const { privateKey, publicKey } = newSigningKey();
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Another node may be making it in the same moment: one of the two is written, and both read it.
  await writeFile(`${file}.key`, text, { flag: 'wx', mode: 0o600 }).catch(ignoreExisting);
  await writeFile(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' }).catch(
    ignoreExisting,
  );
  return createPrivateKey(await readFile(`${file}.key`, 'utf8'));
}

/** The public key beside the file of roots. */
export async function rootPublicKeyOf(file: string): Promise<KeyObject> {
  return createPublicKey(await readFile(`${file}.pub`, 'utf8'));
}

/** The last whole line, or null where there is none yet. */
export async function lastRootLine(file: string): Promise<string | null> {
  const handle = await open(file, 'a+', 0o644);
  try {
    const end = await wholeEnd(handle);
    if (end === 0) return null;
    const start = await newlineBefore(handle, end - 1);
    const { buffer } = await handle.read(Buffer.alloc(end - 1 - start), 0, end - 1 - start, start);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}

/** Appends a line and answers when it is on the disk. Half a line, which a crash left, is taken away first. */
export async function appendRootLine(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a+', 0o644);
  try {
    const end = await wholeEnd(handle);
    if (end !== (await handle.stat()).size) await handle.truncate(end);
    await handle.appendFile(`${line}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Where the last line that is whole ends. */
async function wholeEnd(handle: FileHandle): Promise<number> {
  return newlineBefore(handle, (await handle.stat()).size);
}

/** The position behind the last newline before `end`; 0 where there is none. */
async function newlineBefore(handle: FileHandle, end: number): Promise<number> {
  for (let to = end; to > 0; to -= READ_BYTES) {
    const from = Math.max(0, to - READ_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
    const at = buffer.lastIndexOf(NEWLINE);
    if (at >= 0) return from + at + 1;
  }
  return 0;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function ignoreExisting(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
  throw error;
}
