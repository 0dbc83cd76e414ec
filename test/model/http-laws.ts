// The twelve laws of faults.md section 3, each over a world that a random history has left, through HTTP: what the service answers is
// compared with what else it answers, and with nothing of ours. A law tells what it has seen and what broke it; its lie is a way in which
// a service might break it, told in the service's place, to see that the law notices.

import type { InjectOptions } from 'fastify';
import { bearer } from '../support/world.ts';
import * as acts from './acts.ts';
import { everything, type Got, grownWorld, playCall, type Question, type Service, wireSubject } from './histories.ts';
import { isAlive, type Text } from './state.ts';
import { type Call, fullName, type Step, type World } from './steps.ts';

export type View = {
  readonly service: Service;
  readonly world: World;
  readonly send: (request: InjectOptions, node?: number) => Promise<Got>;
  /** A number for what the law has to choose. */
  readonly choice: number;
  /** Steps for a world of somebody else. */
  readonly others: readonly Step[];
};
export type Outcome = { readonly seen: number; readonly faults: readonly string[] };
/** What a service that breaks the law would answer in place of `got`. */
type Lie = (
  request: InjectOptions,
  got: Got,
  moment: { readonly node: number | undefined; readonly later: boolean },
) => Got;
export type Law = {
  readonly name: string;
  readonly rules: string;
  readonly holds: (view: View & { readonly turn: () => void }) => Promise<Outcome>;
  readonly lie: () => Lie;
};

type Told = { readonly decision: boolean; readonly reason: string; readonly status: number };
type Wire = { readonly decision: boolean; readonly context: { readonly reason: string; readonly status: number } };

const QUESTIONS_MAX = 100;
const EVALUATIONS = '/access/v1/evaluations';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const wire = ({ asker, action, named }: Question): object => ({
  subject: wireSubject(asker),
  action: { name: action },
  resource: { type: named.type, id: named.id },
});
const told = ({ decision, context }: Wire): Told => ({ decision, reason: context.reason, status: context.status });

async function askAll({ send, service }: View, evaluations: readonly object[], node?: number): Promise<Told[]> {
  const headers = { authorization: service.authorization };
  const got = await send({ method: 'POST', url: EVALUATIONS, headers, payload: { evaluations } }, node);
  return (JSON.parse(got.body).evaluations as Wire[]).map(told);
}

const inWords = ({ asker, action, named }: Question): string =>
  `${JSON.stringify(wireSubject(asker))} ${action} at ${named.type} ${named.id}`;

/** What is different, in words. */
function differences(questions: readonly Question[], before: readonly Told[], after: readonly Told[]): string[] {
  return questions.flatMap((each, index) => {
    const [one, other] = [JSON.stringify(before[index]), JSON.stringify(after[index])];
    return one === other ? [] : [`${inWords(each)}: ${one}, then ${other}`];
  });
}

/** What no answer depends on, done between two times of asking. */
async function staysTheSame(view: Parameters<Law['holds']>[0], between: () => Promise<unknown>): Promise<Outcome> {
  const questions = everything(view.world, QUESTIONS_MAX);
  const before = await askAll(view, questions.map(wire));
  await between();
  view.turn();
  const after = await askAll(view, questions.map(wire));
  return { seen: before.filter(({ decision }) => decision).length, faults: differences(questions, before, after) };
}

const living = ({ world }: View): Text[] => world.state.texts.filter((each) => isAlive(world.state, each));
const holderOf = ({ world }: View, text: Text) =>
  world.state.people.get(world.state.tokens.get(text.token_id)?.holder_id ?? 0);

/** What was no before and is yes after; but for who leaves, whom P4's switch no longer stops from reading what is public. */
function opened(questions: readonly Question[], before: readonly Told[], after: readonly Told[]): string[] {
  return questions.flatMap((each, index) => {
    const [was, is] = [before[index], after[index]];
    const by_switch = was?.reason === 'lifetime_exceeded' && is?.reason === 'public_read';
    return was?.decision === false && is?.decision === true && !by_switch
      ? [`${inWords(each)}: ${JSON.stringify([was, is])}`]
      : [];
  });
}

/** Asks, lets one thing after the other be changed, and asks again. */
async function nothingOpens(view: View & { readonly turn: () => void }, calls: readonly Call[]): Promise<Outcome> {
  const faults: string[] = [];
  let seen = 0;
  for (const call of calls) {
    if (call.plan.status >= 400) continue;
    const questions = everything(view.world, QUESTIONS_MAX);
    const before = await askAll(view, questions.map(wire));
    await playCall(view.service, view.world, call);
    view.turn();
    const after = await askAll(view, questions.map(wire));
    seen += before.filter(({ decision }, index) => decision && after[index]?.decision === false).length;
    faults.push(...opened(questions, before, after).map((each) => `${call.say}: ${each}`));
  }
  return { seen, faults };
}

const rotated = <Value>(values: readonly Value[], by: number): Value[] => {
  const at = values.length === 0 ? 0 : by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
};

/** Acts that take something away, each by somebody who may. */
function takingAway({ world, choice }: View): Call[] {
  const { state } = world;
  const calls: Call[] = [];
  for (const organization of state.organizations.values()) {
    const owners = [...organization.members].filter(([, role]) => role === 'admin').map(([id]) => state.people.get(id));
    const as = owners.find((each) => each?.suspended === false);
    if (as === undefined) continue;
    const path = `/orgs/${organization.login}`;
    for (const [id, role] of organization.members) {
      const person = state.people.get(id);
      if (person === undefined || role === 'admin') continue;
      const plan = acts.removeMember(state, organization, person);
      calls.push({
        say: `${person.login} leaves`,
        as,
        method: 'DELETE',
        url: `${path}/memberships/${person.login}`,
        plan,
        any_audit: true,
      });
    }
    const payload = { default_repository_permission: 'none' } as const;
    const plan = acts.editOrganization(state, organization, payload);
    calls.push({ say: 'no base permission', as, method: 'PATCH', url: path, payload, plan, any_audit: true });
    for (const repository of state.repositories.values()) {
      if (repository.owner_id !== organization.id) continue;
      const url = `/repos/${fullName(world, repository)}`;
      calls.push({
        say: `no ${url}`,
        as,
        method: 'DELETE',
        url,
        plan: acts.deleteRepository(state, repository),
        any_audit: true,
      });
    }
  }
  return rotated(calls, choice).slice(0, 3);
}

/** Acts that forbid something. */
function restricting({ world, choice }: View): Call[] {
  const { state } = world;
  const calls: Call[] = [];
  for (const organization of state.organizations.values()) {
    const owners = [...organization.members].filter(([, role]) => role === 'admin').map(([id]) => state.people.get(id));
    const as = owners.find((each) => each?.suspended === false);
    if (as === undefined) continue;
    const url = `/orgs/${organization.login}/settings/personal-access-tokens`;
    const patches: acts.PolicyPatch[] = [
      { classic_tokens: 'restricted' },
      { fine_grained_tokens: 'restricted' },
      { max_lifetime_days: { classic: 1 } },
      { max_lifetime_days: { fine_grained: 1 } },
    ];
    for (const payload of patches) {
      const plan = acts.setOrganizationPolicy(state, organization, payload);
      calls.push({ say: JSON.stringify(payload), as, method: 'PATCH', url, payload, plan, any_audit: true });
    }
    const sso = acts.requireSso(organization, true);
    const required = { required: true };
    calls.push({
      say: 'sso',
      as,
      method: 'PUT',
      url: `/orgs/${organization.login}/sso`,
      payload: required,
      plan: sso,
      any_audit: true,
    });
  }
  for (const person of state.people.values()) {
    if (person.suspended) continue;
    const url = `/users/${person.login}/suspended`;
    calls.push({
      say: `${person.login} suspended`,
      as: 'root',
      method: 'PUT',
      url,
      payload: {},
      plan: acts.suspend(person),
      any_audit: true,
    });
  }
  for (const text of world.state.texts) {
    const payload = { credentials: [text.text] };
    const plan = acts.reportLeak(state, text);
    calls.push({ say: 'leaked', as: null, method: 'POST', url: '/credentials/revoke', payload, plan, any_audit: true });
  }
  return rotated(calls, choice).slice(0, 3);
}

const without = ({ headers, ...rest }: Got): string => {
  const {
    date,
    'x-request-id': _id,
    'x-ratelimit-remaining': _left,
    'x-ratelimit-used': _used,
    'x-ratelimit-reset': _reset,
    ...kept
  } = headers;
  return JSON.stringify([rest.statusCode, kept, rest.body, date === undefined]);
};

const basic = (name: string, text: string): string => `Basic ${Buffer.from(`${name}:${text}`).toString('base64')}`;

/** All texts of a person's new token. */
async function newToken(
  { service, send }: View,
  person: { readonly id: number; readonly login: string },
  body: object,
): Promise<string> {
  const headers = bearer(await service.session(person));
  const name = `law ${Math.round(performance.now() * 1000)}`;
  const got = await send({ method: 'POST', url: '/user/personal-access-tokens', headers, payload: { name, ...body } });
  return got.statusCode === 201 ? JSON.parse(got.body).token : '';
}

async function exchanged({ send, service }: View, text: string, scope?: string): Promise<string | null> {
  const parameters = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: text,
    ...(scope !== undefined && { scope }),
  };
  const headers = { authorization: service.authorization, ...FORM };
  const got = await send({
    method: 'POST',
    url: '/oauth/token',
    headers,
    payload: new URLSearchParams(parameters).toString(),
  });
  return got.statusCode === 200 ? JSON.parse(got.body).access_token : null;
}

/** The same questions, about this text. */
const about = (questions: readonly Question[], text: string): object[] =>
  questions.map((each) => ({ ...wire(each), subject: { type: 'token', id: text } }));

/** Whatever the one may and the other may not. */
function beyond(questions: readonly Question[], less: readonly Told[], more: readonly Told[]): string[] {
  return questions.flatMap((each, index) =>
    less[index]?.decision && !more[index]?.decision
      ? [`${each.action} at ${each.named.id}: ${JSON.stringify(more[index])}`]
      : [],
  );
}

/** Questions each once, whoever asked. */
function once(questions: readonly Question[]): Question[] {
  return [
    ...new Map(questions.map((each) => [`${each.action} ${each.named.type} ${each.named.id}`, each])).values(),
  ].slice(0, QUESTIONS_MAX);
}

const subjectsOf = ({ payload }: InjectOptions): readonly { readonly id: string }[] =>
  (payload as { evaluations: { subject: { id: string } }[] }).evaluations.map(({ subject }) => subject);

const yes = (got: Got, is_lied: (subject: { readonly id: string }) => boolean, request: InjectOptions): Got => {
  const asked = subjectsOf(request);
  const body = JSON.parse(got.body);
  for (const [index, each] of body.evaluations.entries()) {
    if (is_lied(asked[index] ?? { id: '' })) each.decision = true;
  }
  return { ...got, body: JSON.stringify(body) };
};
const other = (got: Got): Got => {
  const body = JSON.parse(got.body);
  body.evaluations[0].decision = !body.evaluations[0].decision;
  return { ...got, body: JSON.stringify(body) };
};
const toEvaluations =
  (lie: Lie): Lie =>
  (request, got, moment) =>
    request.url === EVALUATIONS ? lie(request, got, moment) : got;
const afterwards = toEvaluations((request, got, { later }) => (later ? yes(got, () => true, request) : got));
const otherLater = toEvaluations((_, got, { later }) => (later ? other(got) : got));

export const LAWS: readonly Law[] = [
  {
    name: 'law 1: taking away a member, a base permission or a repository turns no no into a yes',
    rules: 'F1 K1 M10 A4',
    holds: (view) => nothingOpens(view, takingAway(view)),
    lie: () => afterwards,
  },
  {
    name: 'law 2: a policy, single sign-on, a suspension or a revocation turns no no into a yes',
    rules: 'F1 P1 P2 P4 O1 M10 T2',
    holds: (view) => nothingOpens(view, restricting(view)),
    lie: () => afterwards,
  },
  {
    name: 'law 3: what a token may, one that contains it may',
    rules: 'F1 K4 K5',
    holds: async (view) => {
      const { world, choice } = view;
      const [person] = rotated(
        [...world.state.people.values()].filter((each) => !each.suspended),
        choice,
      );
      if (person === undefined) return { seen: 0, faults: [] };
      const pairs = [
        [
          { kind: 'classic', scopes: ['repo', 'admin:org', 'user'] },
          { kind: 'classic', scopes: [['public_repo'], ['read:org'], ['repo:status']][choice % 3] },
        ],
        [
          {
            kind: 'fine_grained',
            repository_selection: 'all',
            permissions: { contents: 'write', administration: 'write', emails: 'read' },
          },
          { kind: 'fine_grained', repository_selection: 'all', permissions: { contents: 'read' } },
        ],
      ] as const;
      const questions = once(everything(world));
      let seen = 0;
      const faults: string[] = [];
      for (const [more, less] of pairs) {
        const [wide, narrow] = [await newToken(view, person, more), await newToken(view, person, less)];
        const [wider, narrower] = [
          await askAll(view, about(questions, wide)),
          await askAll(view, about(questions, narrow)),
        ];
        seen += wider.filter(({ decision }, index) => decision && !narrower[index]?.decision).length;
        faults.push(...beyond(questions, narrower, wider));
      }
      return { seen, faults };
    },
    lie: () => {
      // The wider one is asked first.
      const texts: string[] = [];
      return toEvaluations((request, got) => {
        const [{ id } = { id: '' }] = subjectsOf(request);
        if (!texts.includes(id)) texts.push(id);
        return texts.indexOf(id) % 2 === 1 ? yes(got, () => true, request) : got;
      });
    },
  },
  {
    name: 'law 4: an exchanged token may nothing that its token may not, and dies with it',
    rules: 'T3',
    holds: async (view) => {
      const questions = once(everything(view.world));
      const faults: string[] = [];
      let seen = 0;
      for (const text of living(view).slice(-4)) {
        const holder = holderOf(view, text);
        const child = await exchanged(view, text.text);
        if (child === null || holder === undefined) continue;
        const [less, more] = [
          await askAll(view, about(questions, child)),
          await askAll(view, about(questions, text.text)),
        ];
        seen += less.filter(({ decision }) => decision).length;
        faults.push(...beyond(questions, less, more));
        if (text.child !== null) continue;
        const [person] = [...view.world.state.people.values()].filter((each) => !each.suspended);
        if (person === undefined) continue;
        const parent = await newToken(view, person, { kind: 'classic', scopes: ['repo'] });
        const orphan = await exchanged(view, parent);
        await view.service.send({ method: 'POST', url: '/credentials/revoke', payload: { credentials: [parent] } });
        const dead = orphan === null ? [] : await askAll(view, about(questions, orphan));
        faults.push(
          ...dead
            .filter(({ status }) => status !== 401)
            .map((each) => `it outlives its token: ${JSON.stringify(each)}`),
        );
      }
      return { seen, faults };
    },
    lie: () => toEvaluations((request, got) => yes(got, ({ id }) => id.startsWith('gthx_'), request)),
  },
  {
    name: 'law 5: many questions at once are answered as one by one, in any order and repeated',
    rules: 'F5',
    holds: async (view) => {
      const questions = rotated(everything(view.world, QUESTIONS_MAX), view.choice).slice(0, 20);
      const headers = { authorization: view.service.authorization };
      const single: Told[] = [];
      for (const each of questions) {
        const got = await view.send({ method: 'POST', url: '/access/v1/evaluation', headers, payload: wire(each) });
        single.push(told(JSON.parse(got.body)));
      }
      const order = [...questions.keys(), ...questions.keys()].reverse();
      const many = await askAll(
        view,
        order.map((index) => wire(questions[index] as Question)),
      );
      const faults = differences(
        order.map((index) => questions[index] as Question),
        order.map((index) => single[index] as Told),
        many,
      );
      return { seen: single.filter(({ decision }) => decision).length, faults };
    },
    lie: () => (request, got) =>
      request.url === '/access/v1/evaluation'
        ? { ...got, body: got.body.replace(/"decision":(true|false)/, (_, said) => `"decision":${said === 'false'}`) }
        : got,
  },
  {
    name: 'law 6: a list is what the single checks allow, by every page size',
    rules: 'F8',
    holds: async (view) => {
      const { world } = view;
      const faults: string[] = [];
      let seen = 0;
      for (const text of living(view).slice(-3)) {
        if (holderOf(view, text)?.suspended !== false) continue;
        for (const organization of world.state.organizations.values()) {
          const of = [...world.state.repositories.values()].filter((each) => each.owner_id === organization.id);
          const single = await Promise.all(
            of.map((each) => view.send({ url: `/repos/${fullName(world, each)}`, headers: bearer(text.text) })),
          );
          const wanted = of.filter((_, index) => single[index]?.statusCode === 200).map((each) => each.id);
          for (const per_page of [1, 2, 100]) {
            const listed: number[] = [];
            for (let page = 1; page <= of.length + 1; page += 1) {
              const url = `/orgs/${organization.login}/repos?per_page=${per_page}&page=${page}`;
              const got = await view.send({ url, headers: bearer(text.text) });
              listed.push(...JSON.parse(got.body).map(({ id }: { id: number }) => id));
            }
            seen += listed.length;
            if (listed.sort().join() !== wanted.sort().join())
              faults.push(`${organization.login} by ${per_page}: ${listed}; singly ${wanted}`);
          }
        }
      }
      return { seen, faults };
    },
    lie: () => (request, got) => (String(request.url).includes('per_page=2') ? { ...got, body: '[]' } : got),
  },
  {
    name: 'law 7: a token may the same in whatever form it is presented',
    rules: 'F5 K7',
    holds: async (view) => {
      const faults: string[] = [];
      let seen = 0;
      const [repository] = rotated([...view.world.state.repositories.values()], view.choice);
      if (repository === undefined) return { seen, faults };
      for (const { text } of rotated(view.world.state.texts, view.choice).slice(0, 6)) {
        const forms = [
          `Bearer ${text}`,
          `bearer ${text}`,
          `token ${text}`,
          basic('anybody', text),
          basic('x-access-token', text),
        ];
        for (const url of [`/repos/${fullName(view.world, repository)}`, '/user/repos', '/user']) {
          const answers = await Promise.all(
            forms.map((authorization) => view.send({ url, headers: { authorization, 'x-request-id': 'same' } })),
          );
          const [first, ...others] = answers.map(without);
          seen += 1;
          if (others.some((each) => each !== first))
            faults.push(`${url}: ${answers.map(({ statusCode }) => statusCode)}`);
        }
      }
      return { seen, faults };
    },
    lie: () => (request, got) =>
      String(request.headers?.authorization).startsWith('token ') ? { ...got, statusCode: 418 } : got,
  },
  {
    name: 'law 8: every node, asked anew or again, says what the database says',
    rules: 'F5 M10',
    holds: async (view) => {
      const questions = everything(view.world, QUESTIONS_MAX);
      const asked = questions.map(wire);
      const first = await askAll(view, asked, 0);
      const faults: string[] = [];
      // Node 3 remembers nothing.
      for (const node of [1, 2, 3, 0, 1, 2])
        faults.push(...differences(questions, first, await askAll(view, asked, node)));
      return { seen: first.filter(({ decision }) => decision).length, faults };
    },
    lie: () => toEvaluations((_, got, { node }) => (node === 2 ? other(got) : got)),
  },
  {
    name: 'law 9: a token by its id or text, a thing by any case of its name: the same; by a name that was its own: nothing',
    rules: 'F4 F6',
    holds: async (view) => {
      const { state } = view.world;
      const questions = everything(view.world, 3 * QUESTIONS_MAX).filter(
        ({ asker }) => asker.type === 'text' && asker.text.child === null,
      );
      const current = questions.filter(
        ({ asker }) => asker.type === 'text' && state.tokens.get(asker.text.token_id)?.current === asker.text,
      );
      const by_text = await askAll(view, current.map(wire));
      const by_id = await askAll(
        view,
        current.map((each) => ({
          ...wire(each),
          subject: { type: 'token', id: each.asker.type === 'text' ? String(each.asker.text.token_id) : '' },
        })),
      );
      const upper = await askAll(
        view,
        current.map((each) => ({
          ...wire(each),
          resource: {
            type: each.named.type,
            id: each.named.type === 'enterprise' ? each.named.id : each.named.id.toUpperCase(),
          },
        })),
      );
      const faults = [...differences(current, by_text, by_id), ...differences(current, by_text, upper)];
      return { seen: by_text.filter(({ decision }) => decision).length, faults };
    },
    lie: () =>
      toEvaluations((request, got) => {
        const [{ id } = { id: '' }] = subjectsOf(request);
        return /^\d+$/.test(id) ? other(got) : got;
      }),
  },
  {
    name: 'law 10: what strangers do among themselves changes nothing',
    rules: 'F1 F4',
    holds: (view) => staysTheSame(view, () => grownWorld(view.service, view.others)),
    lie: () => otherLater,
  },
  {
    name: 'law 11: a decision depends on the state alone: nodes that start anew say the same',
    rules: 'F5',
    holds: (view) =>
      staysTheSame(view, async () => {
        for (const node of [0, 1, 2]) await view.service.restart(node);
      }),
    lie: () => otherLater,
  },
  {
    name: 'law 12: what is hidden, renamed away or deleted is answered in the bytes of what never was',
    rules: 'F6',
    holds: async (view) => {
      const faults: string[] = [];
      let seen = 0;
      const { state } = view.world;
      for (const text of living(view).slice(-5)) {
        for (const repository of state.repositories.values()) {
          const [login = ''] = fullName(view.world, repository).split('/');
          const gone = state.old_names.filter((each) => each.includes('/')).slice(-2);
          for (const name of [fullName(view.world, repository), ...gone]) {
            const at = (path: string) =>
              view.send({ url: `/repos/${path}`, headers: { ...bearer(text.text), 'x-request-id': 'same' } });
            const [found, absent] = [await at(name), await at(`${login}/never-was`)];
            if (found.statusCode !== 404) continue;
            seen += 1;
            if (without(found) !== without(absent))
              faults.push(`${name}: ${without(found)}; what is not there: ${without(absent)}`);
          }
        }
      }
      return { seen, faults };
    },
    lie: () => (request, got) => (String(request.url).endsWith('/never-was') ? { ...got, body: `${got.body} ` } : got),
  },
];
