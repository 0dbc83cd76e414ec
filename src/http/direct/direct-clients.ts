// Which backend service calls, where that is known without asking. A header is read once; what it stands for is asked each time.

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import type { Capability } from '../../domain/vocabulary.ts';
import type { ClientKey } from '../../facts/source.ts';
import { gatewayPresentedBy } from '../credential.ts';

/** There are few backend services; beyond so many the headers are read anew. */
const HEADERS_MAX = 1000;

/** The client with this `Basic` header and capability; null: whoever it is, the general way tells him. */
export type FindClient = (header: string, capability: Capability) => ClientFacts | null;

export function directClients({ facts, config }: Deps): FindClient {
  const keys = new Map<string, ClientKey>();

  /** Read by the one reader of credentials, in the form in which a gateway presents a client. */
  function keyOf(header: string): ClientKey | null {
    const name = 'x-gateway-authorization';
    const request = { rawHeaders: [name, header], headers: { [name]: header } };
    return gatewayPresentedBy(request, config.token_prefix);
  }

  return (header, capability) => {
    const key = keys.get(header) ?? keyOf(header);
    const client = key === null ? null : facts.knownClient(key);
    if (key === null || client === null || !client.capabilities.includes(capability)) return null;
    if (keys.size < HEADERS_MAX) keys.set(header, key);
    return client;
  };
}
