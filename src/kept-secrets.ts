// Secrets of others that this service keeps to use them again (those of webhooks): encrypted in the database under DATA_SECRET, where that
// is set. Opening is quick: the key is derived once a process, for a salt that the database has had from its beginning.

import { hash } from 'node:crypto';
import type { Config } from './config.ts';
import { deriveKey, openSealed, sealText } from './secrets.ts';

/** What is kept encrypted begins so, then says by which key. */
export const SEALED = 'sealed:v1:';
const KEY_ID_CHARACTERS = 8;

type Key = { readonly id: string; readonly key: Buffer };
type Keys = { readonly current: Key | null; readonly previous: Key | null };

export type KeptSecrets = {
  /** As it is to be kept from now on. `context`: whose it is; what is kept for somebody else does not open. Faults: StorageUnavailable. */
  readonly keep: (secret: string, context: string) => Promise<string>;
  /** The secret that was kept; null: no setting opens it. Faults: StorageUnavailable. */
  readonly open: (kept: string, context: string) => Promise<string | null>;
  /** How whatever is kept as the settings say begins; null: as it is. */
  readonly beginning: () => Promise<string | null>;
};

type Parts = {
  readonly config: Pick<Config, 'data_secret' | 'data_secret_previous'>;
  /** Random bytes that the database has, always the same. */
  readonly salt: () => Promise<Buffer>;
};

export function createKeptSecrets({ config, salt }: Parts): KeptSecrets {
  let known: Promise<Keys> | null = null;

  async function derive(): Promise<Keys> {
    const of_database = hash('sha256', Buffer.concat([Buffer.from('kept secrets'), await salt()]), 'buffer').subarray(
      0,
      16,
    );
    const keyOf = async (secret: string | null): Promise<Key | null> => {
      if (secret === null) return null;
      const key = await deriveKey(secret, of_database);
      return { key, id: hash('sha256', key, 'hex').slice(0, KEY_ID_CHARACTERS) };
    };
    return { current: await keyOf(config.data_secret), previous: await keyOf(config.data_secret_previous) };
  }

  function keys(): Promise<Keys> {
    const asked = known ?? derive();
    known = asked;
    asked.catch(() => {
      if (known === asked) known = null;
    });
    return asked;
  }

  return {
    keep: async (secret, context) => {
      const { current } = await keys();
      return current === null ? secret : `${SEALED}${current.id}:${sealText(current.key, secret, context)}`;
    },
    open: async (kept, context) => {
      if (!kept.startsWith(SEALED)) return kept;
      const { current, previous } = await keys();
      const [id, sealed = ''] = kept.slice(SEALED.length).split(':');
      const found = [current, previous].find((each) => each !== null && each.id === id);
      return found === undefined || found === null ? null : openSealed(found.key, sealed, context);
    },
    beginning: async () => {
      const { current } = await keys();
      return current === null ? null : `${SEALED}${current.id}:`;
    },
  };
}
