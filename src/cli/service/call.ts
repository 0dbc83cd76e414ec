// Calling the service over HTTP, and what its refusals become here. Redirects are not followed: a credential goes where it was meant to
// go, or nowhere.

import { EXIT, type ExitCode, failure, isFailure } from '../exit.ts';
import type { Connection } from './connection.ts';

/** Longer than the service lets a request wait (REQUEST_TIMEOUT_MS, at most 60 s). */
const ANSWER_MS_MAX = 65_000;
const PAGE_ROWS = 100;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;
export type Call = {
  readonly method: Method;
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

/** A path with its parameters; one that would name another path is refused. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.map((part, index) => `${part}${index < values.length ? segment(values[index] ?? '') : ''}`).join('');
}

function segment(value: string): string {
  if (value !== '' && value !== '.' && value !== '..') return encodeURIComponent(value);
  throw failure(EXIT.usage, 'A name is empty, or one that paths have a meaning for.', { code: 'usage' });
}

/** What the service answers: the JSON of its body, null where there is none. Refusals end the command. */
export async function callService(connection: Connection, call: Call): Promise<unknown> {
  return (await send(connection, call)).body;
}

/** An answer that is read as it comes; a refusal ends the command. For what takes long: there is no limit of time. */
export async function openAnswer(url: string, init: RequestInit & { readonly duplex?: 'half' }): Promise<Response> {
  const answer = await request(url, { ...init, redirect: 'manual' });
  if (answer.ok) return answer;
  throw refused(answer, readBody(await answer.text().catch(() => '')));
}

/** The rows of all pages, as many as are wanted. `tell` hears how many there are so far. */
export async function callForRows(
  connection: Connection,
  call: Call,
  { rows_max, tell }: { readonly rows_max: number; readonly tell: (count: number) => void },
): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  let query: Query = { ...call.query, per_page: Math.min(PAGE_ROWS, rows_max) };
  for (;;) {
    const { body, next } = await send(connection, { ...call, query });
    if (!Array.isArray(body)) throw failure(EXIT.software, 'The service answered no list.', { code: 'software' });
    rows.push(...body);
    tell(rows.length);
    if (next === null || rows.length >= rows_max) return rows.slice(0, rows_max);
    query = next;
  }
}

type Answer = { readonly body: unknown; readonly next: Query | null };

async function send({ url, credential }: Connection, call: Call): Promise<Answer> {
  const answer = await request(`${url}${call.path}${queryText(call.query)}`, {
    method: call.method,
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    headers: {
      accept: 'application/json',
      'user-agent': 'gatehouse-command',
      ...(credential !== null && { authorization: `Bearer ${credential}` }),
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
  });
  const text = await answer.text().catch(() => null);
  if (text === null) throw failure(EXIT.unavailable, `The answer of ${url} broke off.`, { code: 'unavailable' });
  const body = readBody(text);
  if (!answer.ok) throw refused(answer, body);
  if (body === undefined) {
    throw failure(EXIT.software, `${url} answered no JSON: is it this service?`, { code: 'software' });
  }
  return { body, next: nextPage(answer.headers.get('link')) };
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (isFailure(cause)) throw cause; // what was to be sent is not there
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : reasonOf(cause);
    throw failure(EXIT.unavailable, `Nobody answers at ${new URL(url).origin} (${reason}).`, { code: 'unavailable' });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Undefined: no JSON. */
function readBody(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryText(query: Query | undefined): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of [value ?? []].flat()) given.append(name, String(each));
  }
  return given.size === 0 ? '' : `?${given}`;
}

/** The query of the page that the answer leads to. Its address is that of the service's public URL, which need not be ours. */
function nextPage(link: string | null): Query | null {
  const [, address] = /<([^>]*)>;\s*rel="next"/.exec(link ?? '') ?? [];
  return address === undefined ? null : Object.fromEntries(new URL(address).searchParams);
}

function codeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.not_allowed;
  if (status === 429 || status === 503) return EXIT.unavailable;
  return status >= 500 || status < 400 ? EXIT.software : EXIT.no;
}

type Told = {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly request_id?: unknown;
  readonly errors?: unknown;
  readonly needed?: unknown;
};

/** What the service says, in one line and some more. */
function refused({ status, headers }: Response, body: unknown): Error {
  const told: Told = typeof body === 'object' && body !== null ? body : {};
  const message = typeof told.message === 'string' ? told.message : `the service answered ${status}`;
  const code = typeof told.code === 'string' ? told.code : 'unexpected_answer';
  const errors = Array.isArray(told.errors) ? told.errors : [];
  const request_id = typeof told.request_id === 'string' ? told.request_id : (headers.get('x-request-id') ?? undefined);
  const after = headers.get('retry-after');
  const lines = [
    ...errors.map(errorLine),
    ...(told.needed === undefined ? [] : [`needed: ${JSON.stringify(told.needed)}`]),
    ...(status === 401 ? ['Sign in with `gatehouse login`, or give another credential.'] : []),
    ...(code === 'session_required' ? ['A token may not do this: sign in with `gatehouse login`.'] : []),
    ...(after === null ? [] : [`It may be tried again after ${after} s.`]),
    ...(request_id === undefined ? [] : [`request ${request_id}`]),
  ];
  return failure(codeOf(status), `${status} ${code}: ${message}`, {
    ...{ code, status, lines },
    ...(errors.length > 0 && { errors }),
    ...(request_id !== undefined && { request_id }),
  });
}

function errorLine(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { field, code, message } = error as Readonly<Record<string, unknown>>;
  return [field, code, message].filter((each) => each !== undefined && each !== null).join(': ');
}
