// Where facts come from: the one interface behind which caching, replicas and freshness are later changes of this folder.

import type { ClientFacts } from '../domain/caller.ts';
import type { PersonFacts, Resource, TokenFacts } from '../domain/facts.ts';
import type { NamedResource } from '../domain/named-resource.ts';

/** How the subject of a question is known. Digests: base64 of SHA-256 of the text. */
export type SubjectKey =
  | { readonly type: 'anonymous' }
  /** `is_exchanged`: a text that says so of itself; it may be for some audiences only (T3). */
  | { readonly type: 'token_text'; readonly digest: string; readonly is_exchanged?: boolean }
  | { readonly type: 'token_id'; readonly id: number }
  | { readonly type: 'session'; readonly digest: string }
  | { readonly type: 'login'; readonly login: string };

/** How the resource of a question is named. */
export type ResourceKey =
  | NamedResource
  /** Nothing but the repositories that the subject's token was granted. */
  | { readonly type: 'granted' }
  /** Nothing: the subject's text is to be ended, whomever it is for (T3). */
  | { readonly type: 'end' };

/** Who acts, as far as the database knows him. `unknown`: no such credential, id or login, or none that the asking client may know of. */
export type LoadedSubject =
  | { readonly type: 'anonymous' }
  | { readonly type: 'unknown' }
  | { readonly type: 'login'; readonly person: PersonFacts }
  | { readonly type: 'session'; readonly person: PersonFacts; readonly session_id: number; readonly expires_at: Date }
  | { readonly type: 'token'; readonly person: PersonFacts; readonly token: TokenFacts };

export type LoadedFacts = {
  readonly subject: LoadedSubject;
  readonly resource: Resource;
  /** The clock that is ahead, the process's or the database's: expiry is judged by it (contract section 10). */
  readonly now: Date;
  /** Where they were asked for and the grant is of a subset: its repositories by id. Else null. */
  readonly granted_repositories: readonly GrantedRepository[] | null;
  /** The number of the last commit that the state contains. */
  readonly epoch: number;
  /** How old the state may be, where the database could not be reached; only of what `loadOrLastKnown` answers. */
  readonly stale_ms?: number;
};

export type FactsQuestion = {
  readonly subject: SubjectKey;
  readonly resource: ResourceKey;
  /**
   * The internal id of a client that may not know of all that could be found: one that is bound to organizations knows of a fine-grained
   * token of one of these, and of a classic one or a person who belongs to one of them; of nobody's session (T6). Of an exchanged text
   * any client knows only where it is for one of its audiences (T3), or to end it. Null: nobody, or a client that knows of it all.
   */
  readonly bounded_client_id: number | null;
};

/** A repository that a grant lists, as introspection prints it. */
export type GrantedRepository = { readonly id: number; readonly full_name: string };

/** What a client presents. `digest`: base64 of SHA-256 of its secret. */
export type ClientKey = { readonly client_id: string; readonly digest: string };

/**
 * Every answer is of one state of the database, which is behind the moment of the question by no more than the bound of freshness.
 * Faults: StorageUnavailable.
 */
export type FactsSource = {
  /** Everything that the rules need for one question, from one state of the database. */
  readonly load: (question: FactsQuestion) => Promise<LoadedFacts>;
  /** The same for many, all from one state of the database, in their order. */
  readonly loadAll: (questions: readonly FactsQuestion[]) => Promise<readonly LoadedFacts[]>;
  /** The same for checks; while the database cannot be reached, and a setting allows it, what was known last (promises P8). */
  readonly loadOrLastKnown: (questions: readonly FactsQuestion[]) => Promise<readonly LoadedFacts[]>;
  /** The client with this id and this live secret, or null; known last, as `loadOrLastKnown`. */
  readonly client: (key: ClientKey) => Promise<ClientFacts | null>;
  /** The same as `client`, where a live one is known without asking; null: it has to be asked for. */
  readonly knownClient: (key: ClientKey) => ClientFacts | null;
  /** The same as `load`, where it is known without asking; null: it has to be loaded. */
  readonly known: (question: FactsQuestion) => LoadedFacts | null;
  /**
   * Keeps an answer for the next time. Not for what was answered as if it were not there: remembered, it would be told faster than
   * what is not.
   */
  readonly remember: (question: FactsQuestion, loaded: LoadedFacts) => void;
};

/** A client as it was loaded. */
export type LoadedClient = {
  readonly client: ClientFacts;
  /** When the secret that was presented ends; null: never. */
  readonly secret_expires_at: Date | null;
  readonly epoch: number;
};

/** Facts straight from the database: what is remembered is made from these. */
export type StrictFacts = Pick<FactsSource, 'load' | 'loadAll'> & {
  readonly loadClient: (key: ClientKey) => Promise<LoadedClient | null>;
};
