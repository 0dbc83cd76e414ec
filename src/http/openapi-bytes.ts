// The OpenAPI document as it is sent. Whoever asks for it need not say who he is, and it is a megabyte: so it is written once, and its
// bytes are not copied for each who reads them slowly.

import type { App } from './app-type.ts';

type Format = 'json' | 'yaml';

const WRITTEN = new WeakMap<App, Map<Format, Buffer>>();

function write(app: App, format: Format): Buffer {
  return Buffer.from(format === 'yaml' ? app.swagger({ yaml: true }) : JSON.stringify(app.swagger()));
}

/** Once all routes are there. */
export function openapiBytes(app: App, format: Format): Buffer {
  const written = WRITTEN.get(app) ?? new Map<Format, Buffer>();
  WRITTEN.set(app, written);
  const bytes = written.get(format) ?? write(app, format);
  written.set(format, bytes);
  return bytes;
}
