// The service about itself: what is open to all.

import { firstRows, nobody, type Step, shows } from './step.ts';

/** As much of the document as tells what it is. */
function head({ openapi, info }: { openapi: string; info: unknown }): unknown {
  return { openapi, info };
}

/** The figures change with every request; what stands between them does not. */
function headings(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^# (?:HELP|TYPE) gatehouse_/.test(line))
    .join('\n');
}

/** There are some two hundred scopes. */
function shortScopes(metadata: { scopes_supported: readonly string[] }): unknown {
  return { ...metadata, scopes_supported: metadata.scopes_supported.slice(0, 3) };
}

export const SERVICE: readonly Step[] = [
  shows('GET /health/live', 200, 'The process lives', nobody),
  shows('GET /health/ready', 200, 'Checks can be answered', nobody),
  shows('GET /metrics', 200, 'What is measured', nobody, { show: headings }),
  shows('GET /openapi.json', 200, 'The document', nobody, { show: head }),
  shows('GET /.well-known/oauth-authorization-server', 200, 'The OAuth endpoints', nobody, { show: shortScopes }),
  shows('GET /.well-known/oauth-protected-resource', 200, 'This API as a protected resource', nobody, {
    show: shortScopes,
  }),
  shows('GET /.well-known/authzen-configuration', 200, 'The evaluation endpoints', nobody),
  shows('GET /permissions', 200, 'The first permissions', nobody, { show: firstRows(3) }),
  shows('GET /scopes', 200, 'The first scopes', nobody, { show: firstRows(3) }),
];
