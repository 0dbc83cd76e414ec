// A part of a text points to the whole: what keeps a name that was cut out of a request keeps the request, with every secret in it
// (promises P15). So whatever is kept for long has a text of its own.

import { Buffer } from 'node:buffer';

/** The same text, which keeps nothing else. */
export function ownText(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le');
}
