// What an edit does to a fine-grained token (M7, A2).

import fc from 'fast-check';
import t from 'tap';
import { isAccessWithin, isSameAccess, meetAccess, type TokenAccess } from '../../src/domain/token-access.ts';
import { type AccessEdit, type EditedToken, editAccess } from '../../src/domain/token-edit.ts';

function access(
  permissions: TokenAccess['permissions'],
  selection: 'none' | 'all' | readonly number[] = 'all',
): TokenAccess {
  if (typeof selection === 'string') return { permissions, repository_selection: selection, repository_ids: [] };
  return { permissions, repository_selection: 'subset', repository_ids: selection };
}

const READ = { contents: 'read', metadata: 'read' } as const;
const WRITE = { contents: 'write', metadata: 'read' } as const;
const READ_AND_ISSUES = { contents: 'read', issues: 'write', metadata: 'read' } as const;

type Case = {
  readonly name: string;
  readonly token: EditedToken;
  readonly wanted: TokenAccess;
  readonly approval_needed: boolean;
  readonly is: Omit<AccessEdit, 'asked'>;
};

const active = (held: TokenAccess): EditedToken => ({ asked: held, grant: held, request_pending: false });
const widening = (asked: TokenAccess, grant: TokenAccess): EditedToken => ({ asked, grant, request_pending: true });
const pending = (asked: TokenAccess): EditedToken => ({ asked, grant: null, request_pending: true });
const denied = (asked: TokenAccess): EditedToken => ({ asked, grant: null, request_pending: false });

const NOTHING = { grant_change: 'none', cancels_request: false, makes_request: false } as const;
const ASKS = { grant_change: 'none', cancels_request: false, makes_request: true } as const;
const ASKS_ANEW = { grant_change: 'none', cancels_request: true, makes_request: true } as const;

const CASES: readonly Case[] = [
  {
    name: 'narrowing a permission applies at once',
    ...{ token: active(access(WRITE)), wanted: access(READ), approval_needed: true },
    is: { grant: access(READ), ...NOTHING, grant_change: 'narrowed' },
  },
  {
    name: 'narrowing repositories applies at once',
    ...{ token: active(access(READ, [1, 2])), wanted: access(READ, [2]), approval_needed: true },
    is: { grant: access(READ, [2]), ...NOTHING, grant_change: 'narrowed' },
  },
  {
    name: 'from all repositories to some applies at once',
    ...{ token: active(access(READ)), wanted: access(READ, [7]), approval_needed: true },
    is: { grant: access(READ, [7]), ...NOTHING, grant_change: 'narrowed' },
  },
  {
    name: 'a higher level asks; the old grant stands',
    ...{ token: active(access(READ)), wanted: access(WRITE), approval_needed: true },
    is: { grant: access(READ), ...ASKS },
  },
  {
    name: 'another repository asks; the old grant stands',
    ...{ token: active(access(READ, [1])), wanted: access(READ, [1, 2]), approval_needed: true },
    is: { grant: access(READ, [1]), ...ASKS },
  },
  {
    name: 'from some repositories to all asks',
    ...{ token: active(access(READ, [1])), wanted: access(READ), approval_needed: true },
    is: { grant: access(READ, [1]), ...ASKS },
  },
  {
    name: 'exchanging repositories takes the one away at once and asks for the other',
    ...{ token: active(access(READ, [1, 2])), wanted: access(READ, [2, 3]), approval_needed: true },
    is: { grant: access(READ, [2]), ...ASKS, grant_change: 'narrowed' },
  },
  {
    name: 'more of one and less of another: the less applies, the more asks',
    ...{ token: active(access(WRITE)), wanted: access(READ_AND_ISSUES), approval_needed: true },
    is: { grant: access(READ), ...ASKS, grant_change: 'narrowed' },
  },
  {
    name: 'an edit that changes nothing does nothing, and leaves the pending request',
    ...{ token: widening(access(WRITE), access(READ)), wanted: access(WRITE), approval_needed: true },
    is: { grant: access(READ), ...NOTHING },
  },
  {
    name: 'an edit of a pending first request cancels it and makes a new one',
    ...{ token: pending(access(READ)), wanted: access(WRITE), approval_needed: true },
    is: { grant: null, ...ASKS_ANEW },
  },
  {
    name: 'narrowing a pending first request also makes a new one',
    ...{ token: pending(access(WRITE)), wanted: access(READ), approval_needed: true },
    is: { grant: null, ...ASKS_ANEW },
  },
  {
    name: 'an edit of a pending widening cancels it and makes a new one',
    ...{ token: widening(access(WRITE), access(READ)), wanted: access(READ_AND_ISSUES), approval_needed: true },
    is: { grant: access(READ), ...ASKS_ANEW },
  },
  {
    name: 'going back to what is granted withdraws a widening',
    ...{ token: widening(access(WRITE), access(READ)), wanted: access(READ), approval_needed: true },
    is: { grant: access(READ), ...NOTHING, cancels_request: true },
  },
  {
    name: 'A2: an edit of a denied token asks again',
    ...{ token: denied(access(WRITE)), wanted: access(READ), approval_needed: true },
    is: { grant: null, ...ASKS },
  },
  {
    name: 'a denied token that is sent as it is stays denied',
    ...{ token: denied(access(READ)), wanted: access(READ), approval_needed: true },
    is: { grant: null, ...NOTHING },
  },
  {
    name: 'without approval a widening is given at once',
    ...{ token: active(access(READ)), wanted: access(WRITE), approval_needed: false },
    is: { grant: access(WRITE), ...NOTHING, grant_change: 'given' },
  },
  {
    name: 'without approval a narrowing is only a narrowing',
    ...{ token: active(access(WRITE)), wanted: access(READ), approval_needed: false },
    is: { grant: access(READ), ...NOTHING, grant_change: 'narrowed' },
  },
  {
    name: 'P6: approval switched off, an edit of a pending token is granted, and its request ends',
    ...{ token: pending(access(READ)), wanted: access(WRITE), approval_needed: false },
    is: { grant: access(WRITE), grant_change: 'given', cancels_request: true, makes_request: false },
  },
  {
    name: 'to no repositories at all: nothing of them is left',
    ...{ token: active(access(READ, [1])), wanted: access({}, 'none'), approval_needed: true },
    is: { grant: access({}, 'none'), ...NOTHING, grant_change: 'narrowed' },
  },
];

for (const { name, token, wanted, approval_needed, is } of CASES) {
  t.test(`M7: ${name}`, async (t) => {
    const edit = editAccess(token, wanted, approval_needed);
    const asked = isSameAccess(wanted, token.asked) ? token.asked : wanted;
    t.same(edit, { asked, ...is });
  });
}

const level = fc.constantFrom('read', 'write', 'admin');
const permissions = fc.dictionary(fc.constantFrom('contents', 'issues', 'members'), level, { maxKeys: 3 });
const ids = fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }).map((list) => list.sort((a, b) => a - b));
const anyAccess: fc.Arbitrary<TokenAccess> = fc
  .tuple(permissions, fc.constantFrom('none', 'all', 'subset'), ids)
  .map(([map, selection, list]) => access(map, selection === 'subset' ? list : selection));

t.test('the meet of two accesses is the largest that is within both', async (t) => {
  fc.assert(
    fc.property(anyAccess, anyAccess, anyAccess, (a, b, c) => {
      const both = meetAccess(a, b);
      if (!isAccessWithin(both, a) || !isAccessWithin(both, b)) return false;
      return !(isAccessWithin(c, a) && isAccessWithin(c, b)) || isAccessWithin(c, both);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

type Step =
  | { readonly do: 'edit'; readonly wanted: TokenAccess }
  | { readonly do: 'approve' | 'deny' | 'revoke_grant' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: anyAccess.map((wanted): Step => ({ do: 'edit', wanted })) },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'approve' }, { do: 'deny' }, { do: 'revoke_grant' }) },
);

/** What a reviewer does: he approves or denies exactly what he saw. */
function review(token: EditedToken, asked: TokenAccess, step: Exclude<Step, { do: 'edit' }>): EditedToken {
  if (step.do === 'revoke_grant') return { ...token, grant: null };
  if (!token.request_pending) return token;
  if (step.do === 'approve') return { asked, grant: asked, request_pending: false };
  return { asked: token.grant ?? asked, grant: token.grant, request_pending: false };
}

t.test(
  'M7: what a token may do is within one thing that was approved, at all times; narrowing never waits',
  async (t) => {
    fc.assert(
      fc.property(anyAccess, fc.array(step, { maxLength: 30 }), (first, steps) => {
        let token: EditedToken = pending(first);
        let requested: TokenAccess | null = first;
        const approved: TokenAccess[] = [];
        for (const each of steps) {
          if (each.do === 'edit') {
            const before = token;
            const edit = editAccess(before, each.wanted, true);
            if (edit.cancels_request) requested = null;
            if (edit.makes_request) requested = edit.asked;
            token = { asked: edit.asked, grant: edit.grant, request_pending: requested !== null };
            if (edit.grant !== null && !isAccessWithin(edit.grant, before.grant ?? access({}, 'none'))) return false;
            const changed = !isSameAccess(each.wanted, before.asked);
            if (changed && edit.grant !== null && !isAccessWithin(edit.grant, each.wanted)) return false;
            if (requested !== null && !isSameAccess(requested, edit.asked)) return false;
          } else {
            if (each.do === 'approve' && requested !== null) approved.push(requested);
            token = review(token, requested ?? token.asked, each);
            if (each.do !== 'revoke_grant') requested = null;
          }
          const { grant } = token;
          if (grant !== null && !approved.some((one) => isAccessWithin(grant, one))) return false;
        }
        return true;
      }),
      { numRuns: 3000 },
    );
    t.pass();
  },
);
