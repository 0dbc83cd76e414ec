// The golden table over HTTP: covering arrays of its cells, in which every three values of any three dimensions meet, built as
// rows and policies and asked through evaluation and through a route of this service. What they answer is what the reference
// decides of the same cell. A dead credential hides everything else, so the array of all values is one among others, in which
// all credentials live and their holders may act.

import t from 'tap';
import { ownOperation } from '../../src/domain/own-operations.ts';
import { reference } from '../model/reference.ts';
import { ask, backendOf } from '../support/backend.ts';
import { buildTestApp } from '../support/build-app.ts';
import { cellWorld } from '../support/cell-world.ts';
import { coveringArray, type PartialRow } from '../support/covering-array.ts';
import { share } from '../support/effort.ts';
import { worldOf } from '../support/world.ts';
import {
  type Cell,
  DIMENSION_NAMES,
  DIMENSIONS,
  type Dimension,
  FAMILIES,
  type Family,
  factsOf,
  inWords,
  NOW,
  varyingOf,
} from './matrix.ts';
import { Mismatches } from './mismatches.ts';

/** Families whose questions an evaluation can ask: of permissions, and so without a catalogue. Each with a route of its own. */
const REPOSITORY = ownOperation('GET /repos/{owner}/{repo}');
const TEAMS = ownOperation('GET /orgs/{org}/teams');
const TRIED = [
  { name: 'contents', values: 'all', route: REPOSITORY },
  { name: 'contents', values: 'of the living', route: REPOSITORY },
  { name: 'contents, caps bind public reads', values: 'of the living', route: REPOSITORY },
  { name: 'projects', values: 'of the living', route: TEAMS },
] as const;
type Values = (typeof TRIED)[number]['values'];
const TOGETHER = 6;
/** This is tried whole, of the others in the short form some. */
const WHOLE = 1;
const FEW = 2;
/** One with which every reason that the test asks for is met in the short form too. */
const SEED = 1;

const DEAD = [
  ['life', 'expired'],
  ['life', 'revoked'],
  ['user', 'suspended'],
] as const;

/**
 * In the world a member of any organization of the enterprise reads its internal repositories (C5): there is no member without
 * a role. The matrix has him, because facts could say so.
 */
function canBe(family: Family, names: readonly Dimension[], values: Values): (row: PartialRow) => boolean {
  const value = (row: PartialRow, name: Dimension) => row[names.indexOf(name)];
  const place = <Name extends Dimension>(name: Name, of: (typeof DIMENSIONS)[Name][number]) =>
    (DIMENSIONS[name] as readonly string[]).indexOf(of);
  const dead = values === 'all' ? [] : DEAD.map(([name, of]) => [name, place(name, of)] as const);
  return (row) => {
    if (dead.some(([name, of]) => value(row, name) === of)) return false;
    if (family.resource === 'organization') return true;
    const user = value(row, 'user');
    const is_member = user !== undefined && user !== place('user', 'removed');
    const is_internal = value(row, 'visibility') === place('visibility', 'internal');
    return !(is_member && is_internal && value(row, 'role') === place('role', 'none'));
  };
}

/** The cells of the array, kind by kind: which dimensions there are differs. */
function cellsOf(family: Family, values: Values): readonly Cell[] {
  const nothing = Object.fromEntries(DIMENSION_NAMES.map((name) => [name, 0])) as Record<Dimension, number>;
  return DIMENSIONS.kind.flatMap((kind, index) => {
    const names = varyingOf(kind).filter((name) => family.resource === 'repository' || name !== 'visibility');
    const sizes = names.map((name) => DIMENSIONS[name].length);
    if (kind === 'anonymous') return anonymousCells(nothing, names, sizes);
    return coveringArray(sizes, canBe(family, names, values), SEED).map((row): Cell => {
      const chosen = Object.fromEntries(names.map((name, at) => [name, row[at] ?? 0]));
      return { ...nothing, ...chosen, kind: index };
    });
  });
}

/** A stranger has at most two dimensions: all of his cells. */
function anonymousCells(nothing: Cell, names: readonly Dimension[], sizes: readonly number[]): readonly Cell[] {
  const [first = 1, second = 1] = sizes;
  return Array.from({ length: first * second }, (_, n) => {
    const places = sizes.length === 1 ? [n] : [Math.floor(n / second), n % second];
    return { ...nothing, ...Object.fromEntries(names.map((name, at) => [name, places[at] ?? 0])) };
  });
}

for (const [place, { name, values, route }] of TRIED.entries()) {
  const family = FAMILIES.find((each) => each.name === name) as Family;
  t.test(
    `over HTTP "${name}", values ${values}, is decided as the reference does @rule F1 F2 F5 F7 M5 P1 P2 P3 P4 P5 O1`,
    async (t) => {
      const app = await buildTestApp(t);
      const build = await cellWorld(app);
      const { authorization } = await worldOf(app.deps).client(['evaluate']);
      const backend = backendOf(app.inject, authorization);
      const all = cellsOf(family, values);
      const cells = place === WHOLE ? all : share(all, FEW, place);
      const facts = factsOf(family);
      const mismatches = new Mismatches();
      const seen = new Map<string, number>();

      async function compare(cell: Cell): Promise<void> {
        const built = await build(cell, family);
        const { facts: known, request } = facts(cell);
        const decided = reference(known, request, NOW);
        if (request.ask.type !== 'permission') throw new Error('an evaluation cannot ask this');
        const action = `${request.ask.permission}:${request.ask.level}`;
        const question = ask('', action, [built.resource.type, built.resource.id]);
        const { body } = await backend.evaluate({ ...question, subject: built.subject });
        const words = inWords(cell);
        const expected = `${decided.effect === 'allow'} ${decided.status} ${decided.fine_reason}`;
        const evaluated = `${body.decision} ${body.context.status} ${body.context.reason}`;
        if (evaluated !== expected) mismatches.add(words, `evaluation: ${evaluated} instead of ${expected}`);

        const on_route = reference(known, { ask: { type: 'operation', operation: route } }, NOW);
        const of =
          family.resource === 'repository' ? `/repos/${built.resource.id}` : `/orgs/${built.resource.id}/teams`;
        const answer = await app.inject({ url: of, headers: built.headers });
        const wanted = on_route.effect === 'allow' ? '200' : `${on_route.status} ${on_route.reason}`;
        const got = answer.statusCode === 200 ? '200' : `${answer.statusCode} ${answer.json().code}`;
        if (got !== wanted) mismatches.add(words, `${route.id}: ${got} instead of ${wanted}`);
        for (const each of [decided.fine_reason, on_route.fine_reason]) seen.set(each, (seen.get(each) ?? 0) + 1);
      }

      for (let from = 0; from < cells.length; from += TOGETHER) {
        await Promise.all(cells.slice(from, from + TOGETHER).map(compare));
      }
      t.comment(`${cells.length} cells; ${[...seen].map(([reason, count]) => `${count} ${reason}`).join(', ')}`);
      if (mismatches.count > 0) t.comment(mismatches.text());
      t.equal(mismatches.count, 0, 'evaluation and route answer what the reference decides');
      t.ok(all.length > 200, `${all.length} cells`);
      for (const reason of [
        ...['allowed', 'authentication_required', 'other_owner', 'pending', 'denied'],
        ...['classic_restricted', 'fine_grained_restricted', 'lifetime_exceeded', 'sso_required', 'role_missing'],
      ]) {
        t.ok(seen.has(reason), `${reason} occurs`);
      }
    },
  );
}
