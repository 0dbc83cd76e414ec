// Whose answer it is, where there is too much to do: many connections ask about many people at once, several requests in one piece and one
// request in several, some go in the middle, the process stops now and then, half of what is asked is refused. Each answer has the id
// of its request, in the order of the requests, and is about whom was asked (promises P19, P23).

import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { ask } from '../support/backend.ts';
import { cases } from '../support/effort.ts';
import { listeningApp } from '../support/listening.ts';

const PEOPLE = 12;
const CONNECTIONS = 40;
/** More than what asks at once leaves room for; a body that is late for longer than the process waits for one. */
const LIMITS = { MAX_REQUESTS: '16', STANDING_REQUESTS: '12', DATABASE_QUEUE: '10', FRESHNESS_MS: '30000' };
const STOP_MS = 110;
const TOUCH_MS = 3;
const CRLF = '\r\n';

type Person = { readonly login: string; readonly id: number; readonly text: string; readonly session: string };
type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
type Way = {
  readonly line: string;
  readonly headers: (of: Person) => readonly string[];
  readonly body?: (of: Person) => string;
  readonly about: (answer: Answer) => unknown;
};

const json = ({ body }: Answer) => JSON.parse(body);

function waysOf(authorization: string): readonly Way[] {
  const client = `Authorization: ${authorization}`;
  const bearer = (text: string) => `Authorization: Bearer ${text}`;
  const gateway = ['X-Original-Method', 'X-Original-URI', 'X-Forwarded-Method', 'X-Forwarded-Uri'];
  const asked = gateway.map((name) => `${name}: ${name.endsWith('Method') ? 'GET' : '/user'}`);
  const guarded = (path: string): Way => ({
    line: `GET ${path} HTTP/1.1`,
    headers: ({ text }) => [bearer(text), `X-Gateway-${client}`, ...asked],
    about: ({ headers }) => headers['x-auth-user'],
  });
  return [
    {
      line: 'POST /oauth/introspect HTTP/1.1',
      headers: () => [client, 'Content-Type: application/x-www-form-urlencoded'],
      body: ({ text }) => `token=${text}`,
      about: (answer) => json(answer).username,
    },
    {
      line: 'POST /access/v1/evaluation HTTP/1.1',
      headers: () => [client, 'Content-Type: application/json'],
      body: ({ text, login }) => JSON.stringify(ask(text, 'metadata:read', ['user', login])),
      about: (answer) => json(answer).context.holder?.login,
    },
    guarded('/gateway/nginx'),
    guarded('/gateway/forward-auth'),
    { line: 'GET /user HTTP/1.1', headers: ({ text }) => [bearer(text)], about: (answer) => json(answer).login },
    { line: 'GET /user HTTP/1.1', headers: ({ session }) => [bearer(session)], about: (answer) => json(answer).login },
    {
      line: 'GET /user/repos HTTP/1.1',
      headers: ({ text }) => [bearer(text)],
      about: (answer) => json(answer)[0]?.owner.login,
    },
  ];
}

async function started(t: Test) {
  const { deps, world, rows, issuer } = await listeningApp(t, { settings: LIMITS, is_fenced: false });
  const all: Person[] = [];
  for (let n = 0; n < PEOPLE; n += 1) {
    const person = await world.person(`person-${n}`);
    const { id, text } = await rows.classic(person, { scopes: ['repo', 'user'] });
    await world.repository(person, 'mill');
    all.push({ login: person.login, id, text, session: await world.session(person) });
  }
  const { authorization } = await world.client(['introspect', 'evaluate', 'gateway']);
  let is_over = false;
  /** What is remembered of one after the other ends, so that some of what is asked has to be looked up. */
  const touching = (async () => {
    for (let n = 0; !is_over; n += 1) {
      const description = `touched ${n}`;
      const id = all[n % PEOPLE]?.id ?? 0;
      await deps.db.updateTable('tokens').set({ description }).where('id', '=', id).execute();
      await delay(TOUCH_MS);
    }
  })();
  const stopTouching = async (): Promise<void> => {
    is_over = true;
    await touching;
  };
  return { port: Number(issuer.port), people: all, ways: waysOf(authorization), stopTouching };
}

/** One connection: what it asks, whether it waits for its answers before, and where the bytes are divided. */
const BETWEEN = ['a turn', 'a while', 'a stop'] as const;
type Between = (typeof BETWEEN)[number];
const request = fc.record({
  way: fc.nat(99),
  of: fc.nat(PEOPLE - 1),
  is_general: fc.nat(3).map((n) => n === 0),
  waits: fc.boolean(),
  cut: fc.option(fc.record({ at: fc.nat(999), between: fc.nat(99).map(betweenOf) })),
});
const connection = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 6 }),
  goes: fc.nat(9).map((n) => n === 0),
});
type Drawn = typeof connection extends fc.Arbitrary<infer Value> ? Value : never;
type Question = Drawn['requests'][number] & {
  readonly id: string;
  readonly person: Person;
  readonly bytes: string;
  readonly asks: Way;
};

/** Stops are few: each is everybody's. */
function betweenOf(drawn: number): Between {
  if (drawn === 0) return 'a stop';
  return drawn < 20 ? 'a while' : 'a turn';
}

async function wait(between: Between): Promise<void> {
  if (between === 'a while') return delay(5);
  await new Promise(setImmediate);
  if (between !== 'a stop') return;
  const until = performance.now() + STOP_MS;
  while (performance.now() < until);
}

function bytesOf({ line, headers, body }: Way, of: Person, id: string, more: readonly string[]): string {
  const text = body?.(of) ?? '';
  const length = text === '' ? [] : [`Content-Length: ${text.length}`];
  return [line, 'Host: x', `X-Request-Id: ${id}`, ...headers(of), ...length, ...more, '', text].join(CRLF);
}

/** What has arrived whole, one after the other. */
function answersIn(received: string): readonly Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < received.length; ) {
    const end = received.indexOf(CRLF + CRLF, at);
    if (end < 0) return answers;
    const [line = '', ...lines] = received.slice(at, end).split(CRLF);
    const headers = Object.fromEntries(
      lines.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 2)]),
    );
    const body_at = end + 4;
    at = body_at + Number(headers['content-length']);
    if (!(at <= received.length)) return answers;
    answers.push({ status: Number(line.split(' ')[1]), headers, body: received.slice(body_at, at) });
  }
  return answers;
}

const isRefused = ({ status, headers }: Answer): boolean =>
  headers['retry-after'] === '1' && (status === 503 || (status === 403 && headers['x-error-status'] === '503'));

/** What comes back until the server closes, or this client goes. */
function send(port: number, questions: readonly Question[], goes: boolean): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    let is_closed = false;
    let unsent = '';
    const socket = net.connect(port, '127.0.0.1', async () => {
      const flush = (): void => {
        if (unsent !== '') socket.write(unsent, 'latin1');
        unsent = '';
      };
      for (const [index, { waits, bytes, cut }] of questions.entries()) {
        if (waits) flush();
        while (waits && !is_closed && answersIn(received).length < index) await new Promise(setImmediate);
        const at = cut === null ? 0 : cut.at % bytes.length;
        unsent += bytes.slice(0, at);
        if (cut !== null) {
          flush();
          await wait(cut.between);
        }
        unsent += bytes.slice(at);
      }
      flush();
      if (goes) socket.destroy();
    });
    socket.setNoDelay().setEncoding('latin1');
    socket.on('data', (part) => (received += part)).on('error', () => undefined);
    socket.on('close', () => {
      is_closed = true;
      resolve(received);
    });
  });
}

t.test('promises P19, P23: each is answered about whom he asked, in the order of his questions', async (t) => {
  const { port, people, ways, stopTouching } = await started(t);
  const seen = { right: 0, refused: 0, gone: 0 };
  let asked = 0;

  function questionOf(drawn: Drawn['requests'][number], id: string, is_last: boolean): Question {
    const [asks, person] = [ways[drawn.way % ways.length] as Way, people[drawn.of] as Person];
    const more = [...(drawn.is_general ? ['Idempotency-Key: general'] : []), ...(is_last ? ['Connection: close'] : [])];
    return { ...drawn, id, asks, person, bytes: bytesOf(asks, person, id, more) };
  }

  async function talk({ requests, goes }: Drawn): Promise<string | null> {
    asked += 1;
    const questions = requests.map((each, index) =>
      questionOf(each, `talk-${asked}-${index}`, index === requests.length - 1),
    );
    const answers = answersIn(await send(port, questions, goes));
    for (const [index, answer] of answers.entries()) {
      const question = questions[index];
      if (question === undefined || answer.headers['x-request-id'] !== question.id)
        return `${question?.id}: ${JSON.stringify(answer)}`;
      if (isRefused(answer)) seen.refused += 1;
      else if (answer.status === 200 && question.asks.about(answer) === question.person.login) seen.right += 1;
      else return `${question.bytes} → ${JSON.stringify(answer)}`;
    }
    if (goes) seen.gone += 1;
    else if (answers.length < questions.length)
      return `${answers.length} of ${questions.length}: ${questions.map(({ bytes }) => bytes).join('')}`;
    return null;
  }

  const wrong: string[] = [];
  for (let round = 0; round < cases({ short: 6, long: 100 }) && wrong.length === 0; round += 1) {
    const answered = await Promise.all(fc.sample(connection, CONNECTIONS).map(talk));
    wrong.push(...answered.filter((each) => each !== null));
  }
  await stopTouching();
  t.same(wrong.slice(0, 3), []);
  t.ok(
    Object.values(seen).every((count) => count > 0),
    JSON.stringify(seen),
  );
});
