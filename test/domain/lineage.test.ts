// F24 of the faults: which databases a start takes, by what they say, what their server is and what was kept elsewhere.

import t from 'tap';
import { digestsOfEnded } from '../../src/domain/audit-export.ts';
import { judgeLineage, type KeptEpoch, type Lineage, type LineageState } from '../../src/domain/lineage.ts';

const HERE: Lineage = { system_identifier: '7001', timeline: 1, database_oid: 16_400, table_oid: 16_500 };
const NOWHERE: Lineage = { system_identifier: null, timeline: null, database_oid: null, table_oid: null };
const STATE: LineageState = { recorded: HERE, found: HERE, set_back_at: null, epoch: 100, mark_of_kept: null };
const kept = (epoch: number, mark: string | null = 'this'): KeptEpoch => ({ epoch, mark });

const CASES: readonly [string, Partial<LineageState>, KeptEpoch | null, string | null][] = [
  ['the database that was known', {}, null, null],
  ['one on which no service has started yet', { recorded: NOWHERE }, null, null],
  ['a server that tells nothing of itself', { found: NOWHERE }, null, null],
  ['another cluster', { found: { ...HERE, system_identifier: '7002' } }, null, 'database_restored'],
  ['another database of the cluster', { found: { ...HERE, database_oid: 16_401 } }, null, 'database_restored'],
  ['tables that were made anew', { found: { ...HERE, table_oid: 16_501 } }, null, 'database_restored'],
  ['another timeline of which nobody knows', { found: { ...HERE, timeline: 2 } }, null, 'database_promoted'],
  ['one that a node found to be set back', { set_back_at: new Date(0) }, null, 'database_set_back'],
  ['one change less than were kept', { epoch: 99 }, kept(100), 'database_set_back'],
  ['exactly what was kept', { mark_of_kept: 'this' }, kept(100), null],
  ['the number that was kept, of another commit', { mark_of_kept: 'other' }, kept(100), 'database_set_back'],
  ['the last commit has lost its mark', { mark_of_kept: null }, kept(100), 'database_set_back'],
  ['one change more, and the one before it is told of no longer', { epoch: 101 }, kept(100), null],
  ['one change more, after another commit', { epoch: 101, mark_of_kept: 'other' }, kept(100), 'database_set_back'],
  ['a promotion after what was kept', { found: { ...HERE, timeline: 2 }, mark_of_kept: 'this' }, kept(100), null],
  [
    'a promotion, and what was kept is told of no longer',
    { found: { ...HERE, timeline: 2 }, epoch: 101 },
    kept(100),
    'database_promoted',
  ],
  [
    'a copy of all that was kept is a copy all the same',
    { found: { ...HERE, system_identifier: '7002' }, mark_of_kept: 'this' },
    kept(100),
    'database_restored',
  ],
];

t.test('F24: a start takes what was known, and refuses the rest by a code', async (t) => {
  for (const [what, changed, known, fault] of CASES) {
    const verdict = judgeLineage({ ...STATE, ...changed }, known);
    t.equal(verdict.fault, fault, what);
    t.match(verdict.why, /^\S.*[^.]$/, what);
    t.equal(
      verdict.is_confirmed_promotion,
      what === 'a promotion after what was kept',
      `${what}: whether it is confirmed`,
    );
  }
});

t.test(
  'F24: a commit that was kept without its mark confirms nothing, and the words say which commit is missing',
  async (t) => {
    const unmarked = kept(100, null);
    t.equal(
      judgeLineage({ ...STATE, mark_of_kept: null }, unmarked).fault,
      null,
      'as many commits, and none has a mark',
    );
    const promoted = { ...STATE, found: { ...HERE, timeline: 2 } };
    t.equal(
      judgeLineage(promoted, unmarked).fault,
      'database_promoted',
      'two commits without marks are not the same commit',
    );
    t.match(judgeLineage({ ...STATE, epoch: 99 }, kept(100)).why, 'its last commit has the number 99');
    t.match(judgeLineage({ ...STATE, mark_of_kept: 'other' }, kept(100)).why, 'it has another commit with that number');
  },
);

t.test('the tokens that ended are read from digests, and from an export of the audit log', async (t) => {
  const digest = (letter: string) => `${letter.repeat(43)}=`;
  const entry = (action: string, members: object) => JSON.stringify({ action, ...members });
  const lines = [
    digest('a'),
    '',
    entry('personal_access_token.credential_revoked', { managed_hashed_token: digest('b'), outcome: 'done' }),
    entry('oauth_access.destroy', { managed_hashed_token: digest('c') }),
    entry('oauth_access.regenerate', { managed_hashed_token: digest('d'), previous_hashed_token: digest('e') }),
    entry('oauth_access.destroy', { managed_hashed_token: digest('f'), outcome: 'refused' }),
    entry('oauth_access.create', { managed_hashed_token: digest('g') }),
    digest('a'),
  ];
  t.same(digestsOfEnded(lines.join('\r\n')), [digest('a'), digest('b'), digest('c'), digest('e')]);
  t.throws(() => digestsOfEnded('short'), /line 1 is neither/);
  t.throws(() => digestsOfEnded(`${digest('a')}\n{}`), /line 2 is neither/);
});
