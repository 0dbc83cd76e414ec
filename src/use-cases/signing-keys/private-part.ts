// The private part of a signing key, as the settings say that it is kept: in the database, encrypted or not, or in a file.

import type { Config } from '../../config.ts';
import type { SigningKeyRow } from '../../db/signing-keys.ts';
import { decryptText, encryptText } from '../../secrets.ts';
import { readSigningKeyFile } from '../../signing-key-file.ts';
import { isSameKey, type SigningKey } from '../../signing-keys.ts';

type Jwk = SigningKey['private_jwk'];
type Kept = Pick<SigningKeyRow, 'kept_in' | 'private_part'>;

/** How the private part is kept from now on. */
export async function keepPrivatePart(
  { signing_key_secret }: Pick<Config, 'signing_key_secret'>,
  { kid, private_jwk }: Pick<SigningKey, 'kid' | 'private_jwk'>,
): Promise<Kept> {
  const text = JSON.stringify(private_jwk);
  if (signing_key_secret === null) return { kept_in: 'plain', private_part: text };
  const private_part = await encryptText(text, { secret: signing_key_secret, context: kid });
  return { kept_in: 'encrypted', private_part };
}

/** `as_set`: it is kept as the settings want it. */
export type OpenedPart = { readonly private_jwk: Jwk; readonly as_set: boolean };

/** The private part; null: no setting opens it. */
export async function openPrivatePart(config: Config, row: Omit<SigningKeyRow, 'id'>): Promise<OpenedPart | null> {
  if (row.kept_in === 'file') return ofFile(config, row);
  if (row.kept_in === 'plain') return readPart(row.private_part, false);
  const { signing_key_secret, signing_key_secret_previous } = config;
  for (const secret of [signing_key_secret, signing_key_secret_previous]) {
    if (secret === null) continue;
    const text = await decryptText(row.private_part ?? '', { secret, context: row.kid });
    if (text !== null) return readPart(text, secret === signing_key_secret);
  }
  return null;
}

/** What keepPrivatePart wrote: nobody else writes into the table, or can encrypt. */
function readPart(text: string | null, as_set: boolean): OpenedPart {
  return { private_jwk: JSON.parse(text ?? 'null') as Jwk, as_set };
}

async function ofFile(
  { signing_key_file }: Config,
  { kid, public_jwk }: Pick<SigningKeyRow, 'kid' | 'public_jwk'>,
): Promise<OpenedPart | null> {
  if (signing_key_file === null) return null;
  const keys = await readSigningKeyFile(signing_key_file);
  const key = keys.find((each) => each.kid === kid && isSameKey(each.public_jwk, public_jwk));
  return key === undefined ? null : { private_jwk: key.private_jwk, as_set: true };
}
