// Every limit of what a request may carry, read from the OpenAPI document: the bounds of each member, and what has none of its own.
// docs/limits.md is generated from it (`npm run docs`), test/coverage/limits.test.ts tries each.

import { loadConfig } from '../../src/config.ts';
import { DOCUMENT_BYTES_MAX } from '../../src/domain/catalogue-document.ts';
import {
  CLASSIC_TOKENS_MAX,
  DEPLOY_KEYS_MAX,
  EXCHANGED_TOKENS_MAX,
  REPOSITORIES_MAX,
  SESSIONS_MAX,
  TEAMS_MAX,
  TOKEN_RECORDS_MAX,
} from '../../src/domain/count-caps.ts';
import { HOOKS_MAX } from '../../src/domain/hook.ts';
import { PASSWORD_BYTES_MAX } from '../../src/domain/password.ts';
import { HEADER_BYTES_MAX, PARAMETER_CHARACTERS_MAX } from '../../src/http/app.ts';
import { BODY_LIMIT_BYTES, LINES_LIMIT_BYTES } from '../../src/http/body.ts';
import { CREDENTIAL_LENGTH_MAX } from '../../src/http/credential.ts';
import { TAKEN_WITHIN } from '../../src/http/deadline.ts';
import { PARAMETERS_MAX } from '../../src/http/form.ts';
import { LINE_BYTES_MAX } from '../../src/http/import-body.ts';
import { PER_PAGE_MAX } from '../../src/http/pages.ts';
import { HEADERS_MAX } from '../../src/http/request-form.ts';
import { SIGNING_IN_MAX } from '../../src/http/routes/sessions.ts';
import { DEPTH_MAX } from '../../src/http/strict-json.ts';
import { CREDENTIAL_FAILURES_MAX } from '../../src/use-cases/checks/credential-failures.ts';
import { PASSWORD_FAILURES_MAX } from '../../src/use-cases/people/password-failures.ts';

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly description?: string;
};
type Operation = {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
};
export type LimitsDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** One bound of one member. */
export type Limit = {
  /** `POST /user/repos` */
  readonly operation: string;
  readonly place: 'body' | 'query' | 'path' | 'header';
  /** From the body, or the parameter, to the member; `[]` for each element, `*` for each member. */
  readonly path: readonly string[];
  readonly kind: 'characters' | 'elements' | 'members' | 'least' | 'most';
  readonly bound: number;
  readonly schema: Schema;
};
/** `none`: members that are bounded by the size of the whole request only. */
export type Limits = { readonly limits: readonly Limit[]; readonly none: readonly string[] };

type Place = Pick<Limit, 'operation' | 'place' | 'path'>;

/** A pattern without repetition has a length of its own. */
function hasLength({ pattern, format, maxLength }: Schema): boolean {
  if (maxLength !== undefined || ['date-time', 'date', 'uuid'].includes(format ?? '')) return true;
  if (pattern === undefined || !/^\^.*\$$/s.test(pattern)) return false;
  return !/[*+]|\{\d+,\}/.test(
    pattern
      .replace(/\(\?[!=<].*?\)/g, '')
      .replace(/\[[^\]]*\]/g, 'c')
      .replace(/\\./g, 'c'),
  );
}

/** Every limit of the requests of the document. */
export function readLimits({ paths, components }: LimitsDocument): Limits {
  const limits: Limit[] = [];
  const none = new Set<string>();

  function walk(given: Schema, place: Place): void {
    const name = given.$ref?.split('/').at(-1);
    const schema = name === undefined ? given : (components.schemas[name] ?? {});
    for (const each of [schema.anyOf, schema.oneOf, schema.allOf].flat()) if (each !== undefined) walk(each, place);
    if (schema.enum !== undefined || 'const' in schema) return;
    const types = [schema.type].flat();
    const add = (kind: Limit['kind'], bound: number | undefined) => {
      if (bound === undefined) none.add(`${place.operation} ${place.place} ${place.path.join('.')}`);
      else limits.push({ ...place, kind, bound, schema });
    };
    if (types.includes('string') && (schema.maxLength !== undefined || !hasLength(schema))) {
      add('characters', schema.maxLength);
    }
    if (types.includes('array')) {
      add('elements', schema.maxItems);
      walk(schema.items ?? {}, { ...place, path: [...place.path, '[]'] });
    }
    if (types.includes('integer') || types.includes('number')) {
      add('least', schema.minimum);
      add('most', schema.maximum);
    }
    if (types.includes('object')) walkMembers(schema, place, add);
    const is_any =
      schema.type === undefined && [schema.anyOf, schema.oneOf, schema.allOf].every((each) => each === undefined);
    if (is_any) add('members', undefined);
  }

  function walkMembers(schema: Schema, place: Place, add: (kind: Limit['kind'], bound: number | undefined) => void) {
    const { additionalProperties: others, patternProperties = {} } = schema;
    const free = [...Object.values(patternProperties), ...(typeof others === 'object' ? [others] : [])];
    const is_closed = others === false && free.length === 0;
    if (!is_closed && place.place === 'body') add('members', schema.maxProperties);
    for (const each of free) walk(each, { ...place, path: [...place.path, '*'] });
    for (const [name, each] of Object.entries(schema.properties ?? {})) {
      walk(each, { ...place, path: [...place.path, name] });
    }
  }

  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods)) {
      const operation = `${method.toUpperCase()} ${path}`;
      for (const each of parameters) {
        walk(each.schema, { operation, place: each.in as Limit['place'], path: [each.name] });
      }
      for (const { schema } of Object.values(requestBody?.content ?? {})) {
        walk(schema, { operation, place: 'body', path: [] });
      }
    }
  }
  return { limits, none: [...none].sort() };
}

const KIB = 1024;
const bytes = (count: number) => (count >= KIB * KIB ? `${count / KIB / KIB} MiB` : `${count / KIB} KiB`);

function wholes(): readonly (readonly [string, string, string])[] {
  const config = loadConfig({});
  return [
    ['Headers of a request, with its first line', bytes(HEADER_BYTES_MAX), '431'],
    ['Headers of a request, by number', String(HEADERS_MAX), '400 `malformed_request`'],
    ['`Authorization`', `${CREDENTIAL_LENGTH_MAX} characters`, '401 `bad_credential`'],
    ['A parameter in a path', `${PARAMETER_CHARACTERS_MAX} characters`, '404 `not_found`'],
    ['A body', bytes(BODY_LIMIT_BYTES), '413 `body_too_large`'],
    ['A catalogue', bytes(DOCUMENT_BYTES_MAX), '413 `body_too_large`'],
    ['An import', bytes(LINES_LIMIT_BYTES), '413 `body_too_large`'],
    ['A line of an import', bytes(LINE_BYTES_MAX), 'an `error` for the line'],
    ['JSON in JSON in a body', `${DEPTH_MAX} deep`, '422 `validation_failed`'],
    ['Members of a form', String(PARAMETERS_MAX), '400 `invalid_request`'],
    ['Rows of a page', String(PER_PAGE_MAX), 'a larger `per_page` counts as this'],
    ['A password', `${PASSWORD_BYTES_MAX} bytes`, '422 `validation_failed`'],
    [
      'Live fine-grained tokens of a holder',
      `${config.fine_grained_tokens_max} (\`MAX_FINE_GRAINED_TOKENS\`)`,
      '422 `validation_failed`',
    ],
    [
      'Repositories of a token',
      `${config.selected_repositories_max} (\`MAX_SELECTED_REPOSITORIES\`)`,
      '422 `validation_failed`',
    ],
    ['Live classic tokens of a holder', String(CLASSIC_TOKENS_MAX), '422 `validation_failed`'],
    ['Tokens of a holder, ended ones too', String(TOKEN_RECORDS_MAX), '422 `validation_failed`'],
    ['Live texts that were exchanged from one text', String(EXCHANGED_TOKENS_MAX), '429 `rate_limited`'],
    ['Sessions of a person', String(SESSIONS_MAX), 'the oldest end'],
    ['Repositories of an owner', String(REPOSITORIES_MAX), '422 `validation_failed`'],
    ['Deploy keys of a repository', String(DEPLOY_KEYS_MAX), '422 `validation_failed`'],
    ['Teams of an organization', String(TEAMS_MAX), '422 `validation_failed`'],
    ['Webhooks of an organization', String(HOOKS_MAX), '422 `validation_failed`'],
    [
      'Requests of a holder in an hour',
      `${config.holder_requests_per_hour_max} (\`RATE_LIMIT_PER_HOUR\`)`,
      '429 `rate_limited`',
    ],
    [
      'Requests of an address without credential in an hour',
      `${config.anonymous_requests_per_hour_max} (\`ANONYMOUS_PER_HOUR\`)`,
      '429 `rate_limited`',
    ],
    [
      'Bad credentials of an address in a minute',
      `${config.bad_credentials_per_minute_max} (\`BAD_CREDENTIALS_PER_MINUTE\`)`,
      '429 `rate_limited`',
    ],
    ['Wrong secrets of a client in an hour', String(CREDENTIAL_FAILURES_MAX), '429 `rate_limited`; a gateway 403'],
    ['Wrong passwords of a login in a quarter of an hour', String(PASSWORD_FAILURES_MAX), '429 `rate_limited`'],
    ['Wrong passwords of a person in a row, in a day', String(CREDENTIAL_FAILURES_MAX), '429 `rate_limited`'],
    ['Calls that sign in, at once in a process', String(SIGNING_IN_MAX), '503 `unavailable`'],
    ['Requests under way in a process', `${config.requests_max} (\`MAX_REQUESTS\`)`, '503 `unavailable`'],
    ['The same, once so many stay', `${config.standing_requests_max} (\`STANDING_REQUESTS\`)`, '503 `unavailable`'],
    [
      'Work of a process that waits for the database',
      `${config.database_waiting_max} (\`DATABASE_QUEUE\`)`,
      '503 `unavailable`',
    ],
    [
      'Reports of leaked texts by an address in an hour',
      `${config.revocation_calls_per_hour_max} (\`REVOCATION_CALLS_PER_HOUR\`)`,
      '429 `rate_limited`',
    ],
    ['Until an answer begins', `${config.request_timeout_ms} ms (\`REQUEST_TIMEOUT_MS\`)`, '503 `unavailable`'],
    [
      'Until an answer is taken',
      `${TAKEN_WITHIN} times as long; \`MAX_REQUESTS\` of them`,
      'The answer is lost, and by HTTP/1.1 its connection',
    ],
  ];
}

const WORDS: Readonly<Record<Limit['kind'], string>> = {
  characters: 'characters',
  elements: 'elements',
  members: 'members',
  least: 'least',
  most: 'most',
};

/** Members that several operations bound alike stand in one row. */
function memberRows(limits: readonly Limit[]): string[] {
  const rows = new Map<string, string[]>();
  for (const { operation, path, place, kind, bound } of limits) {
    if (bound === Number.MAX_SAFE_INTEGER || kind === 'least' || place === 'path') continue;
    const key = `\`${path.join('.')}\` | ${WORDS[kind]} | ${bound}`;
    const known = rows.get(key) ?? [];
    if (!known.includes(operation)) known.push(operation);
    rows.set(key, known);
  }
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, operations]) => {
      const shown =
        operations.length > 4 ? `${operations.length} operations` : operations.map((each) => `\`${each}\``).join(', ');
      return `| ${key} | ${shown} |`;
    });
}

/** docs/limits.md as it has to be. */
export function limitsDocument(document: LimitsDocument): string {
  return [
    '# Limits',
    '',
    'Everything that a request carries is bounded, and so is what people and tokens make by themselves; what site administrators make, and what',
    'is imported, is not. This page is generated from the code (`npm run docs`); settings stand with their default.',
    '',
    '| What | At most | Beyond it |',
    '|---|---|---|',
    ...wholes().map((row) => `| ${row.join(' | ')} |`),
    '',
    '## Members',
    '',
    'Of what the operations take, `[]` stands for each element, `*` for each member. Beyond a bound: 422 `validation_failed`, with the',
    'member in `errors[].field`. Ids are below 2^53. Members that are not here have a fixed set of values or a form with a length of its own, or',
    'are bounded by the size of the body alone: what AuthZEN and OAuth define, documents, and what GitHub knows and this service ignores.',
    '',
    '| Member | Of | At most | Operations |',
    '|---|---|---|---|',
    ...memberRows(readLimits(document).limits),
    '',
  ].join('\n');
}

const PARAMETERS: Readonly<Record<string, string>> = {
  org: 'acme',
  owner: 'acme',
  repo: 'plans',
  username: 'olga',
  team_slug: 'core',
  enterprise: 'galaxy',
  client_id: 'client_none',
};

/** The path of this template, of things that are there where their names are known, else of those with the id 1. */
export function filled(template: string): string {
  return template.replace(/\{([a-z_]+)\}/g, (_, name: string) => PARAMETERS[name] ?? '1');
}
