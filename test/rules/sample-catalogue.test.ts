// The whole sample catalogue (../shared/data/operations.json), loaded as an administrator loads it and asked operation by
// operation through evaluation: with exactly each permission set, one level less, one permission missing, the scopes right and
// wrong, and nothing at all. Every answer is what the reference decides; whoever has exactly what is declared is allowed.

import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import type { OrganizationFacts, PersonFacts, Resource, Subject } from '../../src/domain/facts.ts';
import type { PermissionMap } from '../../src/domain/permission.ts';
import { PERMISSIONS, SCOPES } from '../../src/domain/vocabulary.ts';
import { type Row, resourceTypeIn } from '../model/operation-resource.ts';
import { reference } from '../model/reference.ts';
import { CATEGORY, CONTAINED_IN, GIVEN_BY } from '../model/tables.ts';
import { backendOf } from '../support/backend.ts';
import { directoryApp } from '../support/directory-app.ts';
import type { Named } from '../support/world.ts';
import { operation } from './matrix.ts';
import { differ, inShort, Mismatches } from './mismatches.ts';

const FILE = new URL('../../../shared/data/operations.json', import.meta.url);
const BATCH = 1000;

/**
 * No set of these can be satisfied: their paths name nothing in the words of C2, and they ask for more than permissions of
 * the holder's account.
 */
const ABOUT_NOTHING = ['POST /markdown', 'POST /repos/{template_owner}/{template_repo}/generate'];

/** What it declares is no repository permission, and a token without any does not reach a repository (F5.4). */
const BESIDE_REPOSITORY_PERMISSIONS = ['GET /repos/{owner}/{repo}/invitations'];

type Levels = PermissionMap;
type Asker = { readonly what: string; readonly subject: Subject; readonly id: string };
type Place = { readonly what: string; readonly resource: Resource; readonly type: string; readonly id: string };

const without = (set: Levels, name: string): Levels =>
  Object.fromEntries(Object.entries(set).filter(([other]) => other !== name));

/** The set with this permission at the next lower level that it has; null: it has none. */
function lowered(set: Levels, name: string): Levels | null {
  const levels = PERMISSIONS.find((each) => each.name === name)?.levels ?? [];
  const lower = levels[levels.indexOf(set[name] ?? 'read') - 1];
  return lower === undefined ? null : { ...set, [name]: lower };
}

/** Every map of permissions that an operation is asked with. */
function permissionMaps({ permission_sets }: Row): readonly { readonly what: string; readonly map: Levels }[] {
  return permission_sets.flatMap((set) => [
    { what: `exactly ${JSON.stringify(set)}`, map: set },
    ...Object.keys(set).flatMap((name) => {
      const lower = lowered(set, name);
      return [
        { what: `${JSON.stringify(set)} without ${name}`, map: without(set, name) },
        ...(lower === null ? [] : [{ what: `${JSON.stringify(set)} with less of ${name}`, map: lower }]),
      ];
    }),
  ]);
}

/** The smallest lists of scopes that are enough, by the tables of the reference; for C6 one for every permission of a set. */
function rightScopes({ classic_scopes, permission_sets }: Row): readonly (readonly string[])[] {
  if (classic_scopes !== undefined) return classic_scopes.map((scope) => [scope]);
  return permission_sets.map((set) =>
    Object.entries(set).flatMap(([name, level]) => {
      if (name === 'workflows') return ['workflow', 'repo'];
      if (CATEGORY.get(name) === 'repository') return ['repo'];
      if (CATEGORY.get(name) === 'organization') return ['admin:org'];
      const ways = (GIVEN_BY.get(name) ?? []).map((way) => way.split(','));
      const way = ways.find(([, highest]) => highest !== 'read' || level === 'read');
      return way?.[0] === undefined ? [] : [way[0]];
    }),
  );
}

/** All scopes but those that are accepted, and those that contain one. */
function wrongScopes(right: readonly (readonly string[])[]): readonly string[] {
  const enough = new Set(right.flat().flatMap((scope) => [scope, ...(CONTAINED_IN.get(scope) ?? [])]));
  return SCOPES.map(({ name }) => name).filter((name) => !enough.has(name));
}

if (!existsSync(FILE)) t.comment('skipped: the sample catalogue is not beside this checkout');
else {
  t.test('the sample catalogue decides what the reference decides of it @rule C1 C2 C5 C6 F2 K4', async (t) => {
    const { call, inject, rows: tokens, world, deps } = await directoryApp(t);
    const catalogue: readonly Row[] = JSON.parse(readFileSync(FILE, 'utf8'));
    const root = await world.session(await world.person('root', { site_admin: true }));
    const loaded = await call(root, 'PUT /admin/catalogue', catalogue);
    t.match(loaded, { status: 200, body: { operations: 579 } });

    const mona = await world.person('mona');
    const hubot = await world.person('hubot');
    const acme = await world.organization('acme', mona);
    const engine = await world.repository(acme, 'engine', 'private');
    const site = await world.repository(acme, 'site', 'public');
    const backend = backendOf(inject, (await world.client(['evaluate'])).authorization);
    const now = deps.clock();

    const person: PersonFacts = { ...mona, suspended: false, site_admin: false };
    const organization: OrganizationFacts = {
      type: 'Organization',
      ...acme,
      profile_name: null,
      membership: 'admin',
      reviews: false,
      policy: {
        fine_grained_tokens: 'allowed',
        classic_tokens: 'allowed',
        approval: 'not_required',
        max_lifetime_days: { fine_grained: 366, classic: null },
        lifetime_applies_to_public_reads: false,
      },
      enterprise: null,
      sso: { required: false, authorized: false },
    };
    const repository = (id: number, name: string, visibility: 'public' | 'private'): Resource => ({
      ...{ type: 'repository', id, name, owner: organization, visibility, archived: false, role: 'admin' },
      selected: false,
    });
    const account = ({ id, login }: Named): Place => ({
      what: login,
      resource: { type: 'user', id, login },
      type: 'user',
      id: login,
    });
    const PLACES: Readonly<Record<string, readonly Place[]>> = {
      repository: [
        {
          what: 'private',
          resource: repository(engine.id, 'engine', 'private'),
          type: 'repository',
          id: 'acme/engine',
        },
        { what: 'public', resource: repository(site.id, 'site', 'public'), type: 'repository', id: 'acme/site' },
      ],
      organization: [
        { what: 'acme', resource: { type: 'organization', organization }, type: 'organization', id: 'acme' },
      ],
      holder: [account(mona)],
      user: [account(mona), account(hubot)],
      none: [{ what: 'nothing', resource: { type: 'none' }, type: 'repository', id: 'no/where' }],
    };

    const made = new Map<string, Promise<Asker>>();
    const common = { id: 1, name: '', hashed_token: '', exchanged: null, expires_at: null, revoked_at: null } as const;
    const times = { secret_issued_at: now, secret_expires_at: null };
    /** A token of all repositories of this owner; a token with the same permissions is made once. */
    function fineGrained(owner: Named, permissions: Levels): Promise<Asker> {
      const what = `${owner.login} ${JSON.stringify(permissions)}`;
      const make = async (): Promise<Asker> => {
        const { text } = await tokens.fineGrained(mona, { owner, permissions, selection: 'all' });
        const type = owner === mona ? 'User' : 'Organization';
        const grant = { id: 1, permissions, repository_selection: 'all' } as const;
        const token = { ...common, ...times, kind: 'fine_grained', resource_owner: { ...owner, type }, grant } as const;
        const facts = { ...token, expires_at: new Date(now.getTime() + 30 * 86_400_000), request_pending: false };
        return { what, id: text, subject: { type: 'token', person, token: facts } };
      };
      return remember(what, make);
    }
    function classic(scopes: readonly string[]): Promise<Asker> {
      const what = `classic ${scopes.join(' ')}`;
      return remember(what, async () => {
        const { text } = await tokens.classic(mona, { scopes, expires_at: null });
        return {
          what,
          id: text,
          subject: { type: 'token', person, token: { ...common, ...times, kind: 'classic', scopes } },
        };
      });
    }
    function remember(what: string, make: () => Promise<Asker>): Promise<Asker> {
      const known = made.get(what) ?? make();
      made.set(what, known);
      return known;
    }

    type Question = { what: string; asker: Asker; allowed: boolean; public_only?: boolean };
    type Case = { row: Row; asker: Asker; place: Place; what: string; must_be_allowed: boolean };
    async function casesOf(row: Row): Promise<readonly Case[]> {
      const type = resourceTypeIn(row);
      const places = PLACES[type] ?? [];
      const owners = type === 'organization' || type === 'repository' ? [acme] : [mona];
      const right = rightScopes(row);
      const is_reachable = type !== 'none' || row.permissionless;
      const asked: Question[] = [];
      for (const owner of owners) {
        for (const { what, map } of permissionMaps(row)) {
          asked.push({
            what,
            asker: await fineGrained(owner, map),
            allowed: what.startsWith('exactly') && is_reachable,
          });
        }
        asked.push({
          what: 'nothing',
          asker: await fineGrained(owner, {}),
          allowed: row.permissionless && type !== 'repository',
        });
        asked.push({
          what: 'metadata',
          asker: await fineGrained(owner, { metadata: 'read' }),
          allowed: row.permissionless,
        });
      }
      for (const scopes of right) {
        asked.push({
          what: 'right scopes',
          asker: await classic(scopes),
          allowed: scopes.length > 0 && is_reachable,
          public_only: scopes.join() === 'public_repo',
        });
      }
      asked.push({ what: 'wrong scopes', asker: await classic(wrongScopes(right)), allowed: false });
      asked.push({ what: 'no scopes', asker: await classic([]), allowed: false });
      asked.push({
        what: 'nobody',
        asker: { what: 'nobody', id: 'anonymous', subject: { type: 'anonymous' } },
        allowed: false,
      });
      return places.flatMap((place) =>
        asked.map(({ what, asker, allowed, public_only = false }) => {
          const must_be_allowed = allowed && place.what !== 'hubot' && (!public_only || place.what === 'public');
          return { row, asker, place, what, must_be_allowed };
        }),
      );
    }

    const mismatches = new Mismatches();
    const counts = { compared: 0, allowed: 0, public_read: 0 };
    const refused = new Map<string, string>();
    function compare({ row, asker, place, what, must_be_allowed }: Case, said: Said): void {
      const { method, path, classic_scopes = null, ...declared } = row;
      const id = `${method} ${path}`;
      const ask = { type: 'operation', operation: operation(id, { ...declared, classic_scopes }) } as const;
      const expected = reference({ subject: asker.subject, resource: place.resource }, { ask }, now);
      const { reason, status } = said.context;
      const evaluated = {
        effect: said.decision ? 'allow' : 'deny',
        status,
        reason: expected.reason,
        fine_reason: reason,
      };
      counts.compared += 1;
      if (said.decision) counts.allowed += 1;
      if (reason === 'public_read') counts.public_read += 1;
      const words = `${id}, ${place.what}, ${what} (${asker.what})`;
      if (differ(evaluated, expected)) mismatches.add(words, `${inShort(evaluated)} instead of ${inShort(expected)}`);
      if (must_be_allowed && !said.decision) refused.set(id, `${words}: ${reason}`);
    }

    const cases: Case[] = [];
    for (const row of catalogue) cases.push(...(await casesOf(row)));
    for (let from = 0; from < cases.length; from += BATCH) {
      const batch = cases.slice(from, from + BATCH);
      const evaluations = batch.map(({ row, asker, place }) => ({
        subject: { type: asker.id === 'anonymous' ? 'anonymous' : 'token', id: asker.id },
        action: { name: `${row.method} ${row.path}` },
        resource: { type: place.type, id: place.id },
      }));
      const { body } = await backend.evaluateMany({ evaluations });
      for (const [index, each] of batch.entries()) compare(each, body.evaluations[index]);
    }
    t.comment(
      `${counts.compared} questions by ${made.size} tokens, ${counts.allowed} allowed, ${counts.public_read} public reads`,
    );
    if (mismatches.count > 0) t.comment(mismatches.text());
    t.equal(mismatches.count, 0, 'evaluation answers what the reference decides');
    t.same([...refused.keys()], BESIDE_REPOSITORY_PERMISSIONS, [...refused.values()].join('\n'));
    t.ok(counts.public_read > 500 && counts.allowed < counts.compared * 0.7);
    t.same(
      catalogue
        .filter((row) => resourceTypeIn(row) === 'none' && !row.permissionless && !row.public_read)
        .map(({ method, path }) => `${method} ${path}`),
      ABOUT_NOTHING,
    );
  });
}

type Said = { readonly decision: boolean; readonly context: { readonly reason: string; readonly status: number } };
