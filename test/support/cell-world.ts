// A cell of the matrix (test/rules/matrix.ts) as it is in the world: people, organizations, tokens and their standing as rows, the
// policies of organization and enterprise by requests of their owners. Each cell has a world of its own in one database.

import { type Cell, type Family, word } from '../rules/matrix.ts';
import type { TestApp } from './build-app.ts';
import { callsOf } from './token-calls.ts';
import { tokenRowsOf, type WorldToken } from './token-rows.ts';
import { bearer, type Named, type WorldRepository, worldOf } from './world.ts';

const DAY_MS = 86_400_000;

export type BuiltCell = {
  /** What is asked about, as AuthZEN names it. */
  readonly resource: { readonly type: 'repository' | 'organization'; readonly id: string };
  /** Who asks, as AuthZEN names him. */
  readonly subject: { readonly type: string; readonly id: string };
  /** The same as headers of a request of his own. */
  readonly headers: Readonly<Record<string, string>>;
};

type Calls = ReturnType<typeof callsOf>;

/** A builder of cells in one application. */
export async function cellWorld(app: TestApp) {
  const { deps, inject } = app;
  const world = worldOf(deps);
  const rows = tokenRowsOf(deps);
  const [root, cleo] = [await world.person('root'), await world.person('cleo')];
  const [owner, administrator] = [
    callsOf(inject, await world.session(root)),
    callsOf(inject, await world.session(cleo)),
  ];
  let count = 0;

  async function patch(calls: Calls, of: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const answer = await calls.call('PATCH', `/${of}/settings/personal-access-tokens`, body);
    if (answer.status !== 200) throw new Error(`${of}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** What is set is set by requests, the organization's own first: once the enterprise binds, it could not be set any more. */
  async function setPolicies(
    cell: Cell,
    family: Family,
    of: { organization: Named; enterprise: string },
  ): Promise<void> {
    const value = word(cell, 'organization');
    const approval = word(cell, 'approval') === 'not required' ? 'not_required' : 'required';
    const { lifetime_applies_to_public_reads } = family;
    if (value === 'unset') {
      const unset = { fine_grained_tokens: 'restricted', classic_tokens: 'allowed' } as const;
      const lifetimes = { max_lifetime_days_fine_grained: 366, max_lifetime_days_classic: null };
      await world.setPolicy(of.organization, { ...unset, ...lifetimes, approval, lifetime_applies_to_public_reads });
    } else {
      await patch(owner, `orgs/${of.organization.login}`, {
        fine_grained_tokens: value,
        classic_tokens: value,
        approval,
        max_lifetime_days: { fine_grained: 90, classic: 90 },
        lifetime_applies_to_public_reads,
      });
    }
    const above = word(cell, 'enterprise');
    const asked = {
      ...(above !== 'unset' && { fine_grained_tokens: above, classic_tokens: above }),
      ...(above !== 'unset' && { max_lifetime_days: { fine_grained: 60, classic: 60 } }),
      ...(lifetime_applies_to_public_reads && { lifetime_applies_to_public_reads }),
    };
    if (Object.keys(asked).length > 0) await patch(administrator, `enterprises/${of.enterprise}`, asked);
  }

  /** The role comes from the membership of an owner, or from a collaboration: the base permission gives nothing. */
  async function setStanding(cell: Cell, family: Family, at: Standing): Promise<void> {
    const role = word(cell, 'role');
    const is_removed = word(cell, 'user') === 'removed';
    const is_stranger = is_removed || (family.resource === 'organization' && role === 'none');
    if (!is_stranger) await world.member(at.organization, at.person, role === 'admin' ? 'admin' : 'member');
    const collaborates = role !== 'none' && (role !== 'admin' || is_removed);
    if (collaborates && family.resource === 'repository') await world.collaborator(at.repository, at.person, role);
  }

  async function token(cell: Cell, family: Family, at: Standing & { other: Named }): Promise<WorldToken> {
    const life = word(cell, 'life');
    const issued = Date.now() - 10 * DAY_MS;
    const days = { valid: 30, expired: 9, 'over the cap': 400, revoked: 30 }[life];
    const times = {
      issued_at: new Date(issued),
      expires_at: new Date(issued + days * DAY_MS),
      revoked_at: life === 'revoked' ? new Date(Date.now() - DAY_MS) : null,
    };
    const grant = word(cell, 'grant');
    if (word(cell, 'kind') === 'classic') return rows.classic(at.person, { ...times, scopes: family.scopes[grant] });
    const selection = word(cell, 'selection');
    const approval = word(cell, 'approval');
    return rows.fineGrained(at.person, {
      ...times,
      owner: word(cell, 'owner') === 'another' ? at.other : at.organization,
      permissions: family.permissions[grant],
      selection: selection === 'none' || selection === 'all' ? selection : 'subset',
      repositories: selection === 'subset with it' ? [at.repository] : [],
      standing: approval === 'pending' || approval === 'denied' ? approval : 'granted',
    });
  }

  async function setSso(cell: Cell, organization_id: number, token_id: number | null): Promise<void> {
    const sso = word(cell, 'sso');
    if (sso === 'not required') return;
    await deps.db.insertInto('organization_sso').values({ organization_id, required: true }).execute();
    if (sso === 'missing' || token_id === null) return;
    const authorized_at = new Date();
    await deps.db.insertInto('token_sso_authorizations').values({ token_id, organization_id, authorized_at }).execute();
  }

  return async (cell: Cell, family: Family): Promise<BuiltCell> => {
    count += 1;
    const n = count;
    const person = await world.person(`mona-${n}`);
    const organization = await world.organization(`acme-${n}`, root);
    const default_repository_permission = 'none';
    const { id } = organization;
    await deps.db.updateTable('organizations').set({ default_repository_permission }).where('id', '=', id).execute();
    await world.enterprise(`globex-${n}`, [organization], [cleo]);
    const repository = await world.repository(organization, 'engine', word(cell, 'visibility'));
    const other = await world.organization(`initech-${n}`, root);
    await world.member(other, person);
    await setPolicies(cell, family, { organization, enterprise: `globex-${n}` });
    const at = { person, organization, repository };
    await setStanding(cell, family, at);
    const resource = {
      type: family.resource,
      id: family.resource === 'repository' ? repository.full_name : organization.login,
    };
    const kind = word(cell, 'kind');
    if (kind === 'anonymous') return { resource, subject: { type: 'anonymous', id: 'anonymous' }, headers: {} };
    const text = kind === 'person' ? await world.session(person) : null;
    const made = text === null ? await token(cell, family, { ...at, other }) : null;
    await setSso(cell, id, made?.id ?? null);
    if (word(cell, 'user') === 'suspended') {
      await deps.db.updateTable('users').set({ suspended_at: new Date() }).where('id', '=', person.id).execute();
    }
    const subject = made === null ? { type: 'user', id: person.login } : { type: 'token', id: made.text };
    return { resource, subject, headers: bearer(text ?? made?.text ?? '') };
  };
}

type Standing = { readonly person: Named; readonly organization: Named; readonly repository: WorldRepository };
