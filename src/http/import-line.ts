// One line of the bulk import: bytes in, what they say out. A line that cannot be understood is a value, not an error of the
// call: the lines after it go on.

import { hash } from 'node:crypto';
import {
  type BrokenLine,
  IMPORT_TYPES,
  type ImportContent,
  type ImportLine,
  type ImportType,
  type RelationContent,
} from '../domain/import-line.ts';
import { REASONS } from '../domain/reason.ts';
import { type FieldError, Refusal } from '../domain/refusal.ts';
import { wishedVisibility } from '../domain/repository-wish.ts';
import { type RoleWord, roleOfWord } from '../domain/role-words.ts';
import { teamSlug } from '../domain/team-slug.ts';
import { DELETED_LINES, LIVE_LINES, type LiveLine } from './schemas/import-line.ts';
import { parseStrictJson } from './strict-json.ts';
import { compileValidator } from './validator.ts';

const EXTERNAL_ID_CHARACTERS_MAX = 255;
/** Lines of one object and one version are told apart by these: 128 bits. */
const FINGERPRINT_CHARACTERS = 22;

export type ReadImportLine = (line: number, bytes: Buffer) => ImportLine | BrokenLine;

type Check = (value: unknown) => string | null;
type Checks = Readonly<Record<string, Check>>;

/** Reads lines; made once, because the schema of each type is compiled at its first line. */
export function importLineReader(): ReadImportLine {
  const live = checksOf(LIVE_LINES);
  const deleted = checksOf(DELETED_LINES);
  return (line, bytes) => {
    const value = parse(bytes);
    if (typeof value === 'string') return { line, external_id: null, problem: value };
    const external_id = externalIdOf(value);
    const is_deleted = value.deleted === true;
    const problem = problemOf(value, is_deleted ? deleted : live);
    if (problem !== null) return { line, external_id, problem };
    const checked = value as LiveLine; // the schema of its type has said so; deleted, it has the header only
    return understand(line, checked, is_deleted);
  };
}

/** For each type what is wrong with a value, or null. */
function checksOf(schemas: Readonly<Record<string, object>>): Checks {
  const entries = Object.entries(schemas).map(([type, schema]): [string, Check] => {
    const check = compileValidator({ schema, httpPart: 'body', method: 'POST', url: '/directory/import' });
    return [
      type,
      (value) => {
        const checked = check(value);
        const error = typeof checked === 'object' && 'error' in checked ? checked.error : null;
        return error instanceof Refusal ? textOf(error) : null;
      },
    ];
  });
  return Object.fromEntries(entries);
}

/** The members of the line, or what is wrong with its form. */
function parse(bytes: Buffer): Record<string, unknown> | string {
  try {
    const value = parseStrictJson(bytes);
    const is_object = typeof value === 'object' && value !== null && !Array.isArray(value);
    return is_object ? (value as Record<string, unknown>) : 'A line should be a JSON object';
  } catch (error) {
    if (error instanceof Refusal) return textOf(error);
    throw error;
  }
}

function textOf({ code, details }: Refusal): string {
  const errors = (details.errors ?? []).map(({ field, message }: FieldError) =>
    field === '' ? message : `\`${field}\` ${message}`,
  );
  return errors.length > 0 ? errors.join('; ') : (details.message ?? REASONS[code].message);
}

/** To be told again with the result, also where something else is wrong with the line. */
function externalIdOf({ external_id }: Record<string, unknown>): string | null {
  const is_one = typeof external_id === 'string' && external_id !== '';
  return is_one && external_id.length <= EXTERNAL_ID_CHARACTERS_MAX ? external_id : null;
}

function problemOf(value: Record<string, unknown>, checks: Checks): string | null {
  const type = IMPORT_TYPES.find((each) => each === value.type);
  const check = type === undefined ? undefined : checks[type];
  if (check === undefined) return `\`type\` must be one of: ${IMPORT_TYPES.join(', ')}`;
  return check(value);
}

function understand(line: number, value: LiveLine, is_deleted: boolean): ImportLine | BrokenLine {
  const { type, external_id, version } = value;
  const content = is_deleted ? null : contentOf(value);
  if (typeof content === 'string') return { line, external_id, problem: content };
  return { line, type, external_id, version, content, fingerprint: fingerprintOf(type, content) };
}

function fingerprintOf(type: ImportType, content: ImportContent | null): string {
  if (content === null) return '';
  return hash('sha256', JSON.stringify([type, content]), 'base64url').slice(0, FINGERPRINT_CHARACTERS);
}

/** What the line says, with what is understood where a member is absent; or what is wrong with it as a whole. */
function contentOf(value: LiveLine): ImportContent | string {
  switch (value.type) {
    case 'user': {
      const { login, email, email_verified = null, profile_name = null, suspended = false } = value;
      return { login, email, email_verified, profile_name, suspended };
    }
    case 'enterprise': {
      const { slug, name, administrators = null, admin = null } = value;
      if (administrators !== null && admin !== null) return '`admin` and `administrators` exclude each other';
      return { slug, name, administrators: administrators && [...new Set(administrators)].sort(), admin };
    }
    case 'organization': {
      const { login, profile_name = null, enterprise = null, admin = null } = value;
      const { default_repository_permission = 'read' } = value;
      return { login, profile_name, enterprise, default_repository_permission, admin };
    }
    case 'team': {
      const { organization, name, slug = teamSlug(name) } = value;
      return slug === null
        ? '`name` has nothing of which a slug can be made; say `slug`'
        : { organization, name, slug: slug.toLowerCase() };
    }
    case 'repository': {
      const { owner, owner_type = null, name, archived = false, description = null } = value;
      const visibility = wishedVisibility(value);
      if (visibility === null) return '`private` differs from `visibility`';
      return { owner, owner_type, name, visibility: visibility ?? 'private', archived, description };
    }
    default:
      return relationOf(value);
  }
}

type RelationLine = Extract<LiveLine, { type: 'membership' | 'team_member' | 'team_repository' | 'collaborator' }>;

function relationOf(value: RelationLine): RelationContent {
  switch (value.type) {
    case 'membership':
      return { first: value.organization, second: value.user, role: value.role };
    case 'team_member':
      return { first: value.team, second: value.user, role: null };
    case 'team_repository':
      return { first: value.team, second: value.repository, role: roleNamed(value.permission) };
    case 'collaborator':
      return { first: value.repository, second: value.user, role: roleNamed(value.permission) };
  }
}

function roleNamed(word: RoleWord | 'read' | 'write'): string {
  return word === 'read' || word === 'write' ? word : roleOfWord(word);
}
