import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';
import { bearer, tokensOf, worldOf } from '../support/world.ts';

t.test(
  "L1: trying to change another's token is recorded; what is not there is no attempt; both answer alike",
  async (t) => {
    const { inject, deps } = await buildTestApp(t);
    const world = worldOf(deps);
    const rita = await world.person('rita');
    const eve = await world.person('eve');
    const hers = await world.session(rita);
    const { id, hashed_token } = await tokensOf({ inject }).classicToken(hers, { name: 'hers' });
    const headers = { ...bearer(await world.session(eve)), 'x-request-id': 'same' };
    const refused = () =>
      deps.db
        .selectFrom('audit_entries')
        .select(['action', 'actor', 'outcome', 'reason'])
        .where('outcome', '=', 'refused')
        .execute();
    const attempts = [
      ['PATCH', '', { name: 'mine' }],
      ['DELETE', '', undefined],
      ['POST', '/regenerate', {}],
    ] as const;
    for (const [index, [method, below, payload]] of attempts.entries()) {
      const call = (token_id: number) =>
        inject({
          method,
          url: `/user/personal-access-tokens/${token_id}${below}`,
          headers,
          ...(payload && { payload }),
        });
      const absent = await call(987_654_321);
      t.equal(absent.statusCode, 404);
      t.match(
        (await refused()).at(-1),
        { actor: 'eve', reason: 'not_found' },
        'threats I2: it takes as long as the other',
      );
      const foreign = await call(id);
      t.equal(foreign.statusCode, 404);
      t.equal(foreign.body, absent.body, 'the same bytes');
      const entries = await refused();
      t.equal(entries.length, 2 * (index + 1), `${method} of another's token writes one entry`);
      t.match(entries.at(-1), { actor: 'eve', reason: 'not_found' });
    }
    const seen = await inject({ url: `/user/security-log?phrase=token_id:${id}%20actor:eve`, headers: bearer(hers) });
    t.equal(seen.json().length, attempts.length, 'contract 10: its holder sees who tried');
    for (const entry of seen.json()) {
      t.match(entry.action, /^oauth_access\./, 'the name that the act would have had');
      t.match(entry, { user: 'eve', managed_token_id: id, managed_hashed_token: hashed_token, outcome: 'refused' });
    }
  },
);
