// The keys of those whom organizations believe: inline, or fetched and kept for a while. A key that is not known may be a new
// one, so the document is fetched again, at most once a minute. What cannot be fetched is a fault (503), never a yes.

import type { Logger } from 'pino';
import { Refusal } from './domain/refusal.ts';
import type { Outbound, OutboundAnswer } from './outbound.ts';
import {
  keysFor,
  readSignedHeader,
  readVerificationKeys,
  type SignedHeader,
  type VerificationKey,
  verifiedPayload,
} from './verification-keys.ts';

/** How long fetched keys count; one that its owner took back counts no longer than this. */
const KEPT_MS = 5 * 60 * 1000;
/** How often an unknown key is looked for: whoever makes up names of keys must not make us call others. */
const LOOKED_AGAIN_MS = 60 * 1000;
const FETCH_MS_MAX = 5000;
/** As it is fetched, and as it may stand in the settings. */
export const KEY_DOCUMENT_BYTES_MAX = 64 * 1024;
const DOCUMENTS_MAX = 1000;

/** Where the keys are. */
export type KeySource = { readonly jwks: unknown } | { readonly jwks_uri: string };

export type KeySets = {
  /** What the text says if a key of the source has signed it; null: none has. Refuses: 503 `unavailable`. @rule O3 */
  readonly verify: (text: string, source: KeySource) => Promise<unknown | null>;
};

export type KeySetParts = {
  readonly outbound: Outbound;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly request_timeout_ms: number;
};

/** A document as it was when it was fetched. */
type Kept = {
  readonly keys: Promise<readonly VerificationKey[]>;
  readonly fetched_ms: number;
  /** When an unknown key last made us fetch it, and whether that failed. */
  readonly looked_again: { readonly at_ms: number; readonly failed: boolean } | null;
};

export function createKeySets({ outbound, clock, log, request_timeout_ms }: KeySetParts): KeySets {
  const kept = new Map<string, Kept>();
  // The answer must come before the caller is told that there is none.
  const timeout_ms = Math.min(FETCH_MS_MAX, Math.floor(request_timeout_ms * 0.8));

  async function fetchKeys(url: string): Promise<readonly VerificationKey[]> {
    const answer = await outbound.call({
      ...{ url, method: 'GET', headers: { accept: 'application/json' } },
      ...{ timeout_ms, response_bytes_max: KEY_DOCUMENT_BYTES_MAX, plain_http: false },
    });
    const keys = answer.outcome === 'answered' ? await readDocument(answer) : null;
    if (keys !== null) return keys;
    log.warn({ host: new URL(url).host, ...reasonOf(answer) }, 'the keys of an organization cannot be fetched');
    throw unavailable();
  }

  /** Those who ask meanwhile wait for the same answer. What fails is forgotten, and what was there before counts on. */
  function keep(url: string, looked_again: Kept['looked_again'], before: Kept | null): Kept {
    const entry: Kept = { keys: fetchKeys(url), fetched_ms: clock().getTime(), looked_again };
    kept.delete(url);
    kept.set(url, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= DOCUMENTS_MAX) break;
      kept.delete(oldest);
    }
    entry.keys.catch(() => {
      if (kept.get(url) !== entry) return;
      const { keys, fetched_ms } = before ?? { ...entry, fetched_ms: Number.NEGATIVE_INFINITY };
      kept.set(url, { keys, fetched_ms, looked_again: looked_again && { ...looked_again, failed: true } });
    });
    return entry;
  }

  function current(url: string): Kept {
    const entry = kept.get(url);
    const age_ms = entry === undefined ? Number.POSITIVE_INFINITY : clock().getTime() - entry.fetched_ms;
    if (entry !== undefined && age_ms >= 0 && age_ms < KEPT_MS) return entry;
    return keep(url, entry?.looked_again ?? null, null);
  }

  /** The document anew, unless that was done within the minute; null: it was. */
  function lookAgain(url: string, seen: Kept): Kept | null {
    const latest = kept.get(url) ?? seen;
    if (latest.keys !== seen.keys) return latest;
    const at_ms = clock().getTime();
    const { looked_again } = latest;
    if (looked_again === null || at_ms - looked_again.at_ms >= LOOKED_AGAIN_MS) {
      return keep(url, { at_ms, failed: false }, latest);
    }
    if (looked_again.failed) throw unavailable();
    return null;
  }

  async function verifyByUrl(text: string, header: SignedHeader, url: string): Promise<unknown | null> {
    const first = current(url);
    const keys = keysFor(await first.keys, header);
    const payload = await verifiedPayload(text, keys);
    // A wrong signature by a known key is no reason to look for others; a signature that names no key may be by a new one.
    if (payload !== null || (header.kid !== null && keys.length > 0)) return payload;
    const again = lookAgain(url, first);
    return again === null ? null : verifiedPayload(text, keysFor(await again.keys, header));
  }

  async function verify(text: string, source: KeySource): Promise<unknown | null> {
    const header = readSignedHeader(text);
    if (header === null) return null;
    if ('jwks_uri' in source) return verifyByUrl(text, header, source.jwks_uri);
    return verifiedPayload(text, keysFor((await readVerificationKeys(source.jwks)) ?? [], header));
  }

  return { verify };
}

function unavailable(): Refusal {
  return new Refusal('unavailable', { message: 'The keys of the organization cannot be fetched' });
}

type Answered = Extract<OutboundAnswer, { outcome: 'answered' }>;

/** Null: it is no document of keys. */
async function readDocument({ status, headers, body }: Answered): Promise<readonly VerificationKey[] | null> {
  if (status !== 200 || (headers['content-encoding'] ?? 'identity') !== 'identity') return null;
  try {
    return await readVerificationKeys(JSON.parse(body.toString('utf8')));
  } catch {
    return null;
  }
}

function reasonOf(answer: OutboundAnswer): Readonly<Record<string, unknown>> {
  if (answer.outcome === 'answered') return { status: answer.status };
  return { failure: answer.failure, detail: answer.detail };
}
