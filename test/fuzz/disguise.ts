// Credentials that are almost those of the story (faults.md section 5, extractor and parser): the text cut, extended, changed by a
// character with or without a checksum that fits, and presented in ways that are not the canonical one. In a request stands how, not what:
// `@3~{…}`, so that a request that is kept means the same in the next run's story.

import fc from 'fast-check';
import { ALPHABET, checksumOf } from '../../src/text-form.ts';
import { type Edit, inHeader, place, text } from './mutate.ts';

const FORMS = [
  ...['Bearer', 'bearer', 'token', 'TOKEN', 'Basic', 'Digest', 'Bearer  ', ' Bearer', 'Bearer\t', 'Bearer:', ''],
  ...[
    'user',
    'password',
    'x-access-token',
    'no colon',
    'unpadded',
    'url',
    'twice encoded',
    'utf16',
    'list',
    'quoted',
    'raw',
  ],
] as const;
type Form = (typeof FORMS)[number];
type How = {
  readonly form: Form;
  readonly at: number;
  readonly drop: number;
  readonly put: string;
  readonly fits: boolean;
};

const how: fc.Arbitrary<How> = fc.record({
  form: fc.constantFrom(...FORMS),
  at: place,
  drop: fc.constantFrom(0, 0, 1, 1, 1, 6, 36, 1000),
  put: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ALPHABET) },
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: text },
  ),
  fits: fc.boolean(),
});

const WHERE = ['authorization', 'authorization', 'x-gateway-authorization', 'proxy-authorization'];
export const disguised: fc.Arbitrary<Edit> = fc.tuple(fc.constantFrom(...WHERE), place, how).map(
  ([name, n, each]): Edit =>
    (request) => ({ ...request, headers: { ...request.headers, [name]: `@${n}~${JSON.stringify(each)}` } }),
);

const base64 = (bytes: string | Buffer) => Buffer.from(bytes as string).toString('base64');

/** The text of the story's credential, whatever its way. */
function secretIn(authorization: string): string {
  const [scheme = '', rest = ''] = authorization.split(' ');
  return scheme === 'Basic' ? (Buffer.from(rest, 'base64').toString('latin1').split(':')[1] ?? '') : rest;
}

const PARTS = /^([A-Za-z0-9]+?(?:[psixc]_|_pat_))([0-9A-Za-z_]*)([0-9A-Za-z]{6})$/;

/** With the checksum of what it has become. */
function fitting(secret: string): string {
  const [, before, random = '', _] = PARTS.exec(secret) ?? [];
  return before === undefined ? secret : `${before}${random}${checksumOf(random.replaceAll('_', ''))}`;
}

function presented(form: Form, secret: string): string {
  switch (form) {
    case 'user':
      return `Basic ${base64(`${secret}:x-oauth-basic`)}`;
    case 'password':
      return `Basic ${base64(`ada:${secret}`)}`;
    case 'x-access-token':
      return `Basic ${base64(`x-access-token:${secret}`)}`;
    case 'no colon':
      return `Basic ${base64(secret)}`;
    case 'unpadded':
      return `Basic ${base64(`a:${secret}`).replaceAll('=', '')}`;
    case 'url':
      return `Basic ${Buffer.from(`ada:${secret}?>~`).toString('base64url')}`;
    case 'twice encoded':
      return `Basic ${base64(base64(`ada:${secret}`))}`;
    case 'utf16':
      return `Basic ${base64(Buffer.from(`ada:${secret}`, 'utf16le'))}`;
    case 'list':
      return `Bearer ${secret}, Bearer ${secret}`;
    case 'quoted':
      return `Bearer "${secret}"`;
    case 'raw':
      return secret;
    default:
      return `${form} ${secret}`;
  }
}

/** What is sent for a credential that stands by its number, `@3` or `@3~{…}`, or as it is. */
export function credentialText(credentials: readonly string[], value: string): string {
  const [, number, disguise] = /^@([0-9]+)(?:~(.*))?$/s.exec(value) ?? [];
  if (number === undefined) return value;
  const authorization = credentials[Number(number) % credentials.length] ?? '';
  if (disguise === undefined) return authorization;
  const { form, at, drop, put, fits }: How = JSON.parse(disguise);
  const secret = secretIn(authorization);
  const from = at % (secret.length + 1);
  const changed = secret.slice(0, from) + put + secret.slice(from + drop);
  return inHeader(presented(form, fits ? fitting(changed) : changed));
}
