// The bytes of a body as JSON, strictly (domain/json-text.ts). Malformed: 400. A value that cannot be taken: 422 with the
// member's path.

import { isUtf8 } from 'node:buffer';
import { type JsonFault, type JsonOptions, readJsonText } from '../domain/json-text.ts';
import { invalid, Refusal } from '../domain/refusal.ts';

export const DEPTH_MAX = 32;
const PATH_CHARACTERS_MAX = 200;

function unacceptable({ path, message }: JsonFault): Refusal {
  return invalid('Body', path.join('.').slice(0, PATH_CHARACTERS_MAX), 'invalid', message);
}

/** The value that these bytes stand for. Refuses as said above; messages tell a position, never the content. */
export function parseStrictJson(
  bytes: Buffer,
  options: JsonOptions = { depth_max: DEPTH_MAX },
  refuseValue: (fault: JsonFault) => Refusal = unacceptable,
): unknown {
  if (!isUtf8(bytes)) throw new Refusal('malformed_request', { message: 'The body is not UTF-8' });
  const read = readJsonText(bytes.toString('utf8'), options);
  if ('value' in read) return read.value;
  const { kind, message } = read.fault;
  throw kind === 'syntax' ? new Refusal('malformed_request', { message }) : refuseValue(read.fault);
}
