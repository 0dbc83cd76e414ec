// Which backend service calls. A header is read once; what it stands for is looked up each time.

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import type { Capability } from '../../domain/vocabulary.ts';
import type { ClientKey } from '../../facts/source.ts';
import { ownText } from '../../own-text.ts';
import { rememberClient } from '../../use-cases/checks/authenticate.ts';
import { gatewayPresentedBy } from '../credential.ts';
import { askFor } from './asking.ts';
import type { Exchange, Outcome } from './exchange.ts';

/** There are few backend services; beyond so many the headers are read anew. */
const HEADERS_MAX = 1000;

export type Wanted = {
  /** `Basic`, as it arrived. */
  readonly header: string;
  readonly capability: Capability;
  readonly answer: (client: ClientFacts) => Outcome;
};

type Known = { readonly header: string; readonly key: ClientKey };

/** What is answered to who calls. Who cannot be found out, or may not, is the general way's to tell. */
export type AnswerClient = (exchange: Exchange, wanted: Wanted) => Outcome;

/** Who is known from before an outage is the general way's. */
function may({ capabilities, stale_ms }: ClientFacts, capability: Capability): boolean {
  return capabilities.includes(capability) && stale_ms === undefined;
}

export function directClients(deps: Deps): AnswerClient {
  const { facts, config } = deps;
  const read = new Map<string, Known>();
  /** The one that came last comes next: that two texts are the same is told sooner than where one of them is kept. */
  let last: Known | null = null;

  /** Read by the one reader of credentials, in the form in which a gateway presents a client. */
  function keyOf(header: string): ClientKey | null {
    const name = 'x-gateway-authorization';
    const request = { rawHeaders: [name, header], headers: { [name]: header } };
    return gatewayPresentedBy(request, config.token_prefix);
  }

  /** Behind proxies the general way knows from where the request comes. */
  function askFirst({ headers, channel }: Exchange, key: ClientKey, { capability, answer }: Wanted): Outcome {
    if (config.trusted_proxies.length > 0 && headers.forwarded_for !== null) return 'general';
    return askFor(deps.load, {
      ask: () => rememberClient(deps, key, { address: channel.address(), asksAgain: channel.isWaiting }),
      tell: (found) => (found !== null && may(found, capability) ? answer(found) : 'general'),
      refusal: 'general',
    });
  }

  function readAnew(header: string): Known | null {
    const key = keyOf(header);
    return key === null ? null : { header: ownText(header), key };
  }

  function knownBy(header: string): Known | null {
    return last?.header === header ? last : (read.get(header) ?? readAnew(header));
  }

  /** Only what is a live client's: else whoever sends much would fill the room. */
  function keep(known: Known): void {
    if (last === known) return;
    if (read.size < HEADERS_MAX) read.set(known.header, known);
    last = known;
  }

  return (exchange, wanted) => {
    const known = knownBy(wanted.header);
    if (known === null) return 'general';
    const client = facts.knownClient(known.key);
    if (client === null) return askFirst(exchange, known.key, wanted);
    if (!may(client, wanted.capability)) return 'general';
    keep(known);
    return wanted.answer(client);
  };
}
