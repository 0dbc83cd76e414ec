// Faults as an engine might have them, planted between the service and what it knows, to see that histories find them.

import type { FactsQuestion, FactsSource, LoadedFacts } from '../../src/facts/source.ts';
import type { Plant } from './histories.ts';
import type { Kind } from './steps.ts';

type Change = (loaded: LoadedFacts, question: FactsQuestion) => LoadedFacts;

/** Only repositories, and what is said of them. */
function ofRepositories(change: (of: Extract<LoadedFacts['resource'], { type: 'repository' }>) => object): Change {
  return (loaded) =>
    loaded.resource.type === 'repository'
      ? { ...loaded, resource: { ...loaded.resource, ...change(loaded.resource) } }
      : loaded;
}

/** The organization, where it is asked about or owns the repository. */
function ofOrganizations(
  change: (of: { membership: string | null; sso: object; policy: object | null }) => object,
): Change {
  return (loaded) => {
    const { resource } = loaded;
    if (resource.type === 'organization') {
      return {
        ...loaded,
        resource: { ...resource, organization: { ...resource.organization, ...change(resource.organization) } },
      };
    }
    if (resource.type !== 'repository' || resource.owner.type !== 'Organization') return loaded;
    return { ...loaded, resource: { ...resource, owner: { ...resource.owner, ...change(resource.owner) } } };
  };
}

/** Answers once and for all what it was asked once. */
function remembering(): Change {
  const known = new Map<string, LoadedFacts>();
  return (loaded, question) => {
    const key = JSON.stringify(question);
    if (question.subject.type === 'session' || question.subject.type === 'anonymous') return loaded;
    const before = known.get(key);
    if (before !== undefined) return { ...before, now: loaded.now };
    if (loaded.resource.type !== 'absent') known.set(key, loaded);
    return loaded;
  };
}

const suspended: Change = (loaded) => {
  const { subject } = loaded;
  if (!('person' in subject)) return loaded;
  return { ...loaded, subject: { ...subject, person: { ...subject.person, suspended: false } } };
};

const SECOND_MS = 1000;

const outliving: Change = (loaded) => {
  const { subject } = loaded;
  if (subject.type !== 'token') return loaded;
  const { token } = subject;
  if (token.expires_at === null) return loaded;
  const expires_at = new Date(token.expires_at.getTime() + SECOND_MS);
  // Its life is as long as before, so that no cap tells (P4).
  const secret_issued_at = new Date(token.secret_issued_at.getTime() + SECOND_MS);
  return { ...loaded, subject: { ...subject, token: { ...token, expires_at, secret_issued_at } } };
};

const ungranted: Change = (loaded) => {
  const { subject } = loaded;
  if (subject.type !== 'token' || subject.token.kind === 'classic' || subject.token.grant !== null) return loaded;
  const grant = {
    id: 1,
    permissions: { contents: 'write', members: 'read', metadata: 'read' },
    repository_selection: 'all',
  } as const;
  return { ...loaded, subject: { ...subject, token: { ...subject.token, grant } } };
};

/** `shown_by`: the steps without which it does no harm. */
type Planted = { readonly shown_by: readonly Kind[]; readonly begin: () => Change };

/**
 * By what it does wrong; the first two are found soonest. Each was found within 16 histories in every one of 24 runs, the first
 * two within 6, most of them in the very first.
 */
export const FAULTS: Readonly<Record<string, Planted>> = {
  'a suspended person goes on (M10)': { shown_by: ['suspend'], begin: () => suspended },
  'every repository counts as selected (M6)': {
    shown_by: ['issueFineGrained'],
    begin: () => ofRepositories(() => ({ selected: true })),
  },
  'who left still has a grant (A3, A4)': {
    shown_by: ['issueFineGrained', 'member', 'revokeGrant'],
    begin: () => ungranted,
  },
  'what was once known is never forgotten (M10)': { shown_by: ['issueFineGrained'], begin: remembering },
  'tokens outlive their end by a second (M9)': {
    shown_by: ['issueFineGrained', 'advance'],
    begin: () => outliving,
  },
  'archived repositories take writes (C5)': {
    shown_by: ['issueFineGrained', 'editRepository'],
    begin: () => ofRepositories(() => ({ archived: false })),
  },
  'single sign-on is never asked for (O1)': {
    shown_by: ['issueFineGrained', 'requireSso'],
    begin: () => ofOrganizations(() => ({ sso: { required: false, authorized: true } })),
  },
  'policies bind nobody (P1, P2)': {
    shown_by: ['issueFineGrained', 'setPolicy'],
    begin: () =>
      ofOrganizations(() => ({
        policy: {
          ...{ fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
          ...{ max_lifetime_days: { fine_grained: null, classic: null }, lifetime_applies_to_public_reads: false },
        },
        enterprise: null,
      })),
  },
};

/** A plant whose fault can be changed while the service runs. */
export function switchable(): { readonly plant: Plant; readonly set: (fault: string) => void } {
  let change: Change = (loaded) => loaded;
  const plant: Plant = (deps) => {
    const changeEach = async (
      questions: readonly FactsQuestion[],
      load: FactsSource['loadAll'],
    ): Promise<readonly LoadedFacts[]> => {
      const all = await load(questions);
      return all.map((each, index) => change(each, questions[index] as FactsQuestion));
    };
    // Every way by its name: one that is added later must not lead past the fault unseen.
    const facts: FactsSource = {
      client: deps.facts.client,
      knownClient: deps.facts.knownClient,
      known: () => null,
      remember: () => undefined,
      load: async (question) => change(await deps.facts.load(question), question),
      loadAll: (questions) => changeEach(questions, deps.facts.loadAll),
      loadOrLastKnown: (questions) => changeEach(questions, deps.facts.loadOrLastKnown),
    };
    return { ...deps, facts };
  };
  const set = (fault: string): void => {
    change = FAULTS[fault]?.begin() ?? change;
  };
  return { plant, set };
}
