// Backend services as the wire has them; never their secrets, but in the one answer that shows one.

import type { Static } from 'typebox';
import { CAPABILITIES } from '../../domain/vocabulary.ts';
import type { Client } from '../schemas/clients.ts';
import { printTime } from './time.ts';

export function presentClient(client: {
  readonly client_id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly audiences: readonly string[];
  readonly strip_prefixes: readonly string[];
  readonly organizations: string;
  readonly organization_logins: readonly string[];
  readonly certificates: readonly string[];
  readonly created_at: Date;
}): Static<typeof Client> {
  const { client_id, name } = client;
  return {
    client_id,
    name,
    capabilities: CAPABILITIES.filter((each) => client.capabilities.includes(each)),
    audiences: [...client.audiences],
    strip_prefixes: [...client.strip_prefixes],
    organizations: client.organizations === 'all' ? 'all' : [...client.organization_logins],
    certificates: [...client.certificates],
    created_at: printTime(client.created_at),
  };
}
