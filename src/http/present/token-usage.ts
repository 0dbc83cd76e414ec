// What tokens exercised as the wire has it (U1).

import type { Deps } from '../../deps.ts';
import { printDay } from '../../domain/usage.ts';
import type { ClassicUsage, Exercised, FineGrainedUsage, NarrowerGrant } from '../../domain/usage-report.ts';
import { LEVELS, type Level } from '../../domain/vocabulary.ts';
import type { ReportedToken } from '../../use-cases/usage/report-organization-usage.ts';
import type { ReportedUsage } from '../../use-cases/usage/report-token-usage.ts';
import { presentSimpleUser } from './simple-user.ts';

function levelOf(word: string | undefined): Level {
  return LEVELS.find((each) => each === word) ?? 'read';
}

function presentExercised({ name, checks, last_day }: Exercised) {
  const [permission = '', level] = name.split(':');
  return { permission, level: levelOf(level), checks, last_exercised_on: printDay(last_day) };
}

function presentNarrower({ permissions, repository_selection, repositories }: NarrowerGrant) {
  return { permissions, repository_selection, ...(repositories !== null && { repositories: [...repositories] }) };
}

function presentFineGrained(usage: FineGrainedUsage) {
  const { kind, granted, unused, repositories, narrower_grant, exercised } = usage;
  return {
    ...{ kind, granted, unused },
    exercised: exercised.map(presentExercised),
    repositories: repositories.map(({ last_day, ...each }) => ({ ...each, last_exercised_on: printDay(last_day) })),
    narrower_grant: narrower_grant === null ? null : presentNarrower(narrower_grant),
  };
}

function presentClassic({ kind, scopes, exercised, unused, narrower_grant }: ClassicUsage) {
  return {
    kind,
    scopes: [...scopes],
    exercised: exercised.map(({ name, checks, last_day }) => ({
      ...{ scope: name, checks },
      last_exercised_on: printDay(last_day),
    })),
    unused: [...unused],
    narrower_grant: { scopes: [...narrower_grant.scopes] },
  };
}

function common({ token_id, since_day, usage }: ReportedUsage) {
  const { last_day, is_narrower } = usage;
  return {
    ...{ token_id, is_narrower },
    since: printDay(since_day),
    last_exercised_on: last_day === null ? null : printDay(last_day),
  };
}

export function presentTokenUsage(reported: ReportedUsage) {
  const { usage } = reported;
  return usage.kind === 'classic'
    ? { ...common(reported), ...presentClassic(usage) }
    : { ...common(reported), ...presentFineGrained(usage) };
}

function ofOrganization(deps: Pick<Deps, 'config'>, reported: ReportedToken) {
  const { token_name, holder } = reported;
  return { ...common(reported), token_name, owner: presentSimpleUser(deps, { ...holder, type: 'User' }) };
}

/** Of a token that has a grant. */
export function presentGrantUsage(deps: Pick<Deps, 'config'>, id: number, usage: FineGrainedUsage, of: ReportedToken) {
  return { id, ...ofOrganization(deps, of), ...presentFineGrained(usage) };
}

export function presentOrganizationUsage(deps: Pick<Deps, 'config'>, reported: ReportedToken) {
  const { grant_id, usage } = reported;
  if (usage.kind === 'classic') return { ...ofOrganization(deps, reported), ...presentClassic(usage) };
  return presentGrantUsage(deps, grant_id ?? 0, usage, reported);
}
