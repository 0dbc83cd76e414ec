// What a question of AuthZEN means: its words as keys of facts and as something to ask of the rules. What is not understood
// becomes null or `unknown`, and is then denied by the rules like everything that is not there (F3).

import type { Catalogue } from '../../domain/catalogue.ts';
import { onceFor } from '../../domain/once.ts';
import { type Ask, requirementOf } from '../../domain/requirement.ts';
import { isScope } from '../../domain/scope.ts';
import type { ResourceKey, SubjectKey } from '../../facts/source.ts';
import { ownText } from '../../own-text.ts';
import { tokenTextKey } from './token-text.ts';

/** A well-formed question, in its words. */
export type Question = {
  readonly subject: { readonly type: string; readonly id: string };
  readonly action: { readonly name: string };
  readonly resource: {
    readonly type: string;
    readonly id: string;
    readonly properties?: { readonly path?: string };
  };
};

export type Asked = {
  /** Null: no credential that this service could have issued, and nobody. */
  readonly subject: SubjectKey | null;
  /** Null: it can name nothing. */
  readonly resource: ResourceKey | null;
  readonly ask: Ask;
  /** The file that is to be written (C4). */
  readonly path: string | undefined;
};

const DECIMAL_ID = /^[1-9][0-9]{0,15}$/;
const REPOSITORY_ID = /^([^/]+)\/([^/]+)$/;
const PERMISSION_LEVEL = /^([a-z_]+):([a-z]+)$/;

/** A token by its text or its id. A session is the person himself, only for this API: here it is no token. @rule T5 */
function tokenNamed(id: string, prefix: string): SubjectKey | null {
  if (DECIMAL_ID.test(id)) {
    const number = Number(id);
    return Number.isSafeInteger(number) ? { type: 'token_id', id: number } : null;
  }
  return tokenTextKey(id, prefix);
}

function subjectNamed({ type, id }: Question['subject'], prefix: string): SubjectKey | null {
  switch (type) {
    case 'token':
      return tokenNamed(id, prefix);
    case 'user':
      return { type: 'login', login: id };
    case 'anonymous':
      return id === 'anonymous' ? { type: 'anonymous' } : null;
    default:
      return null;
  }
}

function resourceNamed({ type, id }: Question['resource']): ResourceKey | null {
  switch (type) {
    case 'repository': {
      const [, owner, name] = REPOSITORY_ID.exec(id) ?? [];
      return owner === undefined || name === undefined ? null : { type, owner, name };
    }
    case 'organization':
    case 'user':
      return { type, login: id };
    case 'enterprise':
      return { type, slug: id };
    default:
      return null;
  }
}

/** So many names are read once; there are fewer, but for other spellings of templates. */
const NAMES_MAX = 2000;
const asksIn: (catalogue: Catalogue) => Map<string, Ask> = onceFor(() => new Map());

function askNamed(name: string, catalogue: Catalogue): Ask {
  const known = asksIn(catalogue);
  const found = known.get(name);
  if (found !== undefined) return found;
  const own = ownText(name);
  const ask = readAsk(own, catalogue);
  // What nothing is named by is not kept: whoever asks about much of it would leave no room for the rest.
  if (known.size < NAMES_MAX && requirementOf({ ask }) !== null) known.set(own, ask);
  return ask;
}

/** A classic scope, `permission:level`, or an operation `METHOD /template`. @rule C1, C6 */
function readAsk(name: string, catalogue: Catalogue): Ask {
  if (isScope(name)) return { type: 'scope', scope: name };
  const operation = catalogue.named(name);
  if (operation !== null) return { type: 'operation', operation };
  const [, permission, level] = PERMISSION_LEVEL.exec(name) ?? [];
  if (permission === undefined || level === undefined) return { type: 'unknown' };
  return { type: 'permission', permission, level };
}

/** An operation without a resource does not look at it; one of another type is not about what was named. @rule F3 */
function resourceOf(ask: Ask, named: Question['resource']): ResourceKey | null {
  if (ask.type !== 'operation') return resourceNamed(named);
  const { resource } = ask.operation;
  if (resource === 'none') return { type: 'none' };
  return resource === named.type ? resourceNamed(named) : null;
}

/** The question in the form in which it is loaded and judged. `prefix`: of this service's texts. */
export function askedBy({ subject, action, resource }: Question, catalogue: Catalogue, prefix: string): Asked {
  const ask = askNamed(action.name, catalogue);
  return {
    subject: subjectNamed(subject, prefix),
    resource: resourceOf(ask, resource),
    ask,
    path: resource.properties?.path,
  };
}
