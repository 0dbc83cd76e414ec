// Which gateway asks. It presents itself in a header of its own, so that `Authorization` stays the end caller's (contract 2).

import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import { authenticateClient } from '../use-cases/checks/authenticate.ts';
import { gatewayPresentedBy } from './credential.ts';
import { addressOfSocket } from './forwarded-address.ts';

/** Whose credential was tried too often is told like everybody whose credential is not right (contract 8). */
function nobodyIfRefused(error: unknown): null {
  if (error instanceof Refusal) return null;
  throw error;
}

/** 403 for whoever is no gateway: nothing is decided for him, and a 401 would be taken for a decision. */
export async function admitGateway(deps: Deps, request: FastifyRequest): Promise<void> {
  const presented = gatewayPresentedBy(request.raw, deps.config.token_prefix);
  // The gateway's own address: what it forwards tells of whom it asks about.
  const address = addressOfSocket(request.socket.remoteAddress);
  const client = presented === null ? null : await authenticateClient(deps, presented, address).catch(nobodyIfRefused);
  if (client === null || !client.capabilities.includes('gateway')) throw new Refusal('gateway_unauthenticated');
  request.caller = { ...request.caller, principal: { type: 'client', client } };
}
