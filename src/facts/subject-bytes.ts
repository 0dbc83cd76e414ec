// The subject of an answer as bytes, and back: the person, the token with its grant, the exchanged one. What may not be remembered cannot
// be written: no credential, a session.

import type { ExchangedFacts } from '../domain/exchanged.ts';
import type { FineGrainedTokenFacts, GrantFacts, PersonFacts, TokenFacts } from '../domain/facts.ts';
import { REPOSITORY_SELECTIONS } from '../domain/vocabulary.ts';
import {
  readByte,
  readDigest,
  readFlag,
  readList,
  readMoment,
  readMomentOrNull,
  readNumber,
  readOrNull,
  readText,
  readWord,
  type Sink,
  type Source,
  spoil,
  writeByte,
  writeDigest,
  writeFlag,
  writeList,
  writeMoment,
  writeNumber,
  writeOrNull,
  writeText,
  writeWord,
} from './bytes.ts';
import type { LoadedSubject } from './source.ts';
import { readPermissions, readScopes, writePermissions, writeScopes } from './word-lists.ts';

const SUBJECT_TYPES = ['anonymous', 'login', 'token'] as const;
const TOKEN_KINDS = ['classic', 'fine_grained'] as const;
const DIGEST_FORMS = ['of_question', 'digest', 'text'] as const;
const OWNER_FORMS = ['none', 'holder', 'User', 'Organization'] as const;
const SUSPENDED = 1;
const SITE_ADMIN = 2;

function writePerson(sink: Sink, { id, login, suspended, site_admin }: PersonFacts): void {
  writeNumber(sink, id);
  writeText(sink, login);
  writeByte(sink, (suspended ? SUSPENDED : 0) + (site_admin ? SITE_ADMIN : 0));
}

function readPerson(source: Source): PersonFacts {
  const id = readNumber(source);
  const login = readText(source);
  const flags = readByte(source);
  return { id, login, suspended: (flags & SUSPENDED) !== 0, site_admin: (flags & SITE_ADMIN) !== 0 };
}

/** A text where it is no digest. */
function writeHash(sink: Sink, hash: string, asked: string | null): void {
  if (hash === asked) {
    writeWord(sink, DIGEST_FORMS, 'of_question');
    return;
  }
  const from = sink.at;
  writeWord(sink, DIGEST_FORMS, 'digest');
  if (writeDigest(sink, hash)) return;
  sink.at = from;
  writeWord(sink, DIGEST_FORMS, 'text');
  writeText(sink, hash);
}

function readHash(source: Source, asked: string | null): string {
  const form = readWord(source, DIGEST_FORMS);
  if (form === 'of_question') return asked ?? '';
  return form === 'digest' ? readDigest(source) : readText(source);
}

function writeExchanged(sink: Sink, exchanged: ExchangedFacts): void {
  writeNumber(sink, exchanged.id);
  writeMoment(sink, exchanged.issued_at);
  writeMoment(sink, exchanged.expires_at);
  writeMoment(sink, exchanged.ended_at);
  writeNumber(sink, exchanged.depth);
  writeHash(sink, exchanged.secret_digest, null);
  writeFlag(sink, exchanged.narrows_repositories);
  writeOrNull(sink, exchanged.audience, (to, audience) => writeList(to, audience, writeText));
  writeList(sink, exchanged.actor_ids, writeNumber);
  writeText(sink, exchanged.client_id);
}

function readExchanged(source: Source): ExchangedFacts {
  return {
    id: readNumber(source),
    issued_at: readMoment(source),
    expires_at: readMoment(source),
    ended_at: readMomentOrNull(source),
    depth: readNumber(source),
    secret_digest: readHash(source, null),
    narrows_repositories: readFlag(source),
    audience: readOrNull(source, (from) => readList(from, readText)),
    actor_ids: readList(source, readNumber),
    client_id: readText(source),
  };
}

function writeGrant(sink: Sink, { id, permissions, repository_selection }: GrantFacts): void {
  writeNumber(sink, id);
  writePermissions(sink, permissions);
  writeWord(sink, REPOSITORY_SELECTIONS, repository_selection);
}

function readGrant(source: Source): GrantFacts {
  return {
    id: readNumber(source),
    permissions: readPermissions(source),
    repository_selection: readWord(source, REPOSITORY_SELECTIONS),
  };
}

type ResourceOwner = FineGrainedTokenFacts['resource_owner'];

/** Most tokens are for the holder himself, who is not written twice. */
function writeResourceOwner(sink: Sink, owner: ResourceOwner, holder: PersonFacts): void {
  if (owner === null) {
    writeWord(sink, OWNER_FORMS, 'none');
    return;
  }
  const is_holder = owner.type === 'User' && owner.id === holder.id && owner.login === holder.login;
  writeWord(sink, OWNER_FORMS, is_holder ? 'holder' : owner.type);
  if (is_holder) return;
  writeNumber(sink, owner.id);
  writeText(sink, owner.login);
}

function readResourceOwner(source: Source, { id, login }: PersonFacts): ResourceOwner {
  const form = readWord(source, OWNER_FORMS);
  if (form === 'none') return null;
  if (form === 'holder') return { id, type: 'User', login };
  return { id: readNumber(source), type: form, login: readText(source) };
}

function writeToken(sink: Sink, token: TokenFacts, holder: PersonFacts, asked: string | null): void {
  writeWord(sink, TOKEN_KINDS, token.kind);
  writeNumber(sink, token.id);
  writeText(sink, token.name);
  writeHash(sink, token.hashed_token, asked);
  writeOrNull(sink, token.exchanged, writeExchanged);
  writeMoment(sink, token.secret_issued_at);
  writeMoment(sink, token.expires_at);
  writeMoment(sink, token.revoked_at);
  writeMoment(sink, token.secret_expires_at);
  if (token.kind === 'classic') {
    writeScopes(sink, token.scopes);
    return;
  }
  writeResourceOwner(sink, token.resource_owner, holder);
  writeOrNull(sink, token.grant, writeGrant);
  writeFlag(sink, token.request_pending);
}

function readToken(source: Source, holder: PersonFacts, asked: string | null): TokenFacts {
  const kind = readWord(source, TOKEN_KINDS);
  const id = readNumber(source);
  const name = readText(source);
  const hashed_token = readHash(source, asked);
  const exchanged = readOrNull(source, readExchanged);
  const secret_issued_at = readMoment(source);
  const expires_at = readMomentOrNull(source);
  const revoked_at = readMomentOrNull(source);
  const secret_expires_at = readMomentOrNull(source);
  // Each kind is written out: an object of one shape, without a copy of what they share, on the way of every check.
  if (kind === 'classic') {
    const scopes = readScopes(source);
    return {
      kind,
      id,
      name,
      hashed_token,
      exchanged,
      secret_issued_at,
      expires_at,
      revoked_at,
      secret_expires_at,
      scopes,
    };
  }
  return {
    kind,
    id,
    name,
    hashed_token,
    exchanged,
    secret_issued_at,
    expires_at,
    revoked_at,
    secret_expires_at,
    resource_owner: readResourceOwner(source, holder),
    grant: readOrNull(source, readGrant),
    request_pending: readFlag(source),
  };
}

/** `asked`: the digest that was asked for, which need not be written. Spoils what may not be remembered. */
export function writeSubject(sink: Sink, subject: LoadedSubject, asked: string | null): void {
  if (subject.type === 'unknown' || subject.type === 'session') {
    spoil(sink);
    return;
  }
  writeWord(sink, SUBJECT_TYPES, subject.type);
  if (subject.type === 'anonymous') return;
  writePerson(sink, subject.person);
  if (subject.type === 'token') writeToken(sink, subject.token, subject.person, asked);
}

/** What was written where the same digest was asked for. */
export function readSubject(source: Source, asked: string | null): LoadedSubject {
  const type = readWord(source, SUBJECT_TYPES);
  if (type === 'anonymous') return { type };
  const person = readPerson(source);
  return type === 'login' ? { type, person } : { type, person, token: readToken(source, person, asked) };
}
