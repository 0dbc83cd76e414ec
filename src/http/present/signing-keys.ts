// Signing keys as the wire has them: never a private part.

import type { Static } from 'typebox';
import type { PublishedKey } from '../../use-cases/signing-keys/list-published-keys.ts';
import type { SigningKey } from '../schemas/signing-keys.ts';
import { printTime } from './time.ts';

export function presentSigningKey(key: PublishedKey): Static<typeof SigningKey> {
  const { kid, algorithm, kept_in, state, created_at, signs_from } = key;
  return { kid, algorithm, kept_in, state, created_at: printTime(created_at), signs_from: printTime(signs_from) };
}
