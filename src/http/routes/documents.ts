// What describes this API: the OpenAPI document, and the page that every error's `documentation_url` leads to. The
// browsable form of the document, `/docs`, comes from http/openapi.ts.

import { Type } from 'typebox';
import { REASON_CODES, REASONS } from '../../domain/reason.ts';
import type { AddRoutes } from '../app-type.ts';
import { openapiBytes } from '../openapi-bytes.ts';

const OPEN = { access: { open: true as const } };

export const addDocumentRoutes: AddRoutes = (app): void => {
  app.get(
    '/openapi.json',
    {
      config: OPEN,
      schema: {
        summary: 'This document',
        tags: ['documents'],
        response: { 200: Type.Object({}, { description: 'An OpenAPI 3.1 document', additionalProperties: true }) },
      },
    },
    // A reply of bytes is not serialised again, whatever the schema says.
    (_request, reply) => reply.type('application/json; charset=utf-8').send(openapiBytes(app, 'json') as never),
  );

  const page = statusCodesPage();
  app.get('/docs/status-codes', { config: OPEN, schema: { hide: true } }, (_request, reply) =>
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
      .type('text/html; charset=utf-8')
      .send(page),
  );
};

/** Every code with its status and message; the code is the anchor. */
function statusCodesPage(): string {
  const rows = REASON_CODES.map((code) => {
    const { status, message } = REASONS[code];
    return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(message)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Gatehouse: status codes</title>
<style>body{font:16px/1.5 system-ui;margin:2rem;max-width:60rem}td,th{padding:.3rem 1rem;text-align:left}:target{background:#ffc}</style>
</head>
<body>
<h1>Codes of errors and decisions</h1>
<p>The member <code>code</code> of an error, and <code>reason</code> of a decision, is one of these.</p>
<table><tr><th>code</th><th>status</th><th>meaning</th></tr>
${rows.join('\n')}
</table>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
