// Random questions and answers of every kind that facts have, with the strange values that a row may come to say. Each is typed by what
// facts are: a member more does not compile until it is drawn here.

import fc, { type Arbitrary } from 'fast-check';
import type { ExchangedFacts } from '../../src/domain/exchanged.ts';
import type {
  ClassicTokenFacts,
  EnterpriseFacts,
  FineGrainedTokenFacts,
  GrantFacts,
  OrganizationFacts,
  OwnerFacts,
  PersonFacts,
  RepositoryFacts,
  Resource,
} from '../../src/domain/facts.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import {
  ACCESS_VALUES,
  APPROVAL_VALUES,
  type EnterprisePolicy,
  type LifetimeCaps,
  type OrganizationPolicy,
} from '../../src/domain/policy.ts';
import {
  MEMBERSHIP_ROLES,
  PERMISSIONS,
  REPOSITORY_SELECTIONS,
  ROLES,
  SCOPES,
  VISIBILITIES,
} from '../../src/domain/vocabulary.ts';
import type {
  FactsQuestion,
  GrantedRepository,
  LoadedFacts,
  LoadedSubject,
  ResourceKey,
  SubjectKey,
} from '../../src/facts/source.ts';

/** A record of these: a member more in the type is one more here. */
type Of<Value> = { readonly [Name in keyof Value]-?: Arbitrary<Value[Name]> };

function recordOf<Value>(members: Of<Value>): Arbitrary<Value> {
  return fc.record(members as { [Name in keyof Value]: Arbitrary<Value[Name]> }) as Arbitrary<Value>;
}

const bit = fc.boolean();
const id = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 48 }));
const number = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.double(), fc.constantFrom(-1, -0, Infinity, Number.NaN, 2 ** 53));
const anyLetters = fc.array(fc.nat(0xffff), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes));
const text = fc.oneof(fc.constantFrom('', 'mona', 'café', '発行'), fc.string({ maxLength: 200 }), anyLetters);
export const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const anyMoment = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01') }),
);
const momentOrNull = fc.option(anyMoment);

const scopes = fc.array(fc.constantFrom(...SCOPES.map(({ name }) => name)), { maxLength: 6 });
const permissionEntry = fc.constantFrom(
  ...PERMISSIONS.flatMap(({ name, levels }) => levels.map((level) => [name, level] as const)),
);
/** The same few, and any. */
const permissions: Arbitrary<PermissionMap> = fc.oneof(
  fc.constantFrom<PermissionMap[]>({}, { metadata: 'read' }, { contents: 'write', metadata: 'read' }),
  fc.array(permissionEntry, { maxLength: 40 }).map((entries) => Object.fromEntries(entries)),
);

export const person: Arbitrary<PersonFacts> = recordOf<PersonFacts>({
  id,
  login: text,
  suspended: bit,
  site_admin: bit,
});

const exchanged: Arbitrary<ExchangedFacts> = recordOf<ExchangedFacts>({
  id,
  issued_at: anyMoment,
  expires_at: anyMoment,
  ended_at: momentOrNull,
  depth: number,
  secret_digest: fc.oneof(digest, text),
  narrows_repositories: bit,
  audience: fc.option(fc.array(text, { maxLength: 3 })),
  actor_ids: fc.array(number, { maxLength: 3 }),
  client_id: text,
});

const grant: Arbitrary<GrantFacts> = recordOf<GrantFacts>({
  id,
  permissions,
  repository_selection: fc.constantFrom(...REPOSITORY_SELECTIONS),
});

const tokenCommon = {
  id,
  name: text,
  hashed_token: fc.oneof(digest, text),
  exchanged: fc.option(exchanged, { freq: 2 }),
  secret_issued_at: anyMoment,
  expires_at: momentOrNull,
  revoked_at: momentOrNull,
  secret_expires_at: momentOrNull,
};

const classic: Arbitrary<ClassicTokenFacts> = recordOf<ClassicTokenFacts>({
  ...tokenCommon,
  kind: fc.constant('classic'),
  scopes,
});

const fineGrained = (holder: PersonFacts): Arbitrary<FineGrainedTokenFacts> => {
  const other = recordOf<NonNullable<FineGrainedTokenFacts['resource_owner']>>({
    id,
    type: fc.constantFrom('User', 'Organization'),
    login: text,
  });
  const himself = fc.constant({ id: holder.id, type: 'User' as const, login: holder.login });
  return recordOf<FineGrainedTokenFacts>({
    ...tokenCommon,
    kind: fc.constant('fine_grained'),
    resource_owner: fc.option(fc.oneof(himself, other)),
    grant: fc.option(grant),
    request_pending: bit,
  });
};

const cap = fc.option(fc.oneof(fc.nat(400), number));
const caps = recordOf<LifetimeCaps>({ fine_grained: cap, classic: cap });

const policy: Arbitrary<OrganizationPolicy> = recordOf<OrganizationPolicy>({
  fine_grained_tokens: fc.constantFrom(...ACCESS_VALUES),
  classic_tokens: fc.constantFrom(...ACCESS_VALUES),
  approval: fc.constantFrom(...APPROVAL_VALUES),
  max_lifetime_days: caps,
  lifetime_applies_to_public_reads: bit,
});

const enterpriseCap = fc.oneof(cap, fc.constant('no_policy' as const));
const enterprisePolicy: Arbitrary<EnterprisePolicy> = recordOf<EnterprisePolicy>({
  fine_grained_tokens: fc.constantFrom(...ACCESS_VALUES, 'no_policy'),
  classic_tokens: fc.constantFrom(...ACCESS_VALUES, 'no_policy'),
  approval: fc.constantFrom(...APPROVAL_VALUES, 'no_policy'),
  max_lifetime_days: recordOf<EnterprisePolicy['max_lifetime_days']>({
    fine_grained: enterpriseCap,
    classic: enterpriseCap,
  }),
  lifetime_applies_to_public_reads: fc.constantFrom(true, false, 'no_policy' as const),
  exempt_administrators: bit,
});

const enterprise: Arbitrary<EnterpriseFacts> = recordOf<EnterpriseFacts>({
  id,
  slug: text,
  name: text,
  policy: fc.option(enterprisePolicy),
  holder_administers: bit,
});

const organization: Arbitrary<OrganizationFacts> = recordOf<OrganizationFacts>({
  type: fc.constant('Organization'),
  id,
  login: text,
  profile_name: fc.option(text),
  membership: fc.option(fc.constantFrom(...MEMBERSHIP_ROLES)),
  reviews: bit,
  policy: fc.option(policy),
  enterprise: fc.option(enterprise),
  sso: recordOf<OrganizationFacts['sso']>({ required: bit, authorized: bit }),
});

const owner: Arbitrary<OwnerFacts> = fc.oneof(
  organization,
  recordOf<Extract<OwnerFacts, { type: 'User' }>>({ type: fc.constant('User'), id, login: text }),
);

const repository: Arbitrary<RepositoryFacts> = recordOf<RepositoryFacts>({
  type: fc.constant('repository'),
  id,
  name: text,
  owner,
  visibility: fc.option(fc.constantFrom(...VISIBILITIES)),
  archived: bit,
  role: fc.option(fc.constantFrom(...ROLES)),
  selected: bit,
});

type Kind<Value, Type> = Extract<Value, { readonly type: Type }>;

export const resource: Arbitrary<Resource> = fc.oneof(
  repository,
  // What was named by a team is never remembered (facts/question-key.ts).
  recordOf<Omit<Kind<Resource, 'organization'>, 'by_team'>>({ type: fc.constant('organization'), organization }),
  recordOf<Kind<Resource, 'user'>>({ type: fc.constant('user'), id, login: text }),
  recordOf<Kind<Resource, 'enterprise'>>({ type: fc.constant('enterprise'), enterprise }),
  fc.constant<Resource>({ type: 'none' }),
);

const tokenSubject: Arbitrary<LoadedSubject> = person.chain((holder) =>
  fc.oneof(classic, fineGrained(holder)).map((token): LoadedSubject => ({ type: 'token', person: holder, token })),
);

/** Of those that may be remembered. */
export const subject: Arbitrary<LoadedSubject> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<LoadedSubject>({ type: 'anonymous' }) },
  { weight: 1, arbitrary: person.map((each): LoadedSubject => ({ type: 'login', person: each })) },
  { weight: 4, arbitrary: tokenSubject },
);

const fullName = fc.oneof(
  text.map((name) => `acme/${name}`),
  text,
);
const granted: Arbitrary<readonly GrantedRepository[]> = fc.array(
  recordOf<GrantedRepository>({ id, full_name: fullName }),
  { maxLength: 5 },
);

export const answer: Arbitrary<LoadedFacts> = recordOf<Omit<LoadedFacts, 'stale_ms'>>({
  subject,
  resource,
  now: fc.constant(new Date(0)),
  granted_repositories: fc.option(granted),
  epoch: fc.nat(),
});

/** A name that may be somebody's; few, so that two questions are now and then the same. */
const name = fc.oneof(
  fc.constantFrom('a', 'A', 'ab', 'b'),
  fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
);
const key = fc.oneof(fc.constantFrom(1, 12), id);

export const subjectKey: Arbitrary<SubjectKey> = fc.oneof(
  fc.constant<SubjectKey>({ type: 'anonymous' }),
  recordOf<Kind<SubjectKey, 'token_text'>>({
    type: fc.constant('token_text'),
    digest,
    is_exchanged: fc.constant(false),
  }),
  recordOf<Kind<SubjectKey, 'token_id'>>({ type: fc.constant('token_id'), id: key }),
  recordOf<Kind<SubjectKey, 'session'>>({ type: fc.constant('session'), digest }),
  recordOf<Kind<SubjectKey, 'login'>>({ type: fc.constant('login'), login: name }),
);

export const resourceKey: Arbitrary<ResourceKey> = fc.oneof(
  recordOf<Kind<ResourceKey, 'repository'>>({ type: fc.constant('repository'), owner: name, name }),
  recordOf<Kind<ResourceKey, 'repository_id'>>({ type: fc.constant('repository_id'), id: key }),
  recordOf<Kind<ResourceKey, 'organization'>>({ type: fc.constant('organization'), login: name }),
  recordOf<Kind<ResourceKey, 'organization_of_team'>>({ type: fc.constant('organization_of_team'), team_id: key }),
  recordOf<Kind<ResourceKey, 'user'>>({ type: fc.constant('user'), login: name }),
  recordOf<Kind<ResourceKey, 'account'>>({ type: fc.constant('account'), login: name }),
  recordOf<Kind<ResourceKey, 'enterprise'>>({ type: fc.constant('enterprise'), slug: name }),
  fc.constantFrom<ResourceKey[]>({ type: 'none' }, { type: 'granted' }, { type: 'holder' }),
);

export const question: Arbitrary<FactsQuestion> = recordOf<FactsQuestion>({
  subject: subjectKey,
  resource: resourceKey,
  bounded_client_id: fc.option(key),
});

/** The value without prototypes and with moments as texts, so that it can be compared member by member. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return `moment ${value.getTime()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
