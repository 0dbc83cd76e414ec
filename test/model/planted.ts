// Faults as an engine might have them, planted between the service and what it knows, to see that histories find them.

import type { FactsQuestion, FactsSource, LoadedFacts } from '../../src/facts/source.ts';
import type { Plant } from './histories.ts';

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

const late: Change = (loaded) => ({ ...loaded, now: new Date(loaded.now.getTime() - 1000) });

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

/** By what it does wrong. */
export const FAULTS: Readonly<Record<string, () => Change>> = {
  'every repository counts as selected (M6)': () => ofRepositories(() => ({ selected: true })),
  'who left still has a grant (A3, A4)': () => ungranted,
  'what was once known is never forgotten (M10)': remembering,
  'a suspended person goes on (M10)': () => suspended,
  'time is a second late (M9)': () => late,
  'archived repositories take writes (C5)': () => ofRepositories(() => ({ archived: false })),
  'single sign-on is never asked for (O1)': () =>
    ofOrganizations(() => ({ sso: { required: false, authorized: true } })),
  'policies bind nobody (P1, P2)': () =>
    ofOrganizations(() => ({
      policy: {
        ...{ fine_grained_tokens: 'allowed', classic_tokens: 'allowed', approval: 'not_required' },
        ...{ max_lifetime_days: { fine_grained: null, classic: null }, lifetime_applies_to_public_reads: false },
      },
      enterprise: null,
    })),
};

/** A plant whose fault can be changed while the service runs. */
export function switchable(): { readonly plant: Plant; readonly set: (fault: string) => void } {
  let change: Change = (loaded) => loaded;
  const plant: Plant = (deps) => {
    const facts: FactsSource = {
      ...deps.facts,
      // Nothing passes by.
      known: () => null,
      remember: () => undefined,
      load: async (question) => change(await deps.facts.load(question), question),
      loadAll: async (questions) => {
        const all = await deps.facts.loadAll(questions);
        return all.map((each, index) => change(each, questions[index] as FactsQuestion));
      },
    };
    return { ...deps, facts };
  };
  const set = (fault: string): void => {
    change = FAULTS[fault]?.() ?? change;
  };
  return { plant, set };
}
