// F6 in the record: what somebody was told that it is not there no log tells him either that he may read, and none that who told him of it
// may read: an organization's owner tries tokens of others by their ids, and reads the log of the organization that he named with them.

import t from 'tap';
import { isWriteMethod } from '../../src/domain/operation.ts';
import { declaredRoutes } from '../../src/http/route-access.ts';
import { directoryApp } from '../support/directory-app.ts';

t.test(
  'F6, L1: no log of an owner tells of tokens that are another’s, and the holder’s tells him who has tried',
  async (t) => {
    const { app, call, inject, world, rows } = await directoryApp(t);
    const [ada, eve] = [await world.person('ada'), await world.person('eve')];
    const acme = await world.organization('acme', ada);
    await world.enterprise('corp', [acme], [ada]);
    const [owner, holder] = [await world.session(ada), await world.session(eve)];
    const foreign = await rows.classic(eve, { scopes: ['repo'] });
    const routes = declaredRoutes(app).filter(({ url, method }) => /:token_id/.test(url) && method !== 'HEAD');
    t.ok(routes.length >= 8, `${routes.length} routes`);

    async function tried(id: number): Promise<void> {
      for (const { method, url } of routes) {
        const path = url.replace(':token_id', String(id)).replace(':org', 'acme');
        const payload = isWriteMethod(method) ? { payload: {} } : {};
        const headers = { authorization: `Bearer ${owner}` };
        const { statusCode } = await inject({ method: method as 'GET', url: path, headers, ...payload });
        t.equal(statusCode, 404, `${method} ${url}`);
      }
    }
    const own_logs = ['/orgs/acme/audit-log', '/enterprises/corp/audit-log', '/user/security-log'];
    const told = () => Promise.all(own_logs.map(async (log) => (await call(owner, `GET ${log}?per_page=100`)).body));
    const before = await told();
    await tried(foreign.id);
    t.same(await told(), before, 'of a token that is another’s');
    await tried(999_999);
    t.same(await told(), before, 'of one that was never there');
    for (const phrase of [`token_id:${foreign.id}`, 'outcome:refused', 'action:org_credential_authorization']) {
      for (const log of own_logs) {
        const found = await call(owner, `GET ${log}?phrase=${encodeURIComponent(phrase)}`);
        t.same([found.status, found.body], [200, []], `${log}: ${phrase}`);
      }
    }
    const { body } = await call(holder, 'GET /user/security-log?phrase=outcome:refused%20actor:ada');
    t.ok(body.length >= 3, 'whom it concerns is told');
    for (const entry of body) t.match(entry, { managed_token_id: foreign.id, reason: 'not_found' });
  },
);
