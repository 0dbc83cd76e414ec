// The examples of the OpenAPI document. They are answers that the service gave: `npm run openapi` plays a story against a fresh
// database and writes openapi/examples.json, a test plays it again and compares. Here they are put beside the schemas.

import { readFileSync } from 'node:fs';
import { CONTENT_TYPES } from './body.ts';

const FILE = new URL('../../openapi/examples.json', import.meta.url);
/** The `PUBLIC_URL` of the recording: the default. */
const RECORDED_URL = 'http://127.0.0.1:8080';

/** One call of the story and its answer. */
export interface Example {
  /** What it shows, in one line. */
  readonly summary: string;
  readonly by: 'nobody' | 'session' | 'token' | 'client';
  /** Whether the answer was longer than what is shown of it. */
  readonly shortened?: true;
  readonly request: {
    readonly path?: Readonly<Record<string, unknown>>;
    readonly query?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly body?: unknown };
}

export interface Examples {
  /** Bodies of errors that many operations have in common, by their code; of the OAuth endpoints by `oauth_STATUS`. */
  readonly errors: Readonly<Record<string, unknown>>;
  /** The examples of each operation, which is named by its method and template: `GET /repos/{owner}/{repo}`. */
  readonly operations: Readonly<Record<string, readonly Example[]>>;
}

const CREDENTIALS: Readonly<Record<Example['by'], string>> = {
  nobody: 'without a credential',
  session: 'with the session of a person',
  token: 'with a personal access token',
  client: 'with the credential of a backend service',
};

type Media = {
  schema?: { $ref?: string; type?: string; required?: string[]; contentMediaType?: string; contentSchema?: unknown };
  examples?: Record<string, unknown>;
  example?: unknown;
};
export type DocumentContent = { content?: Record<string, Media> };
type Parameter = { in: string; name: string; example?: unknown };
export type DocumentOperation = {
  parameters?: Parameter[];
  requestBody?: DocumentContent & { required?: boolean };
  responses?: Record<string, DocumentContent & { $ref?: string }>;
  security?: Record<string, unknown>[];
};
/** As much of a document as examples need. */
export type DocumentPaths = Record<string, Record<string, DocumentOperation>>;

/** The recorded examples, as the service at this URL would answer them. */
export function readExamples(public_url: string): Examples {
  const text = readFileSync(FILE, 'utf8').replaceAll(RECORDED_URL, public_url);
  return JSON.parse(text) as Examples; // our own file, compared with the service by a test
}

/** Puts the examples into the operations of the document. One that has no operation any more is left out. */
export function addExamples(paths: DocumentPaths, examples: Examples): void {
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const name = `${method.toUpperCase()} ${path}`;
      for (const example of examples.operations[name] ?? []) addExample(name, operation, example);
    }
  }
}

function addExample(name: string, operation: DocumentOperation, example: Example): void {
  const { request, response, summary } = example;
  const key = exampleKey(summary);
  const description = describe(name, example);
  const isRefused = response.status >= 400;
  // A refused body may break the schema beside which it would stand; the answer's description tells the call.
  if (!isRefused) {
    addParameters(operation.parameters ?? [], request);
    addToContent(operation.requestBody, key, {
      summary,
      description: `Sent ${CREDENTIALS[example.by]}`,
      value: request.body,
    });
  }
  addToContent(operation.responses?.[response.status], key, { summary, description, value: response.body });
}

/** `A private repository` → `a_private_repository` */
function exampleKey(summary: string): string {
  return summary
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

/** The first example of an operation gives its parameters their values. */
function addParameters(parameters: readonly Parameter[], { path, query }: Example['request']): void {
  for (const parameter of parameters) {
    const values = parameter.in === 'path' ? path : query;
    const value = values?.[parameter.name];
    if (value !== undefined && parameter.example === undefined) parameter.example = value;
  }
}

function addToContent(
  place: DocumentContent | undefined,
  key: string,
  example: { summary: string; description: string; value: unknown },
): void {
  if (example.value === undefined) return;
  for (const [type, media] of Object.entries(place?.content ?? {})) {
    if (isOfType(type, example.value)) media.examples = { ...media.examples, [key]: example };
  }
}

/** JSON was recorded as the value that its text holds, all else (lines of JSON, a JWT) as the text that it is. */
export function isOfType(type: string, value: unknown): boolean {
  return (type === CONTENT_TYPES.json) === (typeof value !== 'string');
}

/** `GET /repos/acme/plans` with the session of a person */
function describe(name: string, { by, shortened, request }: Example): string {
  const called = name.replace(/\{([a-z_]+)\}/g, (_, parameter: string) => String(request.path?.[parameter]));
  const query = Object.entries(request.query ?? {}).map(
    ([key, value]) => `${key}=${encodeURIComponent(String(value))}`,
  );
  const url = query.length === 0 ? called : `${called}?${query.join('&')}`;
  return `\`${url}\` ${CREDENTIALS[by]}${shortened ? '; only the beginning of the answer is shown' : ''}`;
}
