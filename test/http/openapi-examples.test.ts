// Every example of the OpenAPI document is true: the story that they were taken from is played again, and each example is held
// against the schema beside it.

import { readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { type Example, type Examples, isOfType } from '../../src/http/openapi-examples.ts';
import { digestOf } from '../../src/secrets.ts';
import { kindOfText } from '../../src/text-form.ts';
import { recordExamples } from '../examples/record.ts';
import { createDatabase } from '../support/database.ts';
import { openapiText } from '../support/openapi-document.ts';

type Parameter = { in: string; name: string; example?: unknown };
type Media = { examples?: Record<string, { value?: unknown }>; example?: unknown };
type Content = { $ref?: string; content?: Record<string, Media> };
type Operation = {
  parameters?: Parameter[];
  requestBody?: Content;
  responses: Record<string, Content>;
  security: unknown[];
};

const committed = await readFile(new URL('../../openapi/examples.json', import.meta.url), 'utf8');
const { errors, operations: examples }: Examples = JSON.parse(committed);
const document: {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Content> };
} = JSON.parse(await openapiText());

/** Each operation by its name, with the pointer to it. */
const operations = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${path}`,
      { operation, pointer: ['paths', path, method] },
    ]),
  ),
);

const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'document');

const validators = new Map<string, ValidateFunction>();

/** What the schema at this place of the document has against the value; empty where nothing. */
function faults(pointer: readonly (string | number)[], value: unknown): string {
  const parts = pointer.map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')));
  const $ref = `document#/${parts.join('/')}`;
  const validate = validators.get($ref) ?? ajv.compile({ $ref });
  validators.set($ref, validate);
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

/** The same for what a media type holds: newline-delimited JSON has a schema for each line beside that of the text. */
function mediaFaults({ type, schema }: Found, value: unknown): string {
  if (type !== 'application/x-ndjson' || typeof value !== 'string') return faults(schema, value);
  const lines = value.trimEnd().split('\n');
  return [faults(schema, value), ...lines.map((line) => faults([...schema, 'contentSchema'], JSON.parse(line)))].join(
    '',
  );
}

type Found = { readonly type: string; readonly values: unknown[]; readonly schema: (string | number)[] };

/** The media of a place, each with the values of its examples and the pointer to its schema. */
function mediaOf(place: Content | undefined, pointer: readonly (string | number)[]): Found[] {
  const shared = place?.$ref?.split('/').slice(1);
  if (shared !== undefined) return mediaOf(document.components.responses[shared.at(-1) ?? ''], shared);
  return Object.entries(place?.content ?? {}).map(([type, { example, examples = {} }]) => ({
    type,
    values: [...Object.values(examples).map(({ value }) => value), ...(example === undefined ? [] : [example])],
    schema: [...pointer, 'content', type, 'schema'],
  }));
}

t.test('the service answers the story of the examples as openapi/examples.json says', async (t) => {
  const { url } = await createDatabase(t);
  const recorded = await recordExamples(url);
  t.same(recorded.errors, errors, 'errors');
  const names = Object.keys(recorded.operations).sort();
  t.same(names, Object.keys(examples).sort(), '`npm run openapi` records them anew');
  for (const [name, expected] of Object.entries(examples)) t.same(recorded.operations[name], expected, name);
});

t.test('every operation has an example that succeeds, and every example an operation', async (t) => {
  for (const name of operations.keys()) {
    const statuses = (examples[name] ?? []).map(({ response }) => response.status);
    t.ok(
      statuses.some((status) => status < 400),
      `${name} has an example in test/examples`,
    );
  }
  for (const name of Object.keys(examples)) t.ok(operations.has(name), `${name} is an operation`);
});

t.test('every example is in the document, beside a schema that it satisfies', async (t) => {
  for (const [name, each] of Object.entries(examples)) {
    const found = operations.get(name);
    if (found === undefined) continue;
    for (const example of each) checkExample(t, `${name}: ${example.summary}`, example, found);
    t.equal(new Set(each.map(({ summary }) => summary)).size, each.length, `${name}: one summary for each example`);
  }
});

function checkExample(
  t: { ok: (claim: unknown, name: string) => void; equal: (found: unknown, wanted: unknown, name: string) => void },
  name: string,
  { request, response }: Example,
  { operation, pointer }: { operation: Operation; pointer: string[] },
): void {
  const answer = operation.responses[response.status];
  t.ok(answer, `${name}: the document knows the status ${response.status}`);
  const media = mediaOf(answer, [...pointer, 'responses', response.status]);
  t.equal(media.length > 0, response.body !== undefined, `${name}: has a body where the document says so`);
  for (const each of media.filter(({ type }) => isOfType(type, response.body))) {
    t.equal(mediaFaults(each, response.body), '', `${name}: the answer`);
    const shown = each.values.map((value) => JSON.stringify(value));
    t.ok(shown.includes(JSON.stringify(response.body)), `${name}: the answer is shown`);
  }
  if (response.status >= 400) return;
  for (const each of mediaOf(operation.requestBody, [...pointer, 'requestBody'])) {
    if (request.body !== undefined) t.equal(mediaFaults(each, request.body), '', `${name}: the body`);
  }
  for (const [index, parameter] of (operation.parameters ?? []).entries()) {
    const value = (parameter.in === 'path' ? request.path : request.query)?.[parameter.name];
    if (parameter.in === 'path') t.ok(value !== undefined, `${name}: the parameter ${parameter.name}`);
    if (value === undefined) continue;
    t.equal(faults([...pointer, 'parameters', index, 'schema'], value), '', `${name}: ${parameter.name}`);
  }
}

t.test('every error of every operation has an example that satisfies its schema', async (t) => {
  for (const [name, { operation, pointer }] of operations) {
    for (const [status, response] of Object.entries(operation.responses)) {
      for (const media of mediaOf(response, [...pointer, 'responses', status])) {
        if (Number(status) >= 400) t.ok(media.values.length > 0, `${name}: ${status}`);
        for (const value of media.values) t.equal(mediaFaults(media, value), '', `${name}: ${status}`);
      }
    }
  }
});

t.test('examples inside of schemas satisfy them', async (t) => {
  const check = (schema: unknown, pointer: readonly string[]): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { examples } = schema as { examples?: unknown };
    for (const each of Array.isArray(examples) ? examples : []) t.equal(faults(pointer, each), '', pointer.join('/'));
    for (const [name, part] of Object.entries(schema)) {
      if (name !== 'examples' && name !== 'example') check(part, [...pointer, name]);
    }
  };
  check(document, []);
});

t.test('texts of credentials are well-formed and say that they are examples', async (t) => {
  const texts = committed.match(/gth(?:_pat_|[a-z]_)[0-9A-Za-z_]{36,}/g) ?? [];
  t.ok(texts.length > 0);
  for (const text of new Set(texts)) {
    t.match(text, /ExampleOnlyNotASecret/);
    t.not(kindOfText(text, 'gth'), null, text);
  }
});

t.test('where a token and its digest are shown together, the digest is that of the text', async (t) => {
  for (const [name, each] of Object.entries(examples)) {
    for (const { response } of each) {
      const { token, hashed_token, token_last_eight } = (response.body ?? {}) as Record<string, unknown>;
      if (typeof token !== 'string' || hashed_token === undefined) continue;
      t.equal(hashed_token, digestOf(token), name);
      t.equal(token_last_eight, token.slice(-8), name);
    }
  }
});
