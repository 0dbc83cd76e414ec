// The path of a request that a gateway asks about: read once, and without what the gateway has before it.

import { type RequestPath, readPath } from './path.ts';

function beginsWith(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/**
 * The path without the longest prefix that ends on a segment border, taken away once; null where the path is refused.
 * A prefix that stands there only once it is decoded is ambiguous: one gateway has taken it away, the other has not. @rule C3
 */
export function readGatewayPath(target: string, strip_prefixes: readonly string[]): RequestPath | null {
  const path = readPath(target);
  if (path === null || strip_prefixes.length === 0) return path;
  const decoded = `/${path.segments.join('/')}`;
  const [longest] = strip_prefixes.filter((each) => beginsWith(decoded, each)).sort((a, b) => b.length - a.length);
  if (longest === undefined) return path;
  const [as_sent = ''] = target.split('?', 1);
  if (!beginsWith(as_sent, longest)) return null;
  const rest = path.segments.slice(longest.split('/').length - 1);
  return { ...path, segments: rest.length === 0 ? [''] : rest };
}
