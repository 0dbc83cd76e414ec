// From where a request comes, as everything that counts or records it has it: read in one place, by forwarded-address.ts, because the
// framework takes what a proxy writes as it stands: with a port each connection would be another address, and count for itself (T4).

import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { App } from './app-type.ts';
import { addressBehind } from './forwarded-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: its connection has gone, or has no address. */
    readonly address: string | null;
  }
}

/** Called once by buildApp, before anything that asks. */
export function addAddresses(app: App, { config }: Pick<Deps, 'config'>): void {
  const addressOf = addressBehind(config.trusted_proxies);
  app.decorateRequest('address', {
    getter(this: FastifyRequest) {
      return addressOf(this.raw);
    },
  });
}

/** The same for one that has no members yet: the framework says by itself that its path cannot be read. */
export function addressGiver({ config }: Pick<Deps, 'config'>): (request: FastifyRequest) => void {
  const addressOf = addressBehind(config.trusted_proxies);
  return (request) => void Object.defineProperty(request, 'address', { value: addressOf(request.raw) });
}
