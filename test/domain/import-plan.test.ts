// Which lines of an import are taken together, and what a line does by its version (domain/import-plan.ts).

import t from 'tap';
import type { ImportContent, ImportLine, ImportType } from '../../src/domain/import-line.ts';
import { keyOf } from '../../src/domain/import-line.ts';
import { type KnownObject, planLine, takeGroup } from '../../src/domain/import-plan.ts';

let number = 0;

function line<Type extends ImportType>(
  type: Type,
  external_id: string,
  content: ImportContent<Type> | null,
  version = 1,
) {
  number += 1;
  const fingerprint = content === null ? '' : JSON.stringify(content);
  return { line: number, type, external_id, version, content, fingerprint } as ImportLine;
}

const user = (id: string) =>
  line('user', id, {
    login: id,
    email: `${id}@example.test`,
    email_verified: null,
    profile_name: null,
    suspended: false,
  });
const repository = (id: string, owner: string, name = id) =>
  line('repository', id, {
    owner,
    owner_type: 'user',
    name,
    visibility: 'private',
    archived: false,
    description: null,
  });
const collaborator = (id: string, first: string, second: string) =>
  line('collaborator', id, { first, second, role: 'read' });
const membership = (id: string, first: string, second: string) =>
  line('membership', id, { first, second, role: 'member' });

function known(object_id: number, rest: Partial<KnownObject> = {}): KnownObject {
  const base = { version: 1, deleted: false, fingerprint: 'old', second_id: null, present: true, parent_id: null };
  return { ...base, object_id, names: [], suspended: false, ...rest };
}

/** The sizes of the groups in which these lines are taken. */
function groups(lines: readonly ImportLine[], state: Readonly<Record<string, KnownObject>> = {}): number[] {
  const sizes: number[] = [];
  for (let from = 0; from < lines.length; ) {
    const { next } = takeGroup(lines, from, (reference) => state[keyOf(reference)]);
    sizes.push(next - from);
    from = next;
  }
  return sizes;
}

t.test('lines that follow what they refer to are one group, whatever their types', async (t) => {
  const lines = Array.from({ length: 100 }, (_, i) => [
    user(`u${i}`),
    repository(`r${i}`, `u${i}`),
    collaborator(`c${i}`, `r${i}`, 'u0'),
  ]).flat();
  t.same(groups(lines), [300]);
});

t.test('a line about an object that an earlier one writes or refers to begins a new group', async (t) => {
  t.same(groups([user('a'), user('b'), user('a')]), [2, 1]);
  t.same(groups([repository('r', 'a'), user('a')]), [1, 1]);
});

t.test('a name that is taken or given up by two lines parts them', async (t) => {
  t.same(groups([repository('r', 'a', 'Name'), repository('s', 'a', 'name')]), [1, 1]);
  t.same(groups([repository('r', 'a', 'name'), repository('s', 'b', 'name')]), [2]);
  const state = { 'user a': known(1), 'repository s': known(7, { parent_id: 1, names: ['of 1 name'] }) };
  const renamed = { ...repository('s', 'a', 'other'), version: 2 };
  t.same(groups([repository('r', 'a', 'name'), renamed], state), [1, 1]);
});

t.test('what takes something away goes with its like only', async (t) => {
  const state = { 'user a': known(1), 'user b': known(2), 'repository r': known(3, { parent_id: 1 }) };
  const gone = (id: string) => line('user', id, null, 2);
  t.same(groups([user('c'), gone('a'), gone('b'), line('repository', 'r', null, 2)], state), [1, 2, 1]);
  const moved = { ...repository('r', 'b'), version: 2 };
  t.same(groups([repository('q', 'a'), moved, repository('p', 'a')], state), [1, 1, 1]);
});

t.test('a membership does not come before a place in a team that stands before it', async (t) => {
  const state = { 'user a': known(1), 'organization o': known(2), 'team t': known(3, { parent_id: 2 }) };
  const place = line('team_member', 'p', { first: 't', second: 'a', role: null });
  t.same(groups([place, membership('m', 'o', 'a')], state), [1, 1]);
  t.same(groups([membership('m', 'o', 'a'), place], state), [2]);
  const fresh = line('team', 'n', { organization: 'o', name: 'n', slug: 'n' });
  const other = line('team_member', 'q', { first: 'n', second: 'a', role: null });
  t.same(groups([fresh, other, membership('m', 'o', 'a')], state), [2, 1]);
});

t.test(
  'S4: what a line does follows from its version, and from its content where the version is the same',
  async (t) => {
    const live = repository('r', 'a');
    const at = (version: number, content = live.content) => ({ ...live, version, content });
    const same = known(1, { version: 5, fingerprint: live.fingerprint });
    const word = (of: ImportLine, state: KnownObject | undefined) => {
      const plan = planLine(of, state);
      return 'act' in plan ? plan.act : plan.result;
    };
    t.equal(word(at(1), undefined), 'create');
    t.equal(word(at(1, null), undefined), 'bury');
    t.equal(word(at(4), same), 'stale');
    t.equal(word(at(4, null), same), 'stale');
    t.equal(word(at(5), same), 'unchanged');
    t.equal(word(at(5, null), same), 'error');
    t.equal(word(at(5), { ...same, fingerprint: 'other' }), 'error');
    t.equal(word(at(6), same), 'update');
    t.equal(word(at(6, null), same), 'delete');
    t.equal(word(at(6), { ...same, present: false }), 'create');
    t.equal(word(at(6, null), { ...same, present: false }), 'bury');
    const buried = { ...same, deleted: true, object_id: null, fingerprint: '' };
    t.equal(word({ ...at(5, null), fingerprint: '' }, buried), 'unchanged');
    t.equal(word(at(5), buried), 'error');
    t.equal(word(at(6), buried), 'create');
  },
);
