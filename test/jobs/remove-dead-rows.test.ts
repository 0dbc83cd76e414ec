// What a node takes away, and by which clock (faults F11): one whose clock is far ahead ends rights too early, which is known, but it
// takes from the others nothing that keeps something from happening twice, or that somebody still waits for.

import { sql } from 'kysely';
import t from 'tap';
import { removeDeadRows } from '../../src/use-cases/service/remove-dead-rows.ts';
import { idToken } from '../support/issuer.ts';
import { ssoWorld } from '../support/sso-world.ts';
import { bearer } from '../support/world.ts';

const HOUR_MS = 3_600_000;

t.test('O3, promises P22 and P3, T2: a node whose clock is ahead takes nothing from the others', async (t) => {
  for (const hours of [2, 400 * 24]) {
    const { inject, deps, world, bob, key, sessions, setSso, present } = await ssoWorld(t);
    await setSso();
    const id_token = await idToken(key, 'bob');
    t.equal((await present(sessions.bob, id_token)).status, 201);
    const make = async () => {
      const headers = { ...bearer(await world.session(bob)), 'idempotency-key': 'k' };
      const payload = { kind: 'classic', name: 'one' };
      return inject({ method: 'POST', url: '/user/personal-access-tokens', headers, payload });
    };
    const { token } = (await make()).json();
    await sql`insert into nodes (bound_ms, epoch, lease_ends_at) values (2000, 1, clock_timestamp() + interval '4 s')`.execute(
      deps.db,
    );
    await inject({ method: 'POST', url: '/credentials/revoke', payload: { credentials: [token] } });
    const left = async () => {
      const count = (table: 'nodes' | 'change_commits' | 'notifications') =>
        deps.db.selectFrom(table).select(sql`1`.as('n')).execute();
      return [
        (await count('nodes')).length,
        (await count('change_commits')).length,
        (await count('notifications')).length,
      ];
    };
    const before = await left();
    t.ok(
      before.every((each) => each > 0),
      'control: there is something to take away',
    );
    const ahead = () => new Date(Date.now() + hours * HOUR_MS);
    await removeDeadRows({ ...deps, clock: ahead }, new AbortController().signal);
    t.same(await left(), before, `${hours} hours ahead`);
    const again = await present(await world.session(bob), id_token);
    t.match(again, { status: 422, body: { errors: [{ field: 'id_token', message: 'was used already' }] } });
    t.match((await make()).json(), { token: null, replayed: true });
  }
});
