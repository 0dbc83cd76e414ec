// `gatehouse policy …`: what an organization or an enterprise says about tokens (rules P1 to P7).

import type { Command, Input, Option } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { recordLines, tableLines } from '../print.ts';
import { path } from '../service/call.ts';
import { serviceCommand } from '../service/service-command.ts';

const WHOSE = {
  operands: [{ name: 'ORG', about: 'Login of the organization', count: 'optional' }],
  options: { enterprise: { value: 'SLUG', about: 'That of an enterprise, in place of an organization' } },
} as const;
const NO_POLICY = '`no_policy` only of an enterprise';
const MEMBERS: Readonly<Record<string, Option>> = {
  'fine-grained-tokens': { value: 'VALUE', about: NO_POLICY, choices: ['allowed', 'restricted', 'no_policy'] },
  'classic-tokens': { value: 'VALUE', about: NO_POLICY, choices: ['allowed', 'restricted', 'no_policy'] },
  approval: { value: 'VALUE', about: NO_POLICY, choices: ['required', 'not_required', 'no_policy'] },
  'max-fine-grained-days': { value: 'DAYS', about: 'Longest life, 1 to 366, or none, or no_policy' },
  'max-classic-days': { value: 'DAYS', about: 'The same for classic tokens' },
  'lifetime-applies-to-public-reads': {
    value: 'VALUE',
    about: 'Whether the longest life also closes public reads',
    choices: ['true', 'false', 'no_policy'],
  },
  'exempt-administrators': { about: 'Of an enterprise: its caps do not bind its administrators', negatable: true },
};

/** The path of the policy that is meant: exactly one of organization and enterprise. */
function policyPath(input: Input): string {
  const org = input.operandIfGiven('ORG');
  const enterprise = input.text('enterprise');
  if (org !== undefined && enterprise === undefined) return path`/orgs/${org}/settings/personal-access-tokens`;
  if (org === undefined && enterprise !== undefined) {
    return path`/enterprises/${enterprise}/settings/personal-access-tokens`;
  }
  throw failure(EXIT.usage, 'Say whose policy: an organization, or --enterprise and its slug.', { code: 'usage' });
}

function cap(input: Input, option: string): number | string | null | undefined {
  const text = input.text(option);
  if (text === undefined || text === 'no_policy') return text;
  return text === 'none' ? null : input.whole(option);
}

/** What of the policy is to change. Refused: nothing. */
function proposed(input: Input): Readonly<Record<string, unknown>> {
  const caps = { fine_grained: cap(input, 'max-fine-grained-days'), classic: cap(input, 'max-classic-days') };
  const public_reads = input.text('lifetime-applies-to-public-reads');
  const body = {
    fine_grained_tokens: input.text('fine-grained-tokens'),
    classic_tokens: input.text('classic-tokens'),
    approval: input.text('approval'),
    max_lifetime_days: Object.values(caps).every((each) => each === undefined) ? undefined : caps,
    lifetime_applies_to_public_reads:
      public_reads === undefined || public_reads === 'no_policy' ? public_reads : public_reads === 'true',
    exempt_administrators: input.flag('exempt-administrators'),
  };
  if (Object.values(body).some((each) => each !== undefined)) return body;
  throw failure(EXIT.usage, 'Say what of the policy is to change.', { code: 'usage' });
}

const show = serviceCommand({
  words: 'policy show',
  about: 'Show what an organization or enterprise has set',
  ...WHOSE,
  call: (input) => ({ method: 'GET', path: policyPath(input) }),
  shows: { as: 'record' },
});

const effective = serviceCommand({
  words: 'policy effective',
  about: 'Show what is in force, and who has set it',
  ...WHOSE,
  call: (input) => ({ method: 'GET', path: `${policyPath(input)}/effective` }),
  shows: { as: 'lines', lines: effectiveLines },
});

function effectiveLines(answer: unknown): readonly string[] {
  const { max_lifetime_days, ...others } = answer as Readonly<Record<string, object>>;
  const caps = Object.entries(max_lifetime_days ?? {}).map(([name, each]) => [`max_lifetime_days.${name}`, each]);
  const rows = [...Object.entries(others), ...caps].map(([member, each]) => ({ member, ...Object(each) }));
  const columns = ['member', 'value', 'source', 'owner'].map((member) => ({ title: member.toUpperCase(), member }));
  return tableLines(rows, columns);
}

const set = serviceCommand({
  words: 'policy set',
  about: 'Change a policy; what is not given stays as it is',
  operands: WHOSE.operands,
  options: { ...MEMBERS, ...WHOSE.options },
  call: (input) => ({ method: 'PATCH', path: policyPath(input), body: proposed(input) }),
  shows: { as: 'record' },
});

const preview = serviceCommand({
  words: 'policy preview',
  about: 'Tell which tokens such a policy would block, and change nothing',
  operands: WHOSE.operands,
  options: { ...MEMBERS, ...WHOSE.options },
  call: (input) => ({
    method: 'POST',
    path: `${policyPath(input)}/preview`,
    query: { per_page: 100 },
    body: proposed(input),
  }),
  shows: { as: 'lines', lines: previewLines },
});

function previewLines(answer: unknown): readonly string[] {
  const { tokens, ...counts } = answer as { readonly tokens: readonly unknown[] };
  const columns = [
    { title: 'ID', member: 'id' },
    { title: 'KIND', member: 'kind' },
    { title: 'NAME', member: 'name' },
    { title: 'HOLDER', member: 'holder.login' },
    { title: 'LAST USED', member: 'last_used_at' },
  ];
  return [...recordLines(counts, ['total_count', 'holders_count', 'complete']), ...tableLines(tokens, columns)];
}

export const POLICY_COMMANDS: readonly Command[] = [show, effective, set, preview];
