import t from 'tap';
import { changedMembers, isLastSiteAdministrator } from '../../src/domain/administration.ts';

t.test('the last site administrator is the only one who can sign in', async (t) => {
  const ada = { id: 1, site_admin: true, suspended_at: null };
  t.equal(isLastSiteAdministrator(ada, [1]), true);
  t.equal(isLastSiteAdministrator(ada, [1, 2]), false);
  t.equal(isLastSiteAdministrator({ ...ada, suspended_at: new Date(0) }, [2]), false, 'he is none now');
  t.equal(isLastSiteAdministrator({ ...ada, site_admin: false }, []), false);
  t.equal(isLastSiteAdministrator(ada, []), true, 'a doubt counts as the last');
});

t.test(
  'M1: a new e-mail is unverified unless it is said to be verified; what stays the same is no change',
  async (t) => {
    const ada = { login: 'ada', profile_name: null, email: 'a@example.test', email_verified: true, site_admin: false };
    t.same(changedMembers(ada, {}), {});
    t.same(changedMembers(ada, { login: 'ada', email: 'a@example.test', profile_name: null }), {});
    t.same(changedMembers(ada, { email: 'b@example.test' }), { email: 'b@example.test', email_verified: false });
    t.same(changedMembers(ada, { email: 'A@example.test' }), { email: 'A@example.test', email_verified: false });
    t.same(changedMembers(ada, { email: 'b@example.test', email_verified: true }), { email: 'b@example.test' });
    t.same(changedMembers(ada, { email_verified: false }), { email_verified: false });
    t.same(changedMembers(ada, { login: 'Ada', site_admin: undefined }), { login: 'Ada' });
    t.same(changedMembers({ ...ada, profile_name: 'Ada' }, { profile_name: null }), { profile_name: null });
  },
);
