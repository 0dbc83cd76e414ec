// The sessions that `gatehouse login` keeps, one for each service, in a file that only its owner may read: XDG_CONFIG_HOME/gatehouse/
// sessions.json. They end after SESSION_TTL whatever happens to the file.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EXIT, failure } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export type KeptSession = { readonly login: string; readonly token: string; readonly expires_at: string };
type Kept = Readonly<Record<string, KeptSession>>;

function folder({ env }: Terminal): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'gatehouse');
}

/** Where they are. */
export function sessionsFile(terminal: Terminal): string {
  return join(folder(terminal), 'sessions.json');
}

async function readKept(terminal: Terminal): Promise<Kept> {
  const file = sessionsFile(terminal);
  try {
    const kept: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof kept === 'object' && kept !== null) return kept as Kept; // each is looked at before it is used
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
  }
  throw failure(EXIT.configuration, `${file} cannot be read: take it away, and sign in again.`, {
    code: 'configuration',
  });
}

/** The session with this service that has not ended yet. */
export async function keptSession(terminal: Terminal, url: string): Promise<KeptSession | null> {
  const found = (await readKept(terminal))[url];
  if (typeof found?.token !== 'string') return null;
  return Date.parse(found.expires_at) > terminal.now().getTime() ? found : null;
}

/** Keeps the session with this service in place of the one before; null: keeps none. */
export async function keepSession(terminal: Terminal, url: string, session: KeptSession | null): Promise<void> {
  const { [url]: _before, ...others } = await readKept(terminal);
  const kept: Kept = session === null ? others : { ...others, [url]: session };
  const file = sessionsFile(terminal);
  if (Object.keys(kept).length === 0) return rm(file, { force: true });
  await mkdir(folder(terminal), { recursive: true, mode: 0o700 });
  // Written beside and put in place in one step: nobody ever reads half of it, or a file that others may read.
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  await rename(beside, file);
}
