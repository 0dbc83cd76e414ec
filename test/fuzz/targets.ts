// What fuzzed requests are aimed at, and how much of them at what (faults.md section 5). What is sent on a socket goes plain connections'
// way first (src/http/direct/plain-connections.ts), and Node's from the first request on that is not plain.

import fc from 'fast-check';
import { disguised } from './disguise.ts';
import { almostValid, EDITS, type Edit, inHeader, inUrl, parsed, place, type Sent, splitUrl, text } from './mutate.ts';
import { type Talk, talksOf } from './talk.ts';
import { type Wire, wires } from './wire.ts';

/** What the service has answered in its story and can be given back to it. */
export type Handed = { readonly cursors: readonly string[]; readonly consistency_tokens: readonly string[] };

const DIRECT =
  /^(?:POST \/oauth\/introspect|POST \/access\/v1\/evaluation|GET \/gateway\/(?:nginx|forward-auth)|GET \/repos\/[^/?]+\/[^/?]+)$/;

const mayBeDirect = ({ method, url }: Sent): boolean => DIRECT.test(`${method} ${url}`);

/** What a gateway says was asked for. */
const ORIGINAL = ['x-original-uri', 'x-forwarded-uri', 'x-original-method', 'x-forwarded-method', 'x-forwarded-host'];
const inOriginal = fc.tuple(fc.constantFrom(...ORIGINAL), place, text, fc.boolean()).map(
  ([name, at, value, is_whole]): Edit =>
    (request) => {
      const parts = (request.headers[name] ?? '/repos/analytical-engines/mill').split('/');
      parts[at % parts.length] = inUrl(value);
      return { ...request, headers: { ...request.headers, [name]: inHeader(is_whole ? value : parts.join('/')) } };
    },
);

const PAGED = ['after', 'before', 'cursor', 'page', 'per_page'];
type Place = { readonly at: number; readonly put: string; readonly drop: number };
const cut = (whole: string, { at, put, drop }: Place): string => {
  const from = at % (whole.length + 1);
  return whole.slice(0, from) + put + whole.slice(from + drop);
};

/** Cursors and consistency tokens: of another list, another route, whole or changed by a few characters. */
function handedBack({ cursors, consistency_tokens }: Handed): fc.Arbitrary<Edit> {
  const change = fc.record({
    at: place,
    put: fc.oneof(fc.constantFrom('', 'A', '-', '_', '=', '.', '%00', '+'), text),
    drop: fc.constantFrom(0, 1, 1, 2, 16),
  });
  const whole = fc.oneof(
    fc.constantFrom('', ...cursors),
    fc.tuple(fc.constantFrom('', ...cursors), change).map(([cursor, place]) => cut(cursor, place)),
  );
  const inCursor = fc.tuple(fc.constantFrom(...PAGED), whole, fc.boolean()).map(
    ([name, value, is_only]): Edit =>
      (request) => {
        const { path, query } = splitUrl(request.url);
        const added = `${name}=${inUrl(value)}`;
        return { ...request, url: `${path}?${is_only || query === '' ? added : `${query}&${added}`}` };
      },
  );
  const inPage = whole.map(
    (token): Edit =>
      (request) => ({ ...request, body: JSON.stringify({ ...parsedObject(request.body), page: { token } }) }),
  );
  const token = fc.tuple(fc.constantFrom('', ...consistency_tokens), change, fc.boolean());
  const inToken = token.map(
    ([found, place, is_whole]): Edit =>
      (request) => {
        const value = inHeader(is_whole ? found : cut(found, place));
        return { ...request, headers: { ...request.headers, 'x-consistency-token': value } };
      },
  );
  return fc.oneof(
    { weight: 4, arbitrary: inCursor },
    { weight: 1, arbitrary: inPage },
    { weight: 1, arbitrary: inToken },
    { weight: 1, arbitrary: EDITS.queries },
  );
}

function parsedObject(body: string | null): object {
  const value = parsed(body);
  return typeof value === 'object' && value !== null ? value : {};
}

/** What is drawn, sent, judged and kept: a request, several on a connection, or bytes. */
export type Drawn = { readonly request: Sent } | { readonly talk: Talk } | { readonly wire: Wire };

export type Target = {
  readonly name: string;
  /** How many of a hundred requests are aimed at it. */
  readonly share: number;
  /** About so many requests are in what is drawn once. */
  readonly requests: number;
  readonly drawn: fc.Arbitrary<Drawn>;
};

type Named = Pick<Target, 'name' | 'share'>;
const alone = (named: Named, requests: fc.Arbitrary<Sent>): Target => ({
  ...named,
  requests: 1,
  drawn: requests.map((request) => ({ request })),
});
const talked = (named: Named, requests: fc.Arbitrary<Sent>): Target => ({
  ...named,
  requests: 6,
  drawn: talksOf(requests).map((talk) => ({ talk })),
});

export function targetsOf(seeds: readonly Sent[], handed: Handed): readonly Target[] {
  const reading = seeds.filter(({ method, url }) => method === 'GET' || url.startsWith('/access/v1/search/'));
  const saying = seeds.filter(({ body }) => body !== null);
  const direct = seeds.filter(mayBeDirect);
  const onDirect = fc.oneof(
    { weight: 2, arbitrary: inOriginal },
    { weight: 2, arbitrary: disguised },
    { weight: 2, arbitrary: EDITS.any },
    { weight: 1, arbitrary: EDITS.bodies },
  );
  const directly = fc.oneof(fc.constantFrom(...direct), almostValid(direct, onDirect));
  return [
    alone({ name: 'routes', share: 14 }, almostValid(seeds)),
    alone({ name: 'extractor and parser', share: 14 }, almostValid(seeds, disguised)),
    alone({ name: 'paths', share: 12 }, almostValid(seeds, EDITS.paths)),
    alone({ name: 'bodies', share: 14 }, almostValid(saying, EDITS.bodies)),
    alone({ name: 'cursors', share: 12 }, almostValid(reading, handedBack(handed))),
    talked({ name: 'sockets, plain way', share: 17 }, directly),
    talked({ name: 'sockets, general way', share: 14 }, almostValid(seeds)),
    { name: 'sockets, sequences of bytes', share: 3, requests: 3, drawn: wires.map((wire) => ({ wire })) },
  ];
}
