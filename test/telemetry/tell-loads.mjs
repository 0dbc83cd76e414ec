// Preloaded into a service: tells which packages of OpenTelemetry it loads.

import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

const told = new Set();

registerHooks({
  load(url, context, next) {
    const [, name] = /node_modules\/(@opentelemetry\/[^/]+)\//.exec(url) ?? [];
    if (name !== undefined && !told.has(name)) writeSync(2, `LOADED ${name}\n`);
    told.add(name);
    return next(url, context);
  },
});
