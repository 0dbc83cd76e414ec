// Which of two media types a caller would rather have (RFC 9110 section 12.5.1).

const QUALITY = /^0(?:\.[0-9]{0,3})?$|^1(?:\.0{0,3})?$/;

/** How much the header wants what it calls by this name, 0 to 1; null: it has no such name. A malformed part counts for nothing. */
function qualityOf(accept: string, name: string): number | null {
  let quality: number | null = null;
  for (const part of accept.split(',')) {
    const [type, ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    if (type !== name) continue;
    const q = parameters.find((each) => each.startsWith('q='))?.slice(2) ?? '1';
    if (QUALITY.test(q)) quality = Math.max(quality ?? 0, Number(q));
  }
  return quality;
}

/** Whether the caller asks for `special` by its name, and not rather for `usual`, by its name or by one that stands for many. */
export function asksFor(accept: string | undefined, special: string, usual: string): boolean {
  if (accept === undefined) return false;
  const quality = qualityOf(accept, special) ?? 0;
  const names = [usual, `${usual.split('/')[0]}/*`, '*/*'];
  const rather = names.map((name) => qualityOf(accept, name)).find((each) => each !== null) ?? 0;
  return quality > 0 && quality >= rather;
}
