// What the observer saw: every call with the moments when it was sent and answered, by one clock that only goes forward. It is
// judged afterwards, by the checkers.

export type Answer = {
  readonly sent_at: number;
  /** When the answer was here, or it was clear that none would come. */
  readonly got_at: number;
  /** Null: none came. */
  readonly status: number | null;
  readonly headers: Headers;
  readonly text: string;
};

export type Check = Omit<Answer, 'headers' | 'text'> & {
  readonly node: string;
  readonly token_id: number;
  /** Null: it was not decided. */
  readonly decision: boolean | null;
};

/** Something that was taken away, and when that was acknowledged. */
export type Taken = { readonly token_id: number; readonly acknowledged_at: number };

/** One attempt at a change; of several with the same key at most one may do something. */
export type Attempt = Omit<Answer, 'headers' | 'text'> & {
  readonly node: string;
  readonly act: string;
  readonly key: string;
  readonly request_id: string;
  /** It was done before: this attempt did nothing. */
  readonly is_repetition: boolean;
};

export type History = {
  readonly checks: Check[];
  readonly taken: Taken[];
  readonly attempts: Attempt[];
};

export const newHistory = (): History => ({ checks: [], taken: [], attempts: [] });

type Call = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeout_ms?: number;
};

const ANSWER_MS_MAX = 30_000;

/** A text is sent as a form, all else as JSON. */
export async function send({ method, url, headers, body, timeout_ms = ANSWER_MS_MAX }: Call): Promise<Answer> {
  const form = typeof body === 'string';
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const sent_at = performance.now();
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
      ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeout_ms),
    });
    const text = await answer.text();
    return { sent_at, got_at: performance.now(), status: answer.status, headers: answer.headers, text };
  } catch {
    return { sent_at, got_at: performance.now(), status: null, headers: new Headers(), text: '' };
  }
}
