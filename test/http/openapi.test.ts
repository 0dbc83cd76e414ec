// The OpenAPI document: committed as the routes say, valid, complete.

import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { openapiText } from '../support/openapi-document.ts';

type Operation = {
  operationId: string;
  tags: string[];
  summary?: string;
  responses: Record<string, unknown>;
  security: Record<string, unknown>[];
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object; responses: object; headers: object; securitySchemes: object };
};

const text = await openapiText();
const document: Document = JSON.parse(text);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
);

t.test('openapi/openapi.json is what the routes say; `npm run openapi` writes it', async (t) => {
  const committed = await readFile(new URL('../../openapi/openapi.json', import.meta.url), 'utf8');
  t.ok(committed === text);
  t.ok((await openapiText()) === text, 'and the same each time');
});

t.test('it is valid OpenAPI 3.1', async (t) => {
  t.match(document.openapi, /^3\.1\./);
  const { valid, errors } = await new Validator().validate(JSON.parse(text));
  t.ok(valid, JSON.stringify(errors));
});

t.test('each operation has an id of its own, a tag, a summary, its security and the errors of all', async (t) => {
  const ids = operations.map(({ operation }) => operation.operationId);
  t.equal(new Set(ids).size, ids.length);
  for (const { name, operation } of operations) {
    t.equal(operation.tags.length, 1, name);
    t.ok(operation.summary, name);
    t.ok(Array.isArray(operation.security), name);
    t.ok('500' in operation.responses && '503' in operation.responses, name);
    if (operation.security.length > 0) t.ok('401' in operation.responses && '403' in operation.responses, name);
  }
});

t.test('what is declared is used, and nothing refers to what is not there', async (t) => {
  const { schemas, responses, headers, securitySchemes } = document.components;
  t.ok('Error' in schemas);
  const referred = (section: string) => {
    const references = text.matchAll(/"\$ref": "#\/components\/([a-z]+)\/([^"]+)"/g);
    return [...new Set([...references].filter(([, of]) => of === section).map(([, , name]) => name))].sort();
  };
  t.same(referred('schemas'), Object.keys(schemas).sort());
  t.same(referred('responses'), Object.keys(responses).sort());
  t.same(referred('headers'), Object.keys(headers).sort());
  const asked = operations.flatMap(({ operation }) => operation.security.flatMap((each) => Object.keys(each)));
  t.same([...new Set(asked)].sort(), Object.keys(securitySchemes).sort());
});

t.test('threats D1: the document is written once, whoever asks for it', async (t) => {
  const { app, inject } = await buildTestApp(t);
  const urls = ['/openapi.json', '/docs/json', '/docs/yaml'];
  const first = await Promise.all(urls.map((url) => inject(url)));
  const written = t.capture(app, 'swagger', app.swagger);
  for (const [index, url] of urls.entries()) {
    const { statusCode, headers, body } = await inject(url);
    t.equal(statusCode, 200, url);
    t.match(headers['content-type'], url.endsWith('yaml') ? 'application/x-yaml' : 'application/json; charset=utf-8');
    t.ok(body === first[index]?.body && body.length > 100_000, `${url}: the same`);
    t.equal(written().length, 0, `${url}: it is not written again`);
  }
});
