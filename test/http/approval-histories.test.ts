// Random histories of one token: asked, reviewed, edited, withdrawn, revoked, regenerated, left, under changing policies. After
// each step the service says what a model of sets says, and what holds is within what was approved (A1 to A4, M7, P2, P6).

import fc from 'fast-check';
import t from 'tap';
import { seed } from '../rules/tape.ts';
import {
  ACTS,
  type Asked,
  accessOf,
  isWithin,
  newToken,
  printParts,
  stateOf,
  type World,
} from '../support/access-model.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cases } from '../support/effort.ts';
import { callsOf } from '../support/token-calls.ts';
import { worldOf } from '../support/world.ts';

const RUNS = cases({ short: 10, long: 40 });
const REPOSITORIES = ['engine', 'mill', 'loom'];
const LEVELS = [
  {},
  { contents: 'read' },
  { contents: 'write' },
  { issues: 'write' },
  { contents: 'read', issues: 'read' },
] as const;
const MEMBERS = [{}, { members: 'read' }] as const;

const anAccess: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({
    permissions: fc.constantFrom(...MEMBERS),
    repository_selection: fc.constant('none' as const),
  }),
  fc.record({
    permissions: fc.tuple(fc.constantFrom(...LEVELS), fc.constantFrom(...MEMBERS)).map(([a, b]) => ({ ...a, ...b })),
    repository_selection: fc.constant('all' as const),
  }),
  fc.record({
    permissions: fc.tuple(fc.constantFrom(...LEVELS), fc.constantFrom(...MEMBERS)).map(([a, b]) => ({ ...a, ...b })),
    repository_selection: fc.constant('subset' as const),
    repositories: fc.subarray(REPOSITORIES, { minLength: 1 }),
  }),
);

type Step =
  | { readonly act: 'edit'; readonly asked: Asked }
  /** `back`: 0 is the newest request, 1 the one before. */
  | { readonly act: 'approve' | 'deny'; readonly back: number }
  | { readonly act: 'withdraw' | 'again' | 'revoke' | 'leave' | 'regenerate' }
  | { readonly act: 'policy'; readonly approval: boolean; readonly restricted: boolean };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('edit' as const), asked: anAccess }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom('approve' as const, 'deny' as const),
      back: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constantFrom('withdraw', 'again', 'again', 'revoke', 'leave', 'regenerate') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('policy' as const),
      approval: fc.boolean(),
      restricted: fc.constantFrom(false, false, true),
    }),
  },
) as fc.Arbitrary<Step>; // the names of acts are those of the type

t.test('A1, A2, A3, A4, M7, F1: in every history what holds is what was approved, and no more', async (t) => {
  const { inject, deps } = await buildTestApp(t);
  const world = worldOf(deps);
  const ada = await world.person('ada');
  const introspector = await world.client(['introspect']);
  let made = 0;

  async function play(first: Asked, steps: readonly Step[]): Promise<void> {
    made += 1;
    const org = `acme-${made}`;
    const bob = await world.person(`bob-${made}`);
    const acme = await world.organization(org, ada, { approval: 'required' });
    await world.member(acme, bob);
    for (const name of REPOSITORIES) await world.repository(acme, name, 'public');
    const owner = callsOf(inject, await world.session(ada));
    const holder = callsOf(inject, await world.session(bob));
    let around: World = { approval: true, restricted: false, repositories: REPOSITORIES };
    const created = (await holder.create({ ...first, name: 'ci', resource_owner: org })).body;
    const model = newToken(accessOf(first, around), around);
    let text: string = created.token;
    const { id } = created;
    /** The ids of the requests, by their numbers from 1. */
    const ids: number[] = [created.approval.request_id];
    let grant_id = 999_999;

    async function act(step: Step): Promise<[number, number]> {
      const request = `/user/personal-access-tokens/${id}/request`;
      switch (step.act) {
        case 'edit':
          return [(await holder.edit(id, step.asked)).status, ACTS.edit(model, around, step.asked)];
        case 'approve':
        case 'deny': {
          const number = Math.max(1, model.requests - step.back);
          const url = `/orgs/${org}/personal-access-token-requests/${ids[number - 1]}`;
          const { status } = await owner.call('POST', url, { action: step.act });
          return [status, ACTS[step.act](model, around, number)];
        }
        case 'withdraw':
          return [(await holder.call('DELETE', request)).status, ACTS.withdraw(model)];
        case 'again':
          return [(await holder.call('POST', request)).status, ACTS.again(model, around)];
        case 'revoke': {
          const url = `/orgs/${org}/personal-access-tokens/${grant_id}`;
          return [(await owner.call('POST', url, { action: 'revoke' })).status, ACTS.revoke(model)];
        }
        case 'leave': {
          const { status } = await owner.call('DELETE', `/orgs/${org}/memberships/${bob.login}`);
          await world.member(acme, bob);
          return [status, ACTS.leave(model)];
        }
        case 'regenerate': {
          const { status, body } = await holder.regenerate(id);
          text = body.token;
          return [status, ACTS.regenerate()];
        }
        case 'policy':
          around = { ...around, approval: step.approval, restricted: step.restricted };
          await world.setPolicy(acme, {
            approval: step.approval ? 'required' : 'not_required',
            fine_grained_tokens: step.restricted ? 'restricted' : 'allowed',
          });
          return [200, 200];
      }
    }

    async function compare(): Promise<void> {
      const { body: record } = await holder.show(id);
      if (ids.length < model.requests) ids.push(record.approval.request_id);
      const { grant, approved, asked } = model;
      const payload = new URLSearchParams({ token: text }).toString();
      const headers = {
        authorization: introspector.authorization,
        'content-type': 'application/x-www-form-urlencoded',
      };
      const inspected = (await inject({ method: 'POST', url: '/oauth/introspect', headers, payload })).json();
      const [shown] = (await owner.call('GET', `/orgs/${org}/personal-access-tokens`)).body;
      grant_id = shown?.id ?? grant_id;
      const subset = grant?.kind === 'subset';
      const listed = subset
        ? (await owner.call('GET', `/orgs/${org}/personal-access-tokens/${grant_id}/repositories`)).body
        : [];
      same({
        state: [record.state, stateOf(model)],
        asked: [printed(record.permissions), printParts(asked)],
        asked_selection: [record.repository_selection, asked.kind],
        granted: [record.granted && printed(record.granted.permissions), grant && printParts(grant)],
        granted_selection: [record.granted?.repository_selection ?? null, grant?.kind ?? null],
        introspected: [inspected.scope, grant === null ? '' : printParts(grant)],
        grants: [shown === undefined, grant === null],
        repositories: [names(listed), subset ? [...grant.repositories].sort().join() : ''],
        pending: [record.approval?.state === 'pending', model.pending !== null],
        within_approved: [grant === null || (approved !== null && isWithin(grant, approved)), true],
      });
    }

    await compare();
    for (const step of steps) {
      const [status, expected] = await act(step);
      same({ [`status of ${step.act}`]: [status, expected] });
      await compare();
    }
  }

  const property = fc.asyncProperty(anAccess, fc.array(aStep, { minLength: 4, maxLength: 14 }), play);
  const run = await fc.check(property, { numRuns: RUNS, seed: seed(), endOnFailure: true });
  t.comment(`seed ${run.seed}, ${run.numRuns} histories`);
  if (run.failed)
    t.comment(`SEED=${run.seed}: ${JSON.stringify(run.counterexample, null, 1)} ${String(run.errorInstance)}`);
  t.notOk(run.failed, 'the service and the model agree');
});

/** Pairs of what is and what has to be. */
function same(pairs: Readonly<Record<string, readonly [unknown, unknown]>>): void {
  for (const [what, [found, wanted]] of Object.entries(pairs)) {
    if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

function printed(permissions: Readonly<Record<string, string>>): string {
  return Object.entries(permissions)
    .map(([name, level]) => `${name}:${level}`)
    .sort()
    .join(' ');
}

function names(repositories: readonly { readonly name: string }[]): string {
  return repositories
    .map(({ name }) => name)
    .sort()
    .join();
}
