// `effective` (P7) and `preview` against what happens: under random policies of an organization and its enterprise they foretell
// what real requests get: reads by tokens of each kind and life, public reads, tokens that are made, and whose policy a refusal
// names.

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { type Called, callsOf } from '../support/token-calls.ts';
import { tokenRowsOf, type WorldToken } from '../support/token-rows.ts';
import { worldOf } from '../support/world.ts';

const POLICY = '/orgs/acme/settings/personal-access-tokens';
const ABOVE = '/enterprises/megacorp/settings/personal-access-tokens';
const RUNS = cases({ short: 40, long: 120 });
const LIVES = [30, 60, 90, null] as const;
const KINDS = ['classic', 'fine_grained'] as const;
type Kind = (typeof KINDS)[number];
type Traced<Value> = { readonly value: Value; readonly source: string; readonly owner: string | null };
type Effective = {
  readonly fine_grained_tokens: Traced<string>;
  readonly classic_tokens: Traced<string>;
  readonly approval: Traced<string>;
  readonly max_lifetime_days: Readonly<Record<Kind, Traced<number | null>>>;
  readonly lifetime_applies_to_public_reads: Traced<boolean>;
};

const access = fc.constantFrom('allowed', 'restricted');
const approval = fc.constantFrom('required', 'not_required');
const cap = fc.constantFrom<(number | null)[]>(29, 30, 59, 60, 89, 90, 366, null);
const orLeaves = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 2, arbitrary: value }, { weight: 1, arbitrary: fc.constant('no_policy' as const) });
const ownPolicy = fc.record({
  ...{ fine_grained_tokens: access, classic_tokens: access, approval },
  max_lifetime_days: fc.record({ fine_grained: cap, classic: cap }),
  lifetime_applies_to_public_reads: fc.boolean(),
});
const enterprisePolicy = fc.record({
  ...{ fine_grained_tokens: orLeaves(access), classic_tokens: orLeaves(access), approval: orLeaves(approval) },
  max_lifetime_days: fc.record({ fine_grained: orLeaves(cap), classic: orLeaves(cap) }),
  lifetime_applies_to_public_reads: orLeaves(fc.boolean()),
});
const LEAVES_ALL = {
  ...{ fine_grained_tokens: 'no_policy', classic_tokens: 'no_policy', approval: 'no_policy' },
  max_lifetime_days: { fine_grained: 'no_policy', classic: 'no_policy' },
  lifetime_applies_to_public_reads: 'no_policy',
};

type Probe = { readonly kind: Kind; readonly days: number | null; readonly token: WorldToken };

/** acme of ada in megacorp of cleo; bob, a member, holds a token of each kind and life. */
async function start(t: Test) {
  const app = await buildTestApp(t);
  const world = worldOf(app.deps);
  const [ada, bob, cleo] = [await world.person('ada'), await world.person('bob'), await world.person('cleo')];
  const acme = await world.organization('acme', ada);
  await world.member(acme, bob);
  await world.enterprise('megacorp', [acme], [cleo]);
  await world.repository(acme, 'open', 'public');
  await world.repository(acme, 'closed', 'private');
  const rows = tokenRowsOf(app.deps);
  const probes: Probe[] = [];
  for (const days of LIVES) {
    const issued_at = new Date(Date.now() - 1000);
    const life = { issued_at, expires_at: days === null ? null : new Date(issued_at.getTime() + days * 86_400_000) };
    probes.push({ kind: 'classic', days, token: await rows.classic(bob, { ...life, scopes: ['repo'] }) });
    const fine = { ...life, owner: acme, selection: 'all', permissions: { contents: 'read' } } as const;
    probes.push({ kind: 'fine_grained', days, token: await rows.fineGrained(bob, fine) });
  }
  const as = async (who: typeof ada) => callsOf(app.inject, await world.session(who));
  return { app, probes, owner: await as(ada), member: await as(bob), administrator: await as(cleo) };
}

/** What `effective` says a probe will get: whether it reads what is closed and what is open, and why not and by whom. */
function foretold(effective: Effective, { kind, days }: Probe) {
  const { [`${kind}_tokens` as const]: allowed, max_lifetime_days } = effective;
  const limit = max_lifetime_days[kind];
  const too_long = limit.value !== null && (days === null || days > limit.value);
  const open = too_long && effective.lifetime_applies_to_public_reads.value ? 'lifetime_exceeded' : 'read';
  if (allowed.value === 'restricted') return { closed: `${kind}_restricted`, open, by: allowed };
  return { closed: too_long ? 'lifetime_exceeded' : 'read', open, by: limit };
}

async function found({ inject }: TestApp, { token }: Probe, name: string): Promise<Called & { readonly what: string }> {
  const answer = await callsOf(inject, token.text).call('GET', `/repos/acme/${name}`);
  return { ...answer, what: answer.status === 200 ? 'read' : answer.body.code };
}

t.test('P7: effective agrees with what requests get, under random policies', async (t) => {
  const { app, probes, owner, member, administrator } = await start(t);
  const seen = new Map<string, number>();
  let made = 0;
  const set = async (who: typeof owner, url: string, patch: object) => {
    const { status, body } = await who.call('PATCH', url, { ...patch });
    if (status !== 200) throw new Error(`${url}: ${status} ${JSON.stringify(body)}`);
  };
  await fc.assert(
    fc.asyncProperty(ownPolicy, enterprisePolicy, async (own, above) => {
      await set(administrator, ABOVE, LEAVES_ALL);
      await set(owner, POLICY, own);
      await set(administrator, ABOVE, above);
      const effective: Effective = (await owner.call('GET', `${POLICY}/effective`)).body;
      const words = JSON.stringify({ own, above, effective });
      for (const probe of probes) {
        const expected = foretold(effective, probe);
        const closed = await found(app, probe, 'closed');
        const open = await found(app, probe, 'open');
        const of = `${probe.kind} ${probe.days} ${words}`;
        if (closed.what !== expected.closed) throw new Error(`${closed.what} and not ${expected.closed}: ${of}`);
        if (open.what !== expected.open) throw new Error(`${open.what} and not ${expected.open}: ${of}`);
        const names_owner = closed.what === 'read' || closed.body.message.includes(expected.by.owner ?? 'acme');
        if (!names_owner) throw new Error(`${closed.body.message} does not name ${expected.by.owner}: ${of}`);
        const what = `${probe.kind} ${closed.what} ${closed.what === 'read' ? '' : expected.by.source} ${open.what}`;
        seen.set(what, (seen.get(what) ?? 0) + 1);
      }
      made += 1;
      const [, listed] = (await member.call('GET', '/user/eligible-resource-owners')).body;
      const allowed = effective.fine_grained_tokens.value === 'allowed';
      const limit = effective.max_lifetime_days.fine_grained.value;
      const said = { eligible: allowed, approval: effective.approval.value, max_lifetime_days: limit };
      const { eligible, approval: needed, max_lifetime_days } = listed;
      const listed_as = JSON.stringify({ eligible, approval: needed, max_lifetime_days });
      if (listed_as !== JSON.stringify(said)) throw new Error(`${listed_as}: ${words}`);
      const ask = { resource_owner: 'acme', permissions: { members: 'read' }, expires_in_days: 60 };
      const created = await member.create({ ...ask, name: `made ${made}` });
      const may = allowed && (limit === null || limit >= 60);
      if ((created.status === 201) !== may) throw new Error(`${created.status}: ${words}`);
      const state = effective.approval.value === 'required' ? 'pending' : 'active';
      if (may && created.body.state !== state) throw new Error(`${created.body.state}: ${words}`);
      if (may) await member.remove(created.body.id);
    }),
    { numRuns: RUNS, seed: 7, endOnFailure: true },
  );
  for (const kind of KINDS) {
    for (const what of ['read', 'lifetime_exceeded enterprise', 'lifetime_exceeded organization']) {
      t.ok(
        [...seen.keys()].some((each) => each.startsWith(`${kind} ${what}`)),
        `${kind} ${what}`,
      );
    }
    t.ok(seen.has(`${kind} ${kind}_restricted enterprise read`), 'public reads where it is restricted');
  }
  t.comment([...seen].map(([what, count]) => `${count} ${what}`).join('; '));
});

type PreviewRow = {
  readonly id: number;
  readonly blocked_at: readonly { readonly closes: string; readonly reason: string }[];
};

/** What a preview has to say of a token that read these before, and reads those after. */
function lost(before: readonly string[], after: readonly string[]): string | null {
  const [closed, open] = [0, 1].map((at) => before[at] === 'read' && after[at] !== 'read');
  if (closed && open) return `everything ${after[0]}`;
  if (closed) return `all_but_public_reads ${after[0]}`;
  return open ? `public_reads ${after[1]}` : null;
}

t.test(
  'P1, P2, P4, P5: a preview says exactly what the same PATCH then takes away, under random policies',
  async (t) => {
    const { app, probes, owner, administrator } = await start(t);
    const seen = new Map<string, number>();
    const readAll = async () =>
      Promise.all(
        probes.map(async (probe) => [(await found(app, probe, 'closed')).what, (await found(app, probe, 'open')).what]),
      );
    const random = fc.tuple(ownPolicy, enterprisePolicy, ownPolicy, enterprisePolicy, fc.boolean());
    await fc.assert(
      fc.asyncProperty(random, async ([own, above, next_own, next_above, by_enterprise]) => {
        await administrator.call('PATCH', ABOVE, LEAVES_ALL);
        await owner.call('PATCH', POLICY, own);
        await administrator.call('PATCH', ABOVE, above);
        const [who, url, next] = by_enterprise
          ? ([administrator, ABOVE, next_above] as const)
          : ([owner, POLICY, next_own] as const);
        const before = await readAll();
        const preview = await who.call('POST', `${url}/preview`, next);
        const patched = await who.call('PATCH', url, next);
        const words = JSON.stringify({ own, above, by_enterprise, next });
        if (preview.status !== patched.status) throw new Error(`${preview.status} and not ${patched.status}: ${words}`);
        seen.set(String(patched.status), (seen.get(String(patched.status)) ?? 0) + 1);
        if (patched.status !== 200) {
          const same = JSON.stringify(preview.body.errors) === JSON.stringify(patched.body.errors);
          if (!same) throw new Error(`other errors: ${words}`);
          return;
        }
        const policy = JSON.stringify(preview.body.policy);
        if (policy !== JSON.stringify(patched.body)) throw new Error(`${policy}: ${words}`);
        const after = await readAll();
        const told = new Map(
          preview.body.tokens.map(({ id, blocked_at }: PreviewRow) => [
            id,
            blocked_at.map((at) => `${at.closes} ${at.reason}`).join(),
          ]),
        );
        for (const [index, { token, kind, days }] of probes.entries()) {
          const expected = lost(before[index] ?? [], after[index] ?? []);
          const said = told.get(token.id) ?? null;
          if (said !== expected) throw new Error(`${kind} ${days}: ${said} and not ${expected}: ${words}`);
          if (expected !== null) seen.set(expected, (seen.get(expected) ?? 0) + 1);
        }
        if (preview.body.total_count !== told.size) throw new Error(`${preview.body.total_count}: ${words}`);
      }),
      { numRuns: RUNS, seed: 11, endOnFailure: true },
    );
    for (const what of [
      ...['200', '422', 'everything lifetime_exceeded', 'all_but_public_reads lifetime_exceeded'],
      ...['all_but_public_reads classic_restricted', 'all_but_public_reads fine_grained_restricted'],
      'public_reads lifetime_exceeded',
    ]) {
      t.ok(seen.has(what), what);
    }
    t.comment([...seen].map(([what, count]) => `${count} ${what}`).join('; '));
  },
);
