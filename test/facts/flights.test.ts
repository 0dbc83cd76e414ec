import t from 'tap';
import { shareFlights } from '../../src/facts/flights.ts';
import type { FactsQuestion, LoadedFacts, StrictFacts } from '../../src/facts/source.ts';

const QUESTION: FactsQuestion = {
  subject: { type: 'token_text', digest: 'digest' },
  resource: { type: 'granted' },
  bounded_client_id: null,
};
const NOW = new Date(7);

function answer(epoch: number, facts: Partial<LoadedFacts> = {}): LoadedFacts {
  return {
    subject: { type: 'anonymous' },
    resource: { type: 'none' },
    now: new Date(0),
    granted_repositories: null,
    epoch,
    ...facts,
  };
}

/** A database that answers when it is told to, and what this node has heard of its commits. */
function node() {
  const asked: {
    readonly question: FactsQuestion;
    readonly resolve: (facts: LoadedFacts) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  const heard = { epoch: 5, is_fresh: true };
  const load = (question: FactsQuestion): Promise<LoadedFacts> =>
    new Promise((resolve, reject) => asked.push({ question, resolve, reject }));
  const strict: StrictFacts = {
    load,
    loadAll: (questions) => Promise.all(questions.map(load)),
    loadClient: async () => null,
  };
  const freshness = { epoch: () => heard.epoch, isFresh: () => heard.is_fresh };
  return { asked, heard, shared: shareFlights({ strict, freshness, now: () => NOW }) };
}

t.test('the same asked by a thousand at once is loaded once', async (t) => {
  const { asked, shared } = node();
  const answers = Array.from({ length: 1000 }, (_, index) =>
    index % 2 ? shared.load({ ...QUESTION }) : shared.loadAll([{ ...QUESTION }]).then(([only]) => only),
  );
  t.equal(asked.length, 1);
  asked[0]?.resolve(answer(5));
  for (const each of await Promise.all(answers)) t.equal(each?.epoch, 5);
  t.equal(asked.length, 1);
  void shared.load(QUESTION);
  t.equal(asked.length, 2, 'what has landed is no flight any more');
});

t.test('different questions, and several in one call, are asked for themselves', async (t) => {
  const { asked, shared } = node();
  void shared.load(QUESTION);
  void shared.load({ ...QUESTION, bounded_client_id: 1 });
  void shared.load({ ...QUESTION, subject: { type: 'token_text', digest: 'another' } });
  void shared.loadAll([QUESTION, QUESTION]);
  t.equal(asked.length, 5);
});

t.test('P1, P4: a load that began before what this node has heard of since is not enough', async (t) => {
  const { asked, heard, shared } = node();
  const first = shared.load(QUESTION);
  heard.epoch = 6;
  const second = shared.load(QUESTION);
  t.equal(asked.length, 1);
  asked[0]?.resolve(answer(5));
  t.equal((await first).epoch, 5);
  await new Promise(setImmediate);
  t.equal(asked.length, 2, 'loaded again');
  asked[1]?.resolve(answer(6));
  t.equal((await second).epoch, 6);
});

t.test('P2: who cannot be answered from memory joins nothing', async (t) => {
  const { asked, heard, shared } = node();
  heard.is_fresh = false;
  void shared.load(QUESTION);
  void shared.load(QUESTION);
  t.equal(asked.length, 2);
  heard.is_fresh = true;
  void shared.load(QUESTION);
  const joined = shared.load(QUESTION);
  t.equal(asked.length, 3);
  heard.is_fresh = false;
  asked[2]?.resolve(answer(5));
  await new Promise(setImmediate);
  t.equal(asked.length, 4, 'nor takes what it has joined');
  asked[3]?.resolve(answer(8));
  t.equal((await joined).epoch, 8);
});

t.test('P6, F6: what is not there or is hidden, and whose coming or going nobody tells, is asked again', async (t) => {
  const person = { id: 1, login: 'mona', suspended: false, site_admin: false };
  const owner = { type: 'User', id: 2, login: 'eve' } as const;
  const hidden = { type: 'repository', id: 1, name: 'hidden', owner, visibility: 'private', archived: false } as const;
  const enterprise = { id: 1, slug: 'galaxy', name: 'Galaxy', policy: null, holder_administers: false };
  for (const facts of [
    { subject: { type: 'unknown' } },
    { resource: { type: 'absent' } },
    { resource: { ...hidden, role: null, selected: false } },
    { subject: { type: 'login', person }, resource: { ...hidden, role: null, selected: false } },
    { subject: { type: 'login', person }, resource: { type: 'enterprise', enterprise } },
  ] as const) {
    const { asked, shared } = node();
    void shared.load(QUESTION);
    const joined = shared.load(QUESTION);
    asked[0]?.resolve(answer(5, facts));
    await new Promise(setImmediate);
    t.equal(asked.length, 2);
    asked[1]?.resolve(answer(5));
    t.equal((await joined).epoch, 5);
  }
  const { asked, shared } = node();
  for (let i = 0; i < 2; i += 1) {
    void shared.load({ ...QUESTION, subject: { type: 'session', digest: 'd' } });
    void shared.load({ ...QUESTION, resource: { type: 'organization_of_team', team_id: 1 } });
  }
  t.equal(asked.length, 4);
});

t.test('F3: a fault is the answer of all who waited, and of nobody after', async (t) => {
  const { asked, shared } = node();
  const waiting = [shared.load(QUESTION), shared.load(QUESTION)];
  asked[0]?.reject(new Error('the database is gone'));
  for (const each of waiting) await t.rejects(each, { message: 'the database is gone' });
  const next = shared.load(QUESTION);
  asked[1]?.resolve(answer(5));
  t.equal((await next).epoch, 5);
});
