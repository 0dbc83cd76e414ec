// The phrase of a search in an audit log (L2), in GitHub's grammar: terms `qualifier:value`, apart by blanks, a `-` before one
// that is not to be; a value with blanks in quotes. Terms of different qualifiers all hold; of several of one qualifier, any.

import { isDigest } from './digest.ts';
import { DAY_MS, parseMoment } from './moment.ts';

export const AUDIT_PHRASE_CHARACTERS_MAX = 1024;
const TERMS_MAX = 32;
const SECOND_MS = 1000;

/** Columns that are compared as a whole, whatever the case of the letters. */
const TEXTS = {
  actor: 'actor',
  user: 'user',
  org: 'org',
  business: 'business',
  enterprise: 'business',
  operation: 'operation_type',
  outcome: 'outcome',
  reason: 'reason',
  request_id: 'request_id',
  ip: 'actor_ip',
} as const;
type TextQualifier = keyof typeof TEXTS;

export type AuditCondition =
  | { readonly type: 'text'; readonly column: (typeof TEXTS)[TextQualifier]; readonly value: string }
  /** `value` is what the name begins with, or the whole of it. */
  | { readonly type: 'action'; readonly value: string; readonly begins: boolean }
  /** `owner/name`, or a name of whichever owner. */
  | { readonly type: 'repo'; readonly value: string }
  /** Of the credential that acted, or of the token acted on. */
  | { readonly type: 'token_id'; readonly id: number }
  | { readonly type: 'hashed_token'; readonly digest: string }
  /** From this moment on, before that one; null: no bound. */
  | { readonly type: 'created'; readonly from: Date | null; readonly before: Date | null };

/** One of the conditions holds, or, negated, none. */
export type AuditClause = { readonly negated: boolean; readonly any: readonly AuditCondition[] };
/** Every clause holds. */
export type AuditFilter = readonly AuditClause[];
export type PhraseFault = { readonly fault: string };

type Term = { readonly negated: boolean; readonly qualifier: string; readonly value: string };

const TERM = /\s*(-?)([a-z_]+):(?:"((?:[^"\\]|\\["\\])*)"|([^\s"]+))(?=\s|$)/y;
const CONTROL = /\p{Cc}/u;
const ACTION = /^[a-z_]+(?:\.[a-z_]*)?\*?$/;
const ID = /^[1-9][0-9]{0,15}$/;
const COMPARISON = /^(>=|<=|>|<)?(.+)$/s;

/** What the phrase asks for, or what is wrong with it. An empty one asks for everything. @rule L2 */
export function parseAuditPhrase(phrase: string): AuditFilter | PhraseFault {
  const terms = termsOf(phrase);
  if ('fault' in terms) return terms;
  const clauses: AuditClause[] = [];
  const joined = new Map<string, AuditCondition[]>();
  for (const { negated, qualifier, value } of terms) {
    const condition = conditionOf(qualifier, value);
    if ('fault' in condition) return condition;
    const group = qualifier === 'enterprise' ? 'business' : qualifier;
    const same = joined.get(group);
    // Bounds of time narrow each other: a later one is not another choice.
    if (!negated && same !== undefined && condition.type !== 'created') {
      same.push(condition);
      continue;
    }
    const any = [condition];
    if (!negated) joined.set(group, any);
    clauses.push({ negated, any });
  }
  return clauses;
}

/** The clause that names tokens, where the filter has one: what is written of them is found without a search. @rule L2 */
export function namedTokens(filter: AuditFilter): AuditClause | null {
  const names = ({ type }: AuditCondition) => type === 'token_id' || type === 'hashed_token';
  return filter.find(({ negated, any }) => !negated && any.every(names)) ?? null;
}

function termsOf(phrase: string): readonly Term[] | PhraseFault {
  if (phrase.length > AUDIT_PHRASE_CHARACTERS_MAX)
    return { fault: `is longer than ${AUDIT_PHRASE_CHARACTERS_MAX} characters` };
  const text = phrase.trimEnd();
  if (CONTROL.test(text)) return { fault: 'has a control character' };
  const terms: Term[] = [];
  TERM.lastIndex = 0;
  for (let at = 0; at < text.length; at = TERM.lastIndex) {
    const found = TERM.exec(text);
    if (found === null) return { fault: `is not made of \`qualifier:value\` terms, from character ${at + 1} on` };
    const [, minus, qualifier = '', quoted, bare = ''] = found;
    terms.push({ negated: minus === '-', qualifier, value: quoted?.replace(/\\(["\\])/g, '$1') ?? bare });
  }
  return terms.length > TERMS_MAX ? { fault: `has more than ${TERMS_MAX} terms` } : terms;
}

function conditionOf(qualifier: string, value: string): AuditCondition | PhraseFault {
  if (value.trim() === '') return { fault: `has no value for \`${qualifier}\`` };
  if (isTextQualifier(qualifier)) return { type: 'text', column: TEXTS[qualifier], value: value.toLowerCase() };
  switch (qualifier) {
    case 'action':
      return actionCondition(value);
    case 'repo':
      return { type: 'repo', value: value.toLowerCase() };
    case 'token_id':
      return ID.test(value) && Number.isSafeInteger(Number(value))
        ? { type: 'token_id', id: Number(value) }
        : { fault: 'has a `token_id` that is no id' };
    case 'hashed_token':
      return isDigest(value)
        ? { type: 'hashed_token', digest: value }
        : { fault: 'has a `hashed_token` that is no SHA-256 in base64' };
    case 'created':
      return createdCondition(value);
    default:
      return { fault: `has the unknown qualifier \`${qualifier}\`` };
  }
}

function isTextQualifier(qualifier: string): qualifier is TextQualifier {
  return Object.hasOwn(TEXTS, qualifier);
}

/** `team` is the category, `team.add_*` and `team.*` what begins so, all else one name. */
function actionCondition(value: string): AuditCondition | PhraseFault {
  const name = value.toLowerCase();
  if (!ACTION.test(name)) return { fault: 'has an `action` that is no name' };
  if (name.endsWith('*')) return { type: 'action', value: name.slice(0, -1), begins: true };
  if (!name.includes('.')) return { type: 'action', value: `${name}.`, begins: true };
  return { type: 'action', value: name, begins: false };
}

function createdCondition(value: string): AuditCondition | PhraseFault {
  const fault = { fault: 'has a `created` that names no date, moment or range of them' };
  const range = value.split('..');
  if (range.length > 2) return fault;
  const [first = '', second] = range;
  if (second !== undefined) {
    const from = first === '*' ? null : spanOf(first)?.from;
    const before = second === '*' ? null : spanOf(second)?.before;
    return from === undefined || before === undefined ? fault : { type: 'created', from, before };
  }
  const [, sign = '', text = ''] = COMPARISON.exec(first) ?? [];
  const span = spanOf(text);
  if (span === null) return fault;
  switch (sign) {
    case '>=':
      return { type: 'created', from: span.from, before: null };
    case '>':
      return { type: 'created', from: span.before, before: null };
    case '<=':
      return { type: 'created', from: null, before: span.before };
    case '<':
      return { type: 'created', from: null, before: span.from };
    default:
      return { type: 'created', ...span };
  }
}

/** A date is its whole day, a moment its second, or the millisecond that it names. */
function spanOf(text: string): { readonly from: Date; readonly before: Date } | null {
  const from = parseMoment(text);
  if (from === null) return null;
  const precise_ms = text.includes('.') ? 1 : SECOND_MS;
  const length_ms = /[Tt]/.test(text) ? precise_ms : DAY_MS;
  return { from, before: new Date(from.getTime() + length_ms) };
}
