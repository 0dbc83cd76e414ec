// The file of the last commit (EPOCH_FILE): kept where a restore of the database does not reach, it tells at the next start whether the
// database lacks what was answered before. Written anew as a whole, so that a crash leaves the one before.

import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { KeptEpoch } from './domain/lineage.ts';
import { startRefusal } from './start-refusal.ts';

/** Makes sure that the file can be read and written. Refused at the start: one that cannot be used. */
export async function prepareEpochFile(file: string): Promise<void> {
  try {
    await readEpochFile(file);
    await (await open(`${file}.new`, 'a', 0o644)).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw startRefusal(`Change \`EPOCH_FILE\`: ${file} cannot be used (${reason}).`, error);
  }
}

/** What it says; null: there is none yet. */
export async function readEpochFile(file: string): Promise<KeptEpoch | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return keptEpochOf(text);
}

function keptEpochOf(text: string): KeptEpoch {
  const read: unknown = JSON.parse(text);
  if (typeof read === 'object' && read !== null && 'epoch' in read && 'mark' in read) {
    const { epoch, mark } = read;
    const is_number = typeof epoch === 'number' && Number.isSafeInteger(epoch);
    if (is_number && (typeof mark === 'string' || mark === null)) return { epoch, mark };
  }
  throw new Error('it is not what this service writes');
}

/** Answers when it is on the disk. */
export async function writeEpochFile(file: string, { epoch, mark }: KeptEpoch): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o644);
  try {
    await handle.writeFile(`${JSON.stringify({ epoch, mark })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}
