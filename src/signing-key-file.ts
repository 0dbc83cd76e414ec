// The file of private keys (SIGNING_KEY_FILE): a JWKS (RFC 7517) with the private members, for who keeps keys outside the database.

import { readFile } from 'node:fs/promises';
import { readSigningKey, type SigningKey } from './signing-keys.ts';
import { startRefusal } from './start-refusal.ts';

const KEYS_MAX = 20;

/** The keys of the file, in its order. Throws, with what to change, where it cannot be read or holds anything else. */
export async function readSigningKeyFile(file: string): Promise<readonly SigningKey[]> {
  const members = await keysOf(file);
  const keys: SigningKey[] = [];
  for (const [index, member] of members.entries()) {
    const key = await readSigningKey(member);
    if (key === null) throw refused(`its key ${index} is no private key for ES256 or RS256`);
    if (keys.some(({ kid }) => kid === key.kid)) throw refused(`two of its keys are named ${key.kid}`);
    keys.push(key);
  }
  return keys;
}

async function keysOf(file: string): Promise<readonly unknown[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw refused(`it cannot be read (${error instanceof Error ? error.message : error})`, error);
  }
  let keys: unknown;
  try {
    ({ keys } = (JSON.parse(text) ?? {}) as { keys?: unknown }); // a member that may be there
  } catch {
    throw refused('it is no JSON'); // the text is not repeated: it is a secret
  }
  if (Array.isArray(keys) && keys.length > 0 && keys.length <= KEYS_MAX) return keys;
  throw refused(`it must be a JWKS, \`{"keys": [...]}\`, with 1 to ${KEYS_MAX} private keys`);
}

function refused(why: string, cause?: unknown): Error {
  return startRefusal(`Change \`SIGNING_KEY_FILE\`: ${why}.`, cause);
}
