// Which of two media types a caller would rather have (RFC 9110 section 12.5.1).

const QUALITY = /^0(?:\.[0-9]{0,3})?$|^1(?:\.0{0,3})?$/;

/** How much the header wants exactly this type, 0 to 1; what does not name it does not want it. A malformed part counts for nothing. */
function qualityOf(accept: string, type: string): number {
  let quality = 0;
  for (const part of accept.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    if (name !== type) continue;
    const q = parameters.find((each) => each.startsWith('q='))?.slice(2) ?? '1';
    if (QUALITY.test(q)) quality = Math.max(quality, Number(q));
  }
  return quality;
}

/** Whether the caller asks for `special` by its name, and not rather for `usual`. */
export function asksFor(accept: string | undefined, special: string, usual: string): boolean {
  if (accept === undefined) return false;
  const quality = qualityOf(accept, special);
  return quality > 0 && quality >= qualityOf(accept, usual);
}
