// Which backend service calls, by Basic or, at the OAuth endpoints, by form members (RFC 6749 section 2.3.1).

import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { Refusal } from '../domain/refusal.ts';
import { authenticateClient } from '../use-cases/checks/authenticate.ts';
import type { ClientAccess } from './access.ts';
import { recordIfRefused } from './admit.ts';
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
  const client = await authenticateClient(deps, presented);
  if (client === null) throw new Refusal('bad_credential');
  request.caller = { ...request.caller, principal: { type: 'client', client } };
  if (client.capabilities.includes(access.client)) return;
  const refusal = new Refusal('capability_missing');
  await recordIfRefused(deps, request, refusal);
  throw refusal;
}

function takesForm(request: FastifyRequest): boolean {
  return request.routeOptions.config.errors === 'oauth';
}

export async function admitClient(deps: Deps, request: FastifyRequest, access: ClientAccess): Promise<void> {
  const presented = presentedBy(request.raw, deps.config.token_prefix);
  if (presented.type === 'none' && takesForm(request)) return;
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
  if (typeof client_id !== 'string' || typeof client_secret !== 'string') throw new Refusal('authentication_required');
  await admitPresented(deps, request, access, clientFrom(client_id, client_secret, deps.config.token_prefix));
}
