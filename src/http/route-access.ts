// What every route must declare: for whom it is there. A route without it stops the boot (promises P20).

import type { Deps } from '../deps.ts';
import type { App } from './app-type.ts';

export type Access = { readonly open: true } | Readonly<Record<string, unknown>>;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    errors?: 'oauth';
  }
}

/** Called once by buildApp before any route is added. */
export function guardRoutes(app: App, _deps: Deps): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`the route \`${route.url}\` does not declare its access`);
  });
}
