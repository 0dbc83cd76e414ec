// F16: rows that no code of ours would write appear in the database under traffic. Whom they concern is denied, nobody else is, and no
// process ends (F3, promises P7, P11).

import type { Test } from 'tap';
import { eventually } from '../support/service.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { startEmbeddedRig } from './rig/embedded-rig.ts';
import type { Node, Rig } from './rig/rig.ts';
import type { Scenario } from './scenario.ts';

/** What is done to the row of the token, of its grant, of its organization, of its repository; ids by name. */
const POISONS: Readonly<Record<string, string>> = {
  'an unknown kind': `update tokens set kind = 'super' where id = :token`,
  'a kind in capitals': `update tokens set kind = 'FINE_GRAINED' where id = :token`,
  'the other kind': `update tokens set kind = 'classic' where id = :token`,
  'permissions that are null in JSON': `update grants set permissions = 'null' where token_id = :token`,
  'permissions that are a list': `update grants set permissions = '["contents"]' where token_id = :token`,
  'permissions that are a text': `update grants set permissions = '"all"' where token_id = :token`,
  'permissions that are a number': `update grants set permissions = '1' where token_id = :token`,
  'permissions of one megabyte': `update grants set token_id = token_id, permissions =
    (select jsonb_object_agg('permission_' || n, repeat('x', 40)) from generate_series(1, 20000) n) where token_id = :token`,
  'permissions nested a thousand deep': `update grants set permissions =
    (repeat('{"contents":', 1000) || '"write"' || repeat('}', 1000))::jsonb where token_id = :token`,
  'an unknown level': `update grants set permissions = '{"contents":"root"}' where token_id = :token`,
  'a level in capitals': `update grants set permissions = '{"contents":"WRITE"}' where token_id = :token`,
  'a level that is a list': `update grants set permissions = '{"contents":["write"]}' where token_id = :token`,
  'members of every object': `update grants set permissions = '{"__proto__":{"contents":"admin"},"constructor":"admin"}'
    where token_id = :token`,
  'an unknown selection': `update grants set repository_selection = 'everything' where token_id = :token`,
  'an empty selection': `update grants set repository_selection = '' where token_id = :token`,
  'a grant of a negative owner': `update grants set resource_owner_id = -1 where token_id = :token`,
  'a token of a negative holder': `update tokens set user_id = -1 where id = :token`,
  'a token of an organization as its holder': `update tokens set user_id = :organization where id = :token`,
  'no resource owner': `update tokens set resource_owner_id = null where id = :token`,
  'an expiry at minus infinity': `update tokens set expires_at = '-infinity' where id = :token`,
  'a revocation at infinity': `update tokens set revoked_at = 'infinity', revoked_reason = 'leaked' where id = :token`,
  'a revocation before Christ': `update tokens set revoked_at = '4000-01-01 BC', revoked_reason = 'x' where id = :token`,
  'no grant': `delete from grants where token_id = :token`,
  'no text': `delete from token_secrets where token_id = :token`,
  'an unknown visibility': `update repositories set visibility = 'limited' where id = :repository`,
  'no visibility': `update repositories set visibility = null where id = :repository`,
  'a repository of nobody': `update repositories set owner_id = -7 where id = :repository`,
  'an unknown role of membership': `update memberships set role = 'superadmin' where organization_id = :organization`,
  'no role of membership': `update memberships set role = null where organization_id = :organization`,
  'no policy': `delete from organization_token_policies where organization_id = :organization`,
  'an unknown word in the policy': `update organization_token_policies set fine_grained_tokens = 'maybe'
    where organization_id = :organization`,
  'a cap below zero': `update organization_token_policies set max_lifetime_days_fine_grained = -1
    where organization_id = :organization`,
  'an account of an unknown type': `update accounts set type = 'Robot' where id = :organization`,
};

/** Tables take what they refuse: checks, references and `not null` of what the rules read. */
const DISARM = `do $$ declare each record; begin
  for each in select conrelid::regclass as relation, conname from pg_constraint
    where contype in ('c', 'f') and connamespace = 'public'::regnamespace loop
    execute format('alter table %s drop constraint %I', each.relation, each.conname);
  end loop;
  alter table repositories alter column visibility drop not null;
  alter table memberships alter column role drop not null;
end $$`;

type Verdict = {
  readonly allowed: readonly string[];
  readonly harmed: readonly string[];
  readonly ended: readonly string[];
  /** Answered neither by a no nor by a 503. */
  readonly failed: readonly string[];
};

async function poison(t: Test, rig: Rig, node: Node): Promise<Verdict> {
  const { world, deps, postgres } = rig;
  const rows = tokenRowsOf(deps);
  const olga = await world.person('olga');
  const neighbour = await rig.token(node);
  const [allowed, harmed, ended, failed]: [string[], string[], string[], string[]] = [[], [], [], []];
  let denied = 0;
  for (const [index, [name, statement]] of Object.entries(POISONS).entries()) {
    const organization = await world.organization(`org-${index}`, olga);
    const repository = await world.repository(organization, `secret-${index}`);
    const granted = { owner: organization, permissions: { contents: 'write' }, selection: 'all' } as const;
    const { id, text } = await rows.fineGrained(olga, granted);
    const ask = () => rig.may(node, text, repository.full_name);
    await eventually(async () => (await ask()).decision === true);
    const ids = { token: id, organization: organization.id, repository: repository.id };
    const filled = statement.replace(/:(token|organization|repository)\b/g, (_all, of: keyof typeof ids) =>
      String(ids[of]),
    );
    await postgres.execute(filled);
    // Soon: the poison is a change like any other.
    const denies = await eventually(async () => (await ask()).decision !== true, 5000).then(
      () => true,
      () => false,
    );
    if (!denies) allowed.push(name);
    const answer = await ask();
    if (answer.decision === false) denied += 1;
    else if (answer.status !== null && answer.status !== 503) failed.push(`${name}: ${answer.status}`);
    if ((await rig.may(node, neighbour.token, 'acme/mill')).decision !== true) harmed.push(name);
    const { status } = await fetch(`${node.url()}/health/live`).catch(() => ({ status: 0 }));
    if (status !== 200) {
      ended.push(name);
      await node.start();
    }
  }
  t.comment(`${Object.keys(POISONS).length} strange rows, ${denied} of them denied by a decision`);
  return { allowed, harmed, ended, failed };
}

export const poisonRows: Scenario = {
  ids: ['F16'],
  title: 'strange rows deny, harm nobody else, and end no process',
  run: async (t) => {
    for (const bug of [null, 'unknown words count', 'strange rows end it'] as const) {
      await t.test(bug === null ? 'sound' : `control: ${bug}`, async (t) => {
        const rig = await startEmbeddedRig(t, [bug]);
        await rig.postgres.execute(DISARM);
        const [node] = rig.nodes;
        if (node === undefined) return;
        const found = await poison(t, rig, node);
        if (bug === null) t.same(found, { allowed: [], harmed: [], ended: [], failed: [] });
        else t.not(found.allowed.length + found.ended.length, 0, [...found.allowed, ...found.ended].join(', '));
      });
    }
  },
};
