// For tests within this process: a key is derived from a secret at next to no cost. What a service of its own has encrypted is not read here.

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const LEAST = { N: 2 };
const { scrypt } = crypto;

type Done = (error: Error | null, key: Buffer) => void;

Object.assign(crypto, {
  scrypt: (secret: string, salt: Buffer, length: number, _cost: object, done: Done) =>
    scrypt(secret, salt, length, LEAST, done),
});
syncBuiltinESMExports();
