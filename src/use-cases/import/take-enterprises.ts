// Enterprises of an import, with their administrators: `administrators` are all of them, `admin` is the first one of a new
// enterprise.

import {
  type Administrator,
  deleteOtherAdministrators,
  insertAdministrators,
  insertEnterprises,
  lockEnterprises,
  updateEnterprises,
} from '../../db/import/enterprises.ts';
import type { ImportLine } from '../../domain/import-line.ts';
import { idOf } from '../../domain/import-plan.ts';
import { changedMembers, GONE, notThere, type Step, sorted, type Wish } from './step.ts';

type Resolved = Wish<'enterprise'> & { readonly administrator_ids: readonly number[] };
/** The people who are to administer an enterprise, and whether they are all. */
type Staff = {
  readonly line: ImportLine;
  readonly id: number;
  readonly user_ids: readonly number[];
  readonly all: boolean;
};

const SLUG_TAKEN = '`slug` is taken by another enterprise';

export async function takeEnterprises(step: Step, wishes: readonly Wish<'enterprise'>[]): Promise<void> {
  const resolved = wishes.flatMap((wish) => resolveAdministrators(step, wish));
  const { made, changed } = sorted(resolved);
  const staff = [
    ...(changed.length > 0 ? await change(step, changed) : []),
    ...(made.length > 0 ? await make(step, made) : []),
  ];
  if (staff.length > 0) await appoint(step, staff);
}

function resolveAdministrators(step: Step, wish: Wish<'enterprise'>): Resolved[] {
  const { administrators, admin } = wish.content;
  const first = admin !== null && wish.act === 'create' ? [admin] : [];
  const administrator_ids: number[] = [];
  for (const external_id of administrators ?? first) {
    const reference = { type: 'user', external_id } as const;
    const id = idOf(step.find, reference);
    if (id === null) {
      step.refuse(wish.line, notThere(administrators === null ? 'admin' : 'administrators', reference));
      return [];
    }
    administrator_ids.push(id);
  }
  return [{ ...wish, administrator_ids }];
}

async function make(step: Step, wishes: readonly Resolved[]): Promise<Staff[]> {
  const contents = wishes.map(({ content }) => content);
  const ids = await insertEnterprises(step.db, contents, step.now);
  return wishes.flatMap(({ line, content, administrator_ids }) => {
    const id = ids.get(content.slug.toLowerCase());
    if (id === undefined) {
      step.refuse(line, SLUG_TAKEN);
      return [];
    }
    step.accept(line, { result: 'created', object_id: id });
    step.record(line, { action: 'business.create', operation_type: 'create', business_id: id });
    return [{ line, id, user_ids: administrator_ids, all: false }];
  });
}

async function change(step: Step, wishes: readonly (Resolved & { readonly id: number })[]): Promise<Staff[]> {
  const enterprises = await lockEnterprises(
    step.db,
    wishes.map(({ id, content }) => ({ id, slug: content.slug })),
  );
  const differing: { id: number; slug: string; name: string }[] = [];
  const staff: Staff[] = [];
  for (const { line, content, id, administrator_ids } of wishes) {
    const before = enterprises.get(id);
    if (before === undefined || before.slug_taken) {
      step.refuse(line, before === undefined ? GONE : SLUG_TAKEN);
      continue;
    }
    const { slug, name } = content;
    const changed = changedMembers({ slug: before.slug, name: before.name }, { slug, name });
    if (changed.length > 0) {
      differing.push({ id, slug, name });
      const data = { changed };
      step.record(line, { action: 'business.update', operation_type: 'modify', business_id: id, data });
    }
    step.accept(line, { result: 'updated', object_id: id });
    if (content.administrators !== null) staff.push({ line, id, user_ids: administrator_ids, all: true });
  }
  if (differing.length > 0) await updateEnterprises(step.db, differing);
  return staff;
}

async function appoint(step: Step, staff: readonly Staff[]): Promise<void> {
  const administrators = staff.flatMap(({ id, user_ids }) =>
    user_ids.map((user_id): Administrator => ({ enterprise_id: id, user_id })),
  );
  const lines = new Map(staff.map(({ id, line }) => [id, line]));
  const closed = staff.filter(({ all }) => all).map(({ id }) => id);
  const dismissed = closed.length > 0 ? await deleteOtherAdministrators(step.db, closed, administrators) : [];
  for (const { enterprise_id, user_id } of dismissed) {
    const entry = { action: 'business.remove_admin', operation_type: 'remove' } as const;
    step.record(lines.get(enterprise_id) ?? null, { ...entry, business_id: enterprise_id, user_id });
  }
  for (const { enterprise_id, user_id } of await insertAdministrators(step.db, administrators)) {
    const entry = { action: 'business.add_admin', operation_type: 'create' } as const;
    step.record(lines.get(enterprise_id) ?? null, { ...entry, business_id: enterprise_id, user_id });
  }
}
