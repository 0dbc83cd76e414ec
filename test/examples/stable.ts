// Makes recorded values the same in every recording. What is random or of the day is replaced by a value of the same form: the
// text of a credential by one that is well-formed and says that it is an example, its digest by the true digest of that text,
// a moment by the moment of the story that it stands for.

import { digestOf } from '../../src/secrets.ts';
import { checksumOf, kindOfText, type TextKind } from '../../src/text-form.ts';
import { ID_TOKEN, isIdToken, movedIdToken } from './id-token.ts';

/** The day of the story. The real clock of a recording is later or earlier by a constant. */
export const STORY_START = Date.parse('2027-03-01T09:00:00Z');
export const PREFIX = 'gth';

const MOMENT = /\b\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}:\d{2}(Z| UTC)/g;
/** Members that hold seconds since 1970 (RFC 7519, RFC 7662). */
const EPOCH_MEMBERS: ReadonlySet<string> = new Set(['iat', 'exp', 'nbf']);
/** Entries of the record hold milliseconds since 1970 where all else has a text. */
const MILLISECOND_MEMBERS: ReadonlySet<string> = new Set(['@timestamp', 'created_at']);
/** Members that hold a day alone. */
const DAY_MEMBERS: ReadonlySet<string> = new Set(['since', 'last_exercised_on']);
const TEXT = /gth(?:_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}|[psixc]_[0-9A-Za-z]{36})/g;
/** By which an e-mail address is verified; it stands alone, as a part of a path. */
const VERIFICATION_CODE = /^[0-9A-Za-z]{32}$/;
/** The name of a key, or a number of it; it stands alone. */
const KEY_PART = /^[0-9A-Za-z_-]{43}$/;
const CLIENT_ID = /client_[0-9A-Za-z]{20}/g;

export interface Stable {
  /** The value as every recording has it. */
  readonly of: (value: unknown) => unknown;
  /** The reverse for moments: a moment of the story as the one of this recording. */
  readonly toReal: (text: string) => string;
}

/** `real_start`: what the service's clock says when the story begins; what the database's says is earlier. */
export function makeStable(real_start: number): Stable {
  const known = new Map<string, string>();
  const counts = new Map<string, number>();

  function next(kind: string): number {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count;
  }

  function learnText(text: string): string {
    const kind = kindOfText(text, PREFIX);
    if (kind === null) return text;
    const found = known.get(text);
    if (found !== undefined) return found;
    const example = exampleText(kind, next(kind));
    known.set(text, example);
    known.set(digestOf(text), digestOf(example));
    known.set(text.slice(-8), example.slice(-8));
    return example;
  }

  function learnClientId(id: string): string {
    const found = known.get(id) ?? `client_${'Example'.padEnd(18, '0')}${String(next('id')).padStart(2, '0')}`;
    known.set(id, found);
    return found;
  }

  function learnKeyPart(text: string): string {
    const example = `ExampleOnlyNotAKey${String(next('key')).padStart(3, '0')}`.padEnd(43, '0');
    known.set(text, example);
    return example;
  }

  /** A JWT of this service: the same claims as every recording has them, and no signature. */
  function stableJwt(text: string): string {
    const parts = text.split('.').slice(0, 2);
    const encoded = parts.map((part) => {
      const { jti, ...claims } = JSON.parse(Buffer.from(part, 'base64url').toString());
      const id = jti === undefined ? {} : { jti: `ExampleJwt${String(next('jti')).padStart(12, '0')}` };
      return Buffer.from(JSON.stringify({ ...(of(claims) as object), ...id })).toString('base64url');
    });
    return [...encoded, 'ExampleOnlyNotASignature'.padEnd(86, '0')].join('.');
  }

  /** The database's own clock is behind the service's; what it stamped is of the beginning of the story. */
  function shift(milliseconds: number, by: number): number {
    return Math.max(milliseconds + by, STORY_START);
  }

  function ofText(text: string): string {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (KEY_PART.test(text)) return learnKeyPart(text);
    return text
      .replace(VERIFICATION_CODE, 'ExampleOnlyNotASecret'.padEnd(32, '0'))
      .replace(TEXT, learnText)
      .replace(CLIENT_ID, learnClientId)
      .replace(ID_TOKEN, (id_token) =>
        isIdToken(id_token)
          ? movedIdToken(id_token, (iat) => shift(iat * 1000, STORY_START - real_start) / 1000)
          : stableJwt(id_token),
      )
      .replace(MOMENT, (moment) => printLike(moment, shift(Date.parse(moment), STORY_START - real_start)));
  }

  function ofDay(text: string): string {
    return new Date(shift(Date.parse(text), STORY_START - real_start)).toISOString().slice(0, 10);
  }

  function of(value: unknown, member = ''): unknown {
    if (typeof value === 'string' && DAY_MEMBERS.has(member)) return ofDay(value);
    if (typeof value === 'string') return ofText(value);
    if (typeof value === 'number' && EPOCH_MEMBERS.has(member)) {
      return shift(value * 1000, STORY_START - real_start) / 1000;
    }
    if (typeof value === 'number' && MILLISECOND_MEMBERS.has(member)) return shift(value, STORY_START - real_start);
    if (Array.isArray(value)) return value.map((each) => of(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, of(each, name)]));
  }

  const toReal = (text: string) =>
    text.replace(MOMENT, (moment) => printLike(moment, Date.parse(moment) + real_start - STORY_START));
  /** The digest of a text may stand before the text itself, so all texts are learned first. */
  function learnAll(value: unknown): void {
    for (const [text] of (JSON.stringify(value) ?? '').matchAll(TEXT)) learnText(text);
  }

  return {
    of: (value) => {
      learnAll(value);
      return of(value);
    },
    toReal,
  };
}

/** The moment in the form of the given one: `2027-03-19T00:00:00Z` or `2027-03-19 00:00:00 UTC`. */
function printLike(form: string, milliseconds: number): string {
  const printed = `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
  return form.endsWith(' UTC') ? printed.replace('T', ' ').replace('Z', ' UTC') : printed;
}

const LETTERS: Readonly<Record<TextKind, string>> = {
  fine_grained: '',
  classic: 'p',
  session: 's',
  setup: 'i',
  exchanged: 'x',
  client: 'c',
};

/** A text with the right checksum that nobody takes for a real one, and that opens nothing: none like it is ever made. */
function exampleText(kind: TextKind, count: number): string {
  const number = String(count).padStart(3, '0');
  if (kind === 'fine_grained') {
    const first = 'ExampleOnlyNotASecret0';
    const second = `ExampleOnlyNotASecretItOpensNothingAnywhere`.padEnd(50, '0') + number;
    return `${PREFIX}_pat_${first}_${second}${checksumOf(first + second)}`;
  }
  const random = 'ExampleOnlyNotASecret'.padEnd(27, '0') + number;
  return `${PREFIX}${LETTERS[kind]}_${random}${checksumOf(random)}`;
}
