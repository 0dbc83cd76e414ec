// The errors that every operation has in common, as the service answers them: provoked at two routes that are there for nothing
// else, one in each of the two shapes.

import { Type } from 'typebox';
import type { Deps } from '../../src/deps.ts';
import { StorageUnavailable } from '../../src/domain/fault.ts';
import type { Reason } from '../../src/domain/reason.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { buildApp } from '../../src/http/app.ts';
import type { AddRoutes, App } from '../../src/http/app-type.ts';
import { BODY_LIMIT_BYTES, CONTENT_TYPES } from '../../src/http/body.ts';
import { Strict } from '../../src/http/schemas/common.ts';

const JSON_ERRORS = '/errors';
const OAUTH_ERRORS = '/oauth/errors';
const HEADERS = { 'x-request-id': 'a-request-of-yours' };
const { json, form } = CONTENT_TYPES;

type Provocation = { url: string; type: string | undefined; text: string };

/** The body to send for each error that does not need a reason of its own. */
const PROVOCATIONS: Readonly<Record<string, Provocation>> = {
  malformed_request: { url: JSON_ERRORS, type: json, text: '{"name": ' },
  unsupported_media_type: { url: JSON_ERRORS, type: form, text: 'name=x' },
  body_too_large: { url: JSON_ERRORS, type: json, text: JSON.stringify({ name: 'x'.repeat(BODY_LIMIT_BYTES) }) },
  validation_failed: { url: JSON_ERRORS, type: json, text: '{"colour": "red"}' },
  oauth_400: { url: OAUTH_ERRORS, type: form, text: 'name=x&name=y' },
  oauth_413: { url: OAUTH_ERRORS, type: form, text: `name=${'x'.repeat(BODY_LIMIT_BYTES)}` },
};

/** The errors that a route meets when it is already known who calls and what for. */
const THROWN: Readonly<Record<string, Reason>> = {
  authentication_required: 'authentication_required',
  not_in_reach: 'not_in_reach',
  session_required: 'session_required',
  capability_missing: 'capability_missing',
  not_found: 'not_found',
  conflict: 'conflict',
  rate_limited: 'rate_limited',
  oauth_401: 'bad_credential',
  oauth_403: 'capability_missing',
};

/** The bodies by name: the code, or the status with `oauth_` before it. */
export async function recordErrors(deps: Deps): Promise<Record<string, unknown>> {
  const app = await buildApp(deps, [failingRoutes]);
  try {
    const bodies: Record<string, unknown> = {};
    for (const [name, provocation] of Object.entries(PROVOCATIONS)) bodies[name] = await provoke(app, provocation);
    for (const name of [...Object.keys(THROWN), ...Object.keys(FAULTS)]) {
      const url = name.startsWith('oauth') ? OAUTH_ERRORS : JSON_ERRORS;
      bodies[name] = await provoke(app, { url: `${url}?name=${name}`, type: undefined, text: '' });
    }
    return bodies;
  } finally {
    await app.close();
  }
}

async function provoke(app: App, { url, type, text }: Provocation): Promise<unknown> {
  const headers = { ...HEADERS, ...(type && { 'content-type': type }) };
  const answer = await app.inject({ method: 'POST', url, headers, payload: text });
  if (answer.statusCode < 400) throw new Error(`${url} was to fail`);
  return answer.json();
}

const FAULTS: Readonly<Record<string, Error>> = {
  internal_error: new Error('an error that nobody expected'),
  unavailable: new StorageUnavailable('the database cannot be reached'),
  oauth_500: new Error('an error that nobody expected'),
  oauth_503: new StorageUnavailable('the database cannot be reached'),
};

const failingRoutes: AddRoutes = (app) => {
  const querystring = Type.Object({ name: Type.Optional(Type.String()) });
  const body = Strict({ name: Type.Optional(Type.String()) });
  const access = { open: true, audit: null } as const;
  const fail = ({ query }: { query: { name?: string } }) => {
    const { name = '' } = query;
    const thrown = THROWN[name];
    throw thrown === undefined ? FAULTS[name] : new Refusal(thrown);
  };
  app.post(JSON_ERRORS, { config: { access }, schema: { querystring, body: Type.Optional(body) } }, fail);
  app.post(OAUTH_ERRORS, { config: { access, body: 'form', errors: 'oauth' }, schema: { querystring } }, fail);
};
