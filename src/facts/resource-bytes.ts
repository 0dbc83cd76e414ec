// What an answer says of its resource, as bytes, and back.

import type { EnterpriseFacts, OrganizationFacts, OwnerFacts, RepositoryFacts, Resource } from '../domain/facts.ts';
import {
  ACCESS_VALUES,
  APPROVAL_VALUES,
  type EnterpriseCap,
  type EnterprisePolicy,
  type OrganizationPolicy,
} from '../domain/policy.ts';
import { MEMBERSHIP_ROLES, ROLES, VISIBILITIES } from '../domain/vocabulary.ts';
import {
  readFlag,
  readNumber,
  readOrNull,
  readText,
  readWord,
  type Sink,
  type Source,
  spoil,
  writeFlag,
  writeNumber,
  writeOrNull,
  writeText,
  writeWord,
} from './bytes.ts';

const TYPES = ['none', 'user', 'organization', 'enterprise', 'repository'] as const;
const OWNER_TYPES = ['User', 'Organization'] as const;
const ACCESS_WORDS = [...ACCESS_VALUES, 'no_policy'] as const;
const APPROVAL_WORDS = [...APPROVAL_VALUES, 'no_policy'] as const;
const FLAG_WORDS = [false, true, 'no_policy'] as const;
const CAP_WORDS = [null, 'no_policy', 'days'] as const;
const ROLE_WORDS = [null, ...ROLES] as const;
const VISIBILITY_WORDS = [null, ...VISIBILITIES] as const;
const MEMBERSHIP_WORDS = [null, ...MEMBERSHIP_ROLES] as const;

/** A cap of an enterprise has a word more than one of an organization. */
function writeCap(sink: Sink, cap: EnterpriseCap): void {
  writeWord(sink, CAP_WORDS, typeof cap === 'number' ? 'days' : cap);
  if (typeof cap === 'number') writeNumber(sink, cap);
}

function readEnterpriseCap(source: Source): EnterpriseCap {
  const word = readWord(source, CAP_WORDS);
  return word === 'days' ? readNumber(source) : word;
}

function readCap(source: Source): number | null {
  const cap = readEnterpriseCap(source);
  return cap === 'no_policy' ? Number.NaN : cap;
}

function writePolicy(sink: Sink, policy: OrganizationPolicy): void {
  writeWord(sink, ACCESS_VALUES, policy.fine_grained_tokens);
  writeWord(sink, ACCESS_VALUES, policy.classic_tokens);
  writeWord(sink, APPROVAL_VALUES, policy.approval);
  writeCap(sink, policy.max_lifetime_days.fine_grained);
  writeCap(sink, policy.max_lifetime_days.classic);
  writeFlag(sink, policy.lifetime_applies_to_public_reads);
}

function readPolicy(source: Source): OrganizationPolicy {
  return {
    fine_grained_tokens: readWord(source, ACCESS_VALUES),
    classic_tokens: readWord(source, ACCESS_VALUES),
    approval: readWord(source, APPROVAL_VALUES),
    max_lifetime_days: { fine_grained: readCap(source), classic: readCap(source) },
    lifetime_applies_to_public_reads: readFlag(source),
  };
}

function writeEnterprisePolicy(sink: Sink, policy: EnterprisePolicy): void {
  writeWord(sink, ACCESS_WORDS, policy.fine_grained_tokens);
  writeWord(sink, ACCESS_WORDS, policy.classic_tokens);
  writeWord(sink, APPROVAL_WORDS, policy.approval);
  writeCap(sink, policy.max_lifetime_days.fine_grained);
  writeCap(sink, policy.max_lifetime_days.classic);
  writeWord(sink, FLAG_WORDS, policy.lifetime_applies_to_public_reads);
  writeFlag(sink, policy.exempt_administrators);
}

function readEnterprisePolicy(source: Source): EnterprisePolicy {
  return {
    fine_grained_tokens: readWord(source, ACCESS_WORDS),
    classic_tokens: readWord(source, ACCESS_WORDS),
    approval: readWord(source, APPROVAL_WORDS),
    max_lifetime_days: { fine_grained: readEnterpriseCap(source), classic: readEnterpriseCap(source) },
    lifetime_applies_to_public_reads: readWord(source, FLAG_WORDS),
    exempt_administrators: readFlag(source),
  };
}

function writeEnterprise(sink: Sink, { id, slug, name, policy, holder_administers }: EnterpriseFacts): void {
  writeNumber(sink, id);
  writeText(sink, slug);
  writeText(sink, name);
  writeOrNull(sink, policy, writeEnterprisePolicy);
  writeFlag(sink, holder_administers);
}

function readEnterprise(source: Source): EnterpriseFacts {
  return {
    id: readNumber(source),
    slug: readText(source),
    name: readText(source),
    policy: readOrNull(source, readEnterprisePolicy),
    holder_administers: readFlag(source),
  };
}

function writeOrganization(sink: Sink, organization: OrganizationFacts): void {
  writeNumber(sink, organization.id);
  writeText(sink, organization.login);
  writeOrNull(sink, organization.profile_name, writeText);
  writeWord(sink, MEMBERSHIP_WORDS, organization.membership);
  writeFlag(sink, organization.reviews);
  writeOrNull(sink, organization.policy, writePolicy);
  writeOrNull(sink, organization.enterprise, writeEnterprise);
  writeFlag(sink, organization.sso.required);
  writeFlag(sink, organization.sso.authorized);
}

function readOrganization(source: Source): OrganizationFacts {
  return {
    type: 'Organization',
    id: readNumber(source),
    login: readText(source),
    profile_name: readOrNull(source, readText),
    membership: readWord(source, MEMBERSHIP_WORDS),
    reviews: readFlag(source),
    policy: readOrNull(source, readPolicy),
    enterprise: readOrNull(source, readEnterprise),
    sso: { required: readFlag(source), authorized: readFlag(source) },
  };
}

function writeOwner(sink: Sink, owner: OwnerFacts): void {
  writeWord(sink, OWNER_TYPES, owner.type);
  if (owner.type === 'Organization') {
    writeOrganization(sink, owner);
    return;
  }
  writeNumber(sink, owner.id);
  writeText(sink, owner.login);
}

function readOwner(source: Source): OwnerFacts {
  if (readWord(source, OWNER_TYPES) === 'Organization') return readOrganization(source);
  return { type: 'User', id: readNumber(source), login: readText(source) };
}

function writeRepository(sink: Sink, repository: RepositoryFacts): void {
  writeNumber(sink, repository.id);
  writeText(sink, repository.name);
  writeOwner(sink, repository.owner);
  writeWord(sink, VISIBILITY_WORDS, repository.visibility);
  writeFlag(sink, repository.archived);
  writeWord(sink, ROLE_WORDS, repository.role);
  writeFlag(sink, repository.selected);
}

function readRepository(source: Source): RepositoryFacts {
  return {
    type: 'repository',
    id: readNumber(source),
    name: readText(source),
    owner: readOwner(source),
    visibility: readWord(source, VISIBILITY_WORDS),
    archived: readFlag(source),
    role: readWord(source, ROLE_WORDS),
    selected: readFlag(source),
  };
}

/** What is not there spoils. */
export function writeResource(sink: Sink, resource: Resource): void {
  if (resource.type === 'absent') {
    spoil(sink);
    return;
  }
  writeWord(sink, TYPES, resource.type);
  switch (resource.type) {
    case 'none':
      break;
    case 'user':
      writeNumber(sink, resource.id);
      writeText(sink, resource.login);
      break;
    case 'organization':
      writeOrganization(sink, resource.organization);
      break;
    case 'enterprise':
      writeEnterprise(sink, resource.enterprise);
      break;
    case 'repository':
      writeRepository(sink, resource);
      break;
  }
}

export function readResource(source: Source): Resource {
  const type = readWord(source, TYPES);
  switch (type) {
    case 'none':
      return { type };
    case 'user':
      return { type, id: readNumber(source), login: readText(source) };
    case 'organization':
      return { type, organization: readOrganization(source) };
    case 'enterprise':
      return { type, enterprise: readEnterprise(source) };
    case 'repository':
      return readRepository(source);
  }
}
