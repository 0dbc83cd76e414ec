// GitHub's own description of its endpoints, where it is beside this checkout: what our answers are validated against.

import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const FILE = new URL('../../../shared/data/openapi-pat.json', import.meta.url);

type Response = { readonly content?: Readonly<Record<string, { readonly schema: object }>> };
type Description = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >;
};

/** What is wrong with an answer, empty where nothing is. `operation`: `GET /orgs/{org}/personal-access-tokens`. */
export type Faults = (operation: string, status: number, body: unknown) => string;

/** Null where the description is not there. */
export function githubFaults(): Faults | null {
  if (!existsSync(FILE)) return null;
  const { paths }: Description = JSON.parse(readFileSync(FILE, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return (operation, status, body) => {
    const [method = '', path = ''] = operation.split(' ');
    const response = paths[path]?.[method.toLowerCase()]?.responses[String(status)];
    if (response === undefined) return `${operation} does not answer ${status}`;
    const schema = response.content?.['application/json']?.schema;
    if (schema === undefined) return body === undefined || body === '' ? '' : `${operation} answers no body`;
    const validate = ajv.compile(schema);
    return validate(body) ? '' : ajv.errorsText(validate.errors);
  };
}
