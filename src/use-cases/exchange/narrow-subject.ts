// What an exchange comes to, whatever form the new token has: the subject as it is now, narrowed by what the client asks
// (T3). Computed once, from one state of affairs; issuing it is another step (issue-exchanged-token.ts).

import type { Deps } from '../../deps.ts';
import type { ClientFacts } from '../../domain/caller.ts';
import { judgeCredential } from '../../domain/decide.ts';
import {
  actingFor,
  isGranted,
  type NarrowedAccess,
  type NarrowedRepository,
  narrowedAccess,
  narrowedAudience,
  narrowedEnd,
  narrowedRepositories,
  nextDepth,
  notExchangeable,
  outsideReach,
} from '../../domain/exchange.ts';
import type { PersonFacts, Subject, TokenFacts } from '../../domain/facts.ts';
import { oauthRefusal } from '../../domain/refusal.ts';
import type { LoadedFacts, ResourceKey, SubjectKey } from '../../facts/source.ts';
import { boundedClientId, subjectForClient } from '../checks/authenticate.ts';
import { tokenTextKey } from '../checks/token-text.ts';

/** What a client asks, in its words. */
export type ExchangeAsk = {
  readonly subject_token: string;
  readonly actor_token: string | undefined;
  readonly scope: string | undefined;
  readonly audience: readonly string[];
  /** URIs of repositories. */
  readonly resource: readonly string[];
  /** In seconds. */
  readonly expires_in: number | undefined;
  /** What the new token is to be. */
  readonly form: 'opaque' | 'jwt';
};

/** The new token before it has a text. */
export type Narrowed = {
  /** The holder, whose rights they stay. */
  readonly person: PersonFacts;
  /** The subject as its text has it. */
  readonly token: TokenFacts;
  readonly access: NarrowedAccess;
  /** Null: those of the subject. */
  readonly repositories: readonly NarrowedRepository[] | null;
  /** The single repositories of the subject now; null: it has no such selection. */
  readonly granted_repositories: LoadedFacts['granted_repositories'];
  /** Null: everybody. */
  readonly audience: readonly string[] | null;
  /** Ids of people, the last one first. */
  readonly actor_ids: readonly number[];
  readonly depth: number;
  readonly issued_at: Date;
  readonly expires_at: Date;
};

const OWNER_AND_NAME = /^([A-Za-z0-9-]{1,39})\/([A-Za-z0-9._-]{1,100})$/;

/** `PUBLIC_URL/repos/{owner}/{repo}` and nothing like it: no other text may mean the same. */
function repositoryNamed(uri: string, public_url: string): ResourceKey {
  const base = `${public_url}/repos/`;
  const [, owner, name] = (uri.startsWith(base) && OWNER_AND_NAME.exec(uri.slice(base.length))) || [];
  if (owner === undefined || name === undefined) throw outsideReach();
  return { type: 'repository', owner, name };
}

function repositoriesNamed({ config }: Deps, uris: readonly string[]): readonly ResourceKey[] {
  const different = [...new Set(uris)];
  const count_max = config.selected_repositories_max;
  if (different.length > count_max) throw oauthRefusal(`At most ${count_max} resources can be named`, 'invalid_target');
  return different.map((uri) => repositoryNamed(uri, config.public_url));
}

type Name = 'subject_token' | 'actor_token';
type Presented = Extract<Subject, { type: 'token' }>;

function keyOf({ config }: Deps, text: string, name: Name): SubjectKey {
  const key = tokenTextKey(text, config.token_prefix);
  if (key === null) throw notExchangeable(name);
  return key;
}

function liveToken(loaded: LoadedFacts, client: ClientFacts, name: Name): Presented {
  const subject = subjectForClient(loaded, client);
  const is_live = subject !== null && judgeCredential(subject, loaded.now) === null;
  if (!is_live || subject.type !== 'token' || !isGranted(subject.token)) throw notExchangeable(name);
  return subject;
}

type Loaded = {
  readonly subject: LoadedFacts;
  readonly at_resources: readonly LoadedFacts[];
  readonly actor: LoadedFacts | null;
};

/** Everything that there is to know, from one state of affairs. */
async function load(deps: Deps, client: ClientFacts, ask: ExchangeAsk): Promise<Loaded> {
  const subject = keyOf(deps, ask.subject_token, 'subject_token');
  const actor = ask.actor_token === undefined ? null : keyOf(deps, ask.actor_token, 'actor_token');
  const bounded_client_id = boundedClientId(client, subject);
  const none = { type: 'none' } as const;
  const [found, of_actor, ...at_resources] = await deps.facts.loadAll([
    { subject, resource: { type: 'granted' }, bounded_client_id },
    { subject: actor ?? { type: 'anonymous' }, resource: none, bounded_client_id: boundedClientId(client, actor) },
    ...repositoriesNamed(deps, ask.resource).map((resource) => ({ subject, resource, bounded_client_id })),
  ]);
  if (found === undefined || of_actor === undefined) throw new Error('a question has no facts');
  return { subject: found, at_resources, actor: actor === null ? null : of_actor };
}

/**
 * The new token that the client may have of the subject. Refuses: `invalid_request` for a subject or actor that is not live and
 * granted, or is unknown to the client; `invalid_scope`, `invalid_target`. Their texts count as used. Faults:
 * StorageUnavailable. @rule T3, T6, M9
 */
export async function narrowSubject(deps: Deps, client: ClientFacts, ask: ExchangeAsk): Promise<Narrowed> {
  const loaded = await load(deps, client, ask);
  const { now, granted_repositories } = loaded.subject;
  const { token, person } = liveToken(loaded.subject, client, 'subject_token');
  const actor = loaded.actor === null ? null : liveToken(loaded.actor, client, 'actor_token');
  const resources = loaded.at_resources.map(({ resource }) => resource);
  const narrowed: Narrowed = {
    ...{ person, token, depth: nextDepth(token.exchanged), issued_at: now, granted_repositories },
    access: narrowedAccess(token, ask.scope),
    repositories: resources.length === 0 ? null : narrowedRepositories(token, resources),
    audience: narrowedAudience(token, ask.audience, client.audiences),
    actor_ids: actingFor(token, actor?.person ?? null),
    expires_at: narrowedEnd(token, ask.expires_in, now),
  };
  for (const used of [token, ...(actor === null ? [] : [actor.token])]) deps.last_use.record(used.id, now);
  return narrowed;
}
