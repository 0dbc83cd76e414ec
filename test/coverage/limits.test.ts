// Everything that a request carries is bounded (threats D1): each member of each operation says how much it takes, and takes exactly
// that. docs/limits.md says the same.

import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Examples } from '../../src/http/openapi-examples.ts';
import { buildTestApp } from '../support/build-app.ts';
import { filled, type Limit, limitsDocument, readLimits, type Schema } from '../support/limits.ts';
import { openapiText } from '../support/openapi-document.ts';
import { bearer, worldOf } from '../support/world.ts';

type Operation = { readonly requestBody?: { readonly content: Record<string, { schema: Schema }> } };

const ROOT = new URL('../../', import.meta.url);
const document = JSON.parse(await openapiText());
const { limits, none } = readLimits(document);
const examples: Examples = JSON.parse(readFileSync(new URL('openapi/examples.json', ROOT), 'utf8'));

/**
 * Bounded by the size of the body alone, because a standard, GitHub or the form of a document says so: what is unknown there is ignored, or
 * never fails for its form (an unknown token is inactive, a report of leaked texts is always taken). This list may only shrink.
 */
const BY_BODY_ONLY = [
  /^POST \/access\/v1\//,
  /^POST \/oauth\//,
  /^PUT \/admin\/catalogue body/,
  /^POST \/directory\/import body/,
  /^GET \/gateway\/envoy\/\{path\} path/,
  /^POST \/credentials\/revoke body credentials\.\[\]$/,
  /^PUT \/orgs\/\{org\}\/sso body jwks(?:\.keys\.\[\])?$/,
  / query per_page$/, // however large, it counts as 100 (test/http/lists.test.ts)
];

t.equal(readFileSync(new URL('docs/limits.md', ROOT), 'utf8'), limitsDocument(document), '`npm run docs` writes it');

t.test('threats D1: what has no bound of its own is named here', async (t) => {
  const ignored = new Set<string>();
  for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
    for (const [method, { requestBody }] of Object.entries(methods)) {
      for (const { schema } of Object.values(requestBody?.content ?? {})) {
        collectIgnored(schema, `${method.toUpperCase()} ${path} body`, ignored);
      }
    }
  }
  for (const place of none) {
    const is_known = ignored.has(place) || BY_BODY_ONLY.some((pattern) => pattern.test(place));
    t.ok(is_known, `${place} has a bound`);
  }
  for (const pattern of BY_BODY_ONLY)
    t.ok(
      none.some((place) => pattern.test(place)),
      `${pattern} is needed`,
    );
  t.ok(limits.length > 250, `${limits.length} bounds`);
});

/** GitHub's members that mean nothing here. */
function collectIgnored(schema: Schema, place: string, into: Set<string>): void {
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    const inside = `${place}${place.endsWith(' body') ? ' ' : '.'}${name}`;
    if (each.description === 'Accepted and ignored') into.add(inside);
    collectIgnored(each, inside, into);
  }
}

/** A value that is too long by one, or just as long as it may be. */
function valueFor({ kind, bound, schema }: Limit, beyond: 0 | 1): unknown {
  switch (kind) {
    case 'characters':
      return 'x'.repeat(bound + beyond);
    case 'elements':
      return Array.from({ length: bound + beyond }, (_, n) => elementOf(schema.items ?? {}, n));
    case 'members':
      return Object.fromEntries(Array.from({ length: bound + beyond }, (_, n) => [`m${n}`, 'read']));
    case 'least':
      return bound - beyond;
    case 'most':
      return bound + beyond;
  }
}

function elementOf(schema: Schema, n: number): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'integer') return n + 1;
  if (schema.type === 'object') return { kty: 'EC' };
  return `x${n}`;
}

/** The body with the value at the path; arrays and objects on the way are made where there are none. */
function withValue(body: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (first === '[]') return [withValue(undefined, rest, value)];
  return {
    ...(body as object | undefined),
    [first]: withValue((body as Record<string, unknown>)?.[first], rest, value),
  };
}

/** The member that is said to be wrong: that of the limit, or one around it. */
function isAbout(limit: Limit, field: string): boolean {
  const wanted = limit.path.map((part) => (part === '[]' ? '0' : part)).join('.');
  return wanted === field || wanted.startsWith(`${field}.`) || field.startsWith(`${wanted}.`) || field === '';
}

t.test('threats D1: each bound is kept to the one, on both of its sides', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const olga = await world.person('olga', { site_admin: true });
  const acme = await world.organization('acme', olga);
  await world.enterprise('galaxy', [acme], [olga]);
  const plans = await world.repository(acme, 'plans');
  await world.team(acme, 'core', [olga]);
  const session = await world.session(olga);
  /** What is within its bounds is done: renamed, moved, deleted. */
  async function restore(): Promise<void> {
    const row = { name: 'plans', owner_id: acme.id };
    await deps.db.updateTable('repositories').set(row).where('id', '=', plans.id).execute();
    await deps.db.updateTable('accounts').set({ login: 'acme' }).where('id', '=', acme.id).execute();
  }
  let tried = 0;
  for (const limit of limits) {
    const { operation, place, path, kind } = limit;
    const [method = '', template = ''] = operation.split(' ');
    const is_of_client = /^\/(?:access|oauth|gateway|directory|admin\/catalogue)/.test(template);
    const ends_what_is_used = method === 'DELETE' || template.startsWith('/sessions');
    if (is_of_client || ends_what_is_used || place === 'path' || place === 'header') continue;
    if (path.includes('*')) continue;
    const url = filled(template);
    const is_anonymous = template === '/credentials/revoke';
    const done = (examples.operations[operation] ?? []).filter(({ response }) => response.status < 300);
    const bodies = done.map(({ request }) => (request.body ?? {}) as object);
    const base = bodies.find((each) => (path[0] ?? '') in each) ?? bodies[0] ?? {};
    const send = async (value: unknown) => {
      const query = new URLSearchParams([value].flat().map((each): [string, string] => [path[0] ?? '', String(each)]));
      await restore();
      const asked =
        place === 'query' ? { url: `${url}?${query}` } : { url, payload: withValue(base, path, value) as object };
      const headers = is_anonymous ? {} : bearer(session);
      const answer = await inject({ method: method as 'POST', ...asked, headers });
      const { errors = [] } = answer.body.startsWith('{') ? answer.json() : {};
      const about = errors.filter(({ field }: { field: string }) => isAbout(limit, field));
      return { status: answer.statusCode, told: about.map(({ message }: { message: string }) => message).join() };
    };
    const name = `${operation} ${place} ${path.join('.')}: ${kind} ${limit.bound}`;
    const beyond = await send(valueFor(limit, 1));
    t.equal(beyond.status, 422, `${name}, one beyond`);
    t.ok(beyond.told !== '', `${name}: it is said which member`);
    const within = await send(valueFor(limit, 0));
    t.ok(within.status < 500 && within.status !== 413, `${name}: ${within.status}`);
    if (limit.schema.pattern === undefined && limit.schema.format === undefined) {
      t.not(within.told, beyond.told, `${name}: not refused for its size`);
    }
    tried += 1;
  }
  t.ok(tried > 150, `${tried} bounds were tried`);
});
