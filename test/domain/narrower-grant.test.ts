// The smaller grant (U1), for random histories of checks: it allows each of them, and nothing can be taken from it.

import fc from 'fast-check';
import t from 'tap';
import { decide } from '../../src/domain/decide.ts';
import { narrowFacts } from '../../src/domain/exchanged.ts';
import { printAlternatives, readAlternatives } from '../../src/domain/exercise.ts';
import type { Facts, Resource, TokenFacts } from '../../src/domain/facts.ts';
import { narrowPermissions, narrowScopes, narrowSelection } from '../../src/domain/narrower-grant.ts';
import { covers, isWithin, levelOf, normalisePermissions, type PermissionMap } from '../../src/domain/permission.ts';
import { expandScopes, normaliseScopes } from '../../src/domain/scope.ts';
import { LEVELS, PERMISSIONS } from '../../src/domain/vocabulary.ts';
import { createExerciseTally } from '../../src/use-cases/checks/exercise-tally.ts';
import { NOW } from '../rules/matrix.ts';
import { type Case, caseOf, childOf, type RandomChild, TAPE_LENGTH } from '../rules/random-cases.ts';
import { aTape, seed } from '../rules/tape.ts';
import { cases } from '../support/effort.ts';

const CHECKS = 16;
const RUNS = cases({ short: 400, long: 40_000 });
const REPOSITORIES_MAX = 5;

/** A question to the token itself, or to an exchanged one of it. */
type Check = Case & { readonly child: RandomChild | null };

function checksOf(tape: Uint8Array): readonly Check[] {
  return Array.from({ length: CHECKS }, (_, index) => {
    const found = caseOf(tape.subarray(index * TAPE_LENGTH, (index + 1) * TAPE_LENGTH));
    const { resource } = found.facts;
    const numbered: Resource = resource.type === 'repository' ? { ...resource, id: 500 + (index % 8) } : resource;
    const each = { ...found, facts: { ...found.facts, resource: numbered } };
    const is_child = index % 4 === 3;
    return { ...each, child: is_child ? childOf(tape.subarray(index * 7), each) : null };
  });
}

function highest(maps: readonly PermissionMap[]): PermissionMap {
  const all = maps.flatMap((map) => Object.entries(map));
  return Object.fromEntries(all.sort(([, a], [, b]) => LEVELS.indexOf(a) - LEVELS.indexOf(b)));
}

/** A live token that can do a good part of what is asked: all that the drawn ones had together. */
function tokenOf(checks: readonly Check[]): TokenFacts | null {
  const tokens = checks.flatMap(({ facts: { subject } }) => (subject.type === 'token' ? [subject.token] : []));
  const [first] = tokens;
  if (first === undefined) return null;
  const [issued, ends] = [-3_600_000, 3_600_000].map((ms) => new Date(NOW.getTime() + ms)) as [Date, Date];
  const live = { revoked_at: null, secret_issued_at: issued, expires_at: ends, secret_expires_at: null };
  if (first.kind === 'classic') {
    const scopes = tokens.flatMap((each) => (each.kind === 'classic' ? each.scopes : []));
    return { ...first, ...live, scopes: normaliseScopes(scopes) };
  }
  const grants = tokens.flatMap((each) => (each.kind === 'fine_grained' && each.grant !== null ? [each.grant] : []));
  const permissions = normalisePermissions(highest(grants.map((each) => each.permissions)));
  const selection = first.grant?.repository_selection ?? 'all';
  const is_own = first.resource_owner?.type === 'User';
  const resource_owner = is_own
    ? ({ id: 1, type: 'User', login: 'mona' } as const)
    : ({ id: 10, type: 'Organization', login: 'acme' } as const);
  return { ...first, ...live, resource_owner, grant: { id: 1, permissions, repository_selection: selection } };
}

/** The facts of a check for this token; `selected_ids`: what its subset lists, null: as it was drawn. */
function factsFor(check: Check, token: TokenFacts, selected_ids: readonly number[] | null): Facts | null {
  const person = { id: 1, login: 'mona', suspended: false, site_admin: false };
  const drawn = check.facts.resource;
  const resource: Resource =
    drawn.type === 'repository' && selected_ids !== null
      ? { ...drawn, selected: selected_ids.includes(drawn.id) }
      : drawn;
  const facts: Facts = { subject: { type: 'token', token, person }, resource };
  if (check.child === null) return facts;
  return narrowFacts(
    facts,
    { ...check.child.exchange, ended_at: null, expires_at: new Date(NOW.getTime() + 1) },
    check.child.listed,
  );
}

function isAllowed(check: Check, token: TokenFacts, selected_ids: readonly number[] | null): boolean {
  const facts = factsFor(check, token, selected_ids);
  return facts !== null && decide(facts, check.request, NOW).effect === 'allow';
}

/** What was allowed, and what of it was counted. */
function historyOf(checks: readonly Check[], token: TokenFacts) {
  const tally = createExerciseTally({ repositories_max: REPOSITORIES_MAX + 1 });
  const allowed = checks.filter((check) => {
    const facts = factsFor(check, token, null);
    if (facts === null || facts.subject.type !== 'token') return false;
    const { effect, exercise } = decide(facts, check.request, NOW);
    if (exercise !== undefined) tally.record(facts.subject.token, facts.resource, exercise, NOW);
    return effect === 'allow';
  });
  const { days } = tally.take();
  const parts = days.flatMap((day) => day.next(1_000_000) ?? []);
  const exercises = parts.flatMap((part) => part.exercises);
  const repositories = parts.flatMap((part) => part.repositories);
  const uses = exercises.map(({ needed }) => readAlternatives(needed));
  for (const use of uses) if (readAlternatives(printAlternatives(use)).length !== use.length) throw new Error('unread');
  return { allowed, uses, used_ids: repositories.map(({ repository_id }) => repository_id) };
}

/** Every map that is this one with one level less. */
function oneLess(map: PermissionMap): PermissionMap[] {
  return Object.entries(map).flatMap(([name, level]) => {
    const { [name]: _former, ...others } = map;
    const levels = PERMISSIONS.find((each) => each.name === name)?.levels ?? [];
    const lower = levels.filter((each) => !covers(each, level)).map((each) => ({ ...others, [name]: each }));
    return [others, ...lower].map(normalisePermissions).filter((less) => levelOf(less, name) !== level);
  });
}

type FineGrained = Extract<TokenFacts, { kind: 'fine_grained' }>;

function judgeFineGrained(checks: readonly Check[], token: FineGrained): string | null {
  const { grant } = token;
  if (grant === null) return null;
  const { allowed, uses, used_ids } = historyOf(checks, token);
  const permissions = narrowPermissions(grant.permissions, uses);
  if (!isWithin(permissions, grant.permissions)) return 'it is wider';
  const limits = { used_ids, repositories_max: REPOSITORIES_MAX };
  const { repository_selection, repository_ids } = narrowSelection(grant.repository_selection, permissions, limits);
  const withPermissions = (each: PermissionMap): TokenFacts => ({
    ...token,
    grant: { ...grant, permissions: each, repository_selection },
  });
  const narrowed = withPermissions(permissions);
  if (!allowed.every((check) => isAllowed(check, narrowed, repository_ids))) return 'a check is not allowed any more';
  for (const less of oneLess(permissions)) {
    const is_enough = allowed.every((check) => isAllowed(check, withPermissions(less), repository_ids));
    if (is_enough) return `${JSON.stringify(less)} would have been enough`;
  }
  return null;
}

type Classic = Extract<TokenFacts, { kind: 'classic' }>;

function judgeClassic(checks: readonly Check[], token: Classic): string | null {
  const { allowed, uses } = historyOf(checks, token);
  const scopes = narrowScopes(token.scopes, uses);
  const held = expandScopes(token.scopes);
  if (!scopes.every((each) => held.has(each))) return 'it is wider';
  if (!allowed.every((check) => isAllowed(check, { ...token, scopes }, null))) return 'a check is not allowed any more';
  for (const scope of scopes) {
    const less = [...expandScopes(scopes)].filter((each) => each !== scope);
    if (allowed.every((check) => isAllowed(check, { ...token, scopes: less }, null)))
      return `\`${scope}\` was not needed`;
  }
  return null;
}

t.test('U1: the narrower grant allows every check of a history, and no smaller one does', async (t) => {
  let counted = 0;
  let narrower = 0;
  const property = fc.property(aTape(CHECKS * TAPE_LENGTH), (tape) => {
    const checks = checksOf(tape);
    const token = tokenOf(checks);
    if (token === null) return;
    const { uses } = historyOf(checks, token);
    counted += uses.length;
    if (token.kind === 'classic' && narrowScopes(token.scopes, uses).length > 0) narrower += 1;
    const wrong = token.kind === 'classic' ? judgeClassic(checks, token) : judgeFineGrained(checks, token);
    if (wrong !== null)
      throw new Error(`${wrong}: ${JSON.stringify({ token, uses: historyOf(checks, token) }, null, 1)}`);
  });
  const run = fc.check(property, { numRuns: RUNS, seed: seed() });
  t.comment(`seed ${run.seed}, ${run.numRuns} histories, ${counted} uses`);
  if (run.failed) t.comment(`SEED=${run.seed} shows it again: ${String(run.errorInstance)}`);
  t.notOk(run.failed);
  t.ok(run.failed || counted > 2 * RUNS, 'histories are of some length');
  t.ok(run.failed || narrower > RUNS / 20, 'scopes too');
});

t.test('U1: the smaller grant gives up the wide before the narrow, and metadata last', async (t) => {
  t.same(narrowScopes(['repo'], [[['public_repo'], ['repo']]]), ['public_repo']);
  t.same(narrowScopes(['admin:org'], [[['read:org']]]), ['read:org']);
  t.same(narrowPermissions({ contents: 'write', metadata: 'read' }, [[['metadata:read']]]), { metadata: 'read' });
  t.same(narrowPermissions({ contents: 'write' }, [[['contents:read', 'metadata:read']]]), {
    contents: 'read',
    metadata: 'read',
  });
  t.same(narrowPermissions({ contents: 'write' }, [[['contents:nothing']]]), {}, 'a word that is no level was no use');
});
