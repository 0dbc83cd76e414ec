// Which backend service calls, by Basic or, at the OAuth endpoints, by form members (RFC 6749 section 2.3.1); where it shows neither,
// by the certificate of its connection (RFC 8705).

import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { ClientFacts } from '../domain/caller.ts';
import { Refusal } from '../domain/refusal.ts';
import { authenticateByCertificate, authenticateClient } from '../use-cases/checks/authenticate.ts';
import type { ClientAccess } from './access.ts';
import { recordIfRefused } from './admit.ts';
import { thumbprintOf } from './client-certificate.ts';
import { clientFrom, type Presented, presentedBy } from './credential.ts';
import type { Form } from './form.ts';

async function admitPresented(
  deps: Deps,
  request: FastifyRequest,
  access: ClientAccess,
  presented: Presented,
): Promise<void> {
  if (presented.type === 'two') throw new Refusal('two_credentials');
  if (presented.type === 'none') throw new Refusal('authentication_required');
  if (presented.type !== 'client') throw new Refusal('bad_credential');
  const client = await authenticateClient(deps, presented, request.address);
  if (client === null) throw new Refusal('bad_credential');
  await admitKnown(deps, request, access, client);
}

async function admitKnown(
  deps: Deps,
  request: FastifyRequest,
  access: ClientAccess,
  client: ClientFacts,
): Promise<void> {
  request.caller = { ...request.caller, principal: { type: 'client', client } };
  if (client.capabilities.includes(access.client)) return;
  const refusal = new Refusal('capability_missing');
  await recordIfRefused(deps, request, refusal);
  throw refusal;
}

/** Whether the connection's certificate presents a client: asked where nothing else does. */
async function admitByCertificate(
  deps: Deps,
  request: FastifyRequest,
  access: ClientAccess,
  named: string | null,
): Promise<boolean> {
  const thumbprint = thumbprintOf(request, deps.clock());
  const client = thumbprint === null ? null : await authenticateByCertificate(deps, { thumbprint, named });
  if (client === null) return false;
  await admitKnown(deps, request, access, client);
  return true;
}

function takesForm(request: FastifyRequest): boolean {
  return request.routeOptions.config.errors === 'oauth';
}

export async function admitClient(deps: Deps, request: FastifyRequest, access: ClientAccess): Promise<void> {
  const presented = presentedBy(request.raw, deps.config.token_prefix);
  if (presented.type === 'none' && (takesForm(request) || (await admitByCertificate(deps, request, access, null))))
    return;
  await admitPresented(deps, request, access, presented);
}

/** Once the form is read: its credentials where no header had any; both together are two credentials. */
export async function admitClientByForm(deps: Deps, request: FastifyRequest): Promise<void> {
  const { access } = request.routeOptions.config;
  if (access === undefined || !('client' in access) || !takesForm(request)) return;
  const form = (request.body ?? {}) as Form; // http/form.ts made it, without repeated members
  const { client_id, client_secret } = form;
  const { principal } = request.caller;
  if (principal.type === 'client') {
    const contradicts = client_id !== undefined && client_id !== principal.client.client_id;
    if (client_secret !== undefined || contradicts) throw new Refusal('two_credentials');
    return;
  }
  const named = typeof client_id === 'string' ? client_id : null;
  if (client_secret === undefined && (await admitByCertificate(deps, request, access, named))) return;
  if (typeof client_id !== 'string' || typeof client_secret !== 'string') throw new Refusal('authentication_required');
  await admitPresented(deps, request, access, clientFrom(client_id, client_secret, deps.config.token_prefix));
}
