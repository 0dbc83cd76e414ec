// HTTP itself (RFC 9110, and RFC 6750 for challenges), as properties of all routes: what an author of clients reads there, and finds here.
// What only a socket shows is in test/http/smuggling.test.ts.

import { METHODS } from 'node:http';
import t, { type Test } from 'tap';
import { newText } from '../../src/secrets.ts';
import { buildTestApp, type TestApp } from '../support/build-app.ts';
import { share } from '../support/effort.ts';
import { tokenRowsOf } from '../support/token-rows.ts';
import { bearer, worldOf } from '../support/world.ts';

type Operation = {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
};
type Headers = Readonly<Record<string, string>>;

const NAMES: Readonly<Record<string, string>> = {
  ...{ owner: 'acme', repo: 'web', org: 'acme', username: 'ada', team_slug: 'crew', enterprise: 'corp' },
};
const USUAL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** What a gateway asks may have any method, and is answered for another API. */
const ANY_METHOD = /^\/gateway\/envoy\//;

async function start(t: Test) {
  const test = await buildTestApp(t);
  await test.app.ready();
  const paths = test.app.swagger().paths as unknown as Record<string, Record<string, Operation>>;
  const world = worldOf(test.deps);
  const ada = await world.person('ada');
  const acme = await world.organization('acme', ada);
  await world.repository(acme, 'web');
  const { text } = await tokenRowsOf(test.deps).classic(ada, { scopes: ['repo', 'admin:org'] });
  return { test, paths: Object.entries(paths), session: await world.session(ada), token: text };
}

function filled(path: string): string {
  return path.replace(/\{([a-z_]+)\}/g, (_, name: string) => NAMES[name] ?? '1');
}

function methodsOf(operations: object): readonly string[] {
  const methods = Object.keys(operations).map((method) => method.toUpperCase());
  return methods.includes('GET') ? [...methods, 'HEAD'].sort() : methods.sort();
}

function ask({ inject }: TestApp, method: string, path: string, headers: Headers = {}) {
  return inject({ method: method as 'GET', url: filled(path), headers });
}

t.test('section 15.5.6: a path without the method is 405, and `Allow` has those of the document', async (t) => {
  const { test, paths } = await start(t);
  let asked = 0;
  for (const [place, [path, operations]] of paths.entries()) {
    if (ANY_METHOD.test(path)) continue;
    const methods = methodsOf(operations);
    const others = METHODS.filter((each) => each !== 'CONNECT' && !USUAL.includes(each));
    for (const method of [...USUAL, ...share(others, 9, place)].filter((each) => !methods.includes(each))) {
      const { statusCode, headers } = await ask(test, method, path);
      const told = String(headers.allow).split(', ').sort();
      const is_right = statusCode === 405 && JSON.stringify(told) === JSON.stringify(methods);
      if (!is_right) t.same([statusCode, told], [405, methods], `${method} ${path}`);
      asked += 1;
    }
  }
  t.ok(asked > 500, `${asked} were asked`);
});

/** They differ from call to call. */
const CHANGING = new Set(['date', 'x-request-id', 'x-ratelimit-remaining', 'x-ratelimit-used', 'x-ratelimit-reset']);

t.test('section 9.3.2: HEAD has the status and the headers of GET, and nothing behind', async (t) => {
  const { test, paths, session, token } = await start(t);
  const callers: readonly Headers[] = [{}, bearer(session), bearer(token)];
  for (const [path, operations] of paths) {
    if (!('get' in operations) || path === '/metrics' || ANY_METHOD.test(path)) continue;
    for (const headers of callers) {
      const [get, head] = [await ask(test, 'GET', path, headers), await ask(test, 'HEAD', path, headers)];
      const kept = (from: object) => Object.entries(from).filter(([name]) => !CHANGING.has(name));
      t.same([head.statusCode, kept(head.headers)], [get.statusCode, kept(get.headers)], path);
      t.equal(head.body, '', path);
    }
  }
});

t.test('section 12.5.5: where `Accept` chooses the answer, `Vary` says so', async (t) => {
  const { test, paths, session } = await start(t);
  const { authorization } = await worldOf(test.deps).client(['introspect']);
  let chosen = 0;
  for (const [path, operations] of paths) {
    for (const [method, { responses }] of Object.entries(operations)) {
      if (Object.keys(responses['200']?.content ?? {}).length < 2) continue;
      const is_form = method === 'post';
      const form = {
        payload: 'token=x',
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      };
      const url = filled(path);
      const answer = await test.inject({
        url,
        ...(is_form ? { method: 'POST', ...form } : { headers: bearer(session) }),
      });
      if (answer.statusCode === 404) continue;
      chosen += 1;
      t.match(answer.headers.vary, /\baccept\b/i, `${method} ${path} ${answer.statusCode}`);
    }
  }
  t.ok(chosen >= 3, `${chosen} answers are chosen`);
});

t.test(
  'F5, RFC 6750 section 3: a 401 says how to present a credential, and of one that is no good that it is none',
  async (t) => {
    const { test, paths } = await start(t);
    const dead = newText('classic', 'gth');
    const basic = `Basic ${Buffer.from(`x:${dead}`).toString('base64')}`;
    const bad = [`Bearer ${dead}`, `token ${dead}`, basic, 'Bearer gthp_short', 'Bearer', 'Digest a="b"', 'Bearer a b'];
    const kinds = new Set<string>();
    for (const [place, [path, operations]] of paths.entries()) {
      for (const [method, { security = [] }] of Object.entries(operations)) {
        const takes = new Set(security.flatMap((each) => Object.keys(each)));
        if (takes.size === 0 || takes.has('gateway')) continue;
        const scheme = takes.has('client') ? 'Basic' : 'Bearer';
        for (const authorization of [undefined, ...share(bad, 3, place)]) {
          const { statusCode, headers } = await ask(
            test,
            method.toUpperCase(),
            path,
            authorization ? { authorization } : {},
          );
          if (statusCode !== 401) continue; // a public read, or a form that has to be read first
          const error = scheme === 'Bearer' && authorization !== undefined;
          const challenge = String(headers['www-authenticate']);
          const is_right =
            challenge.startsWith(`${scheme} realm="`) && challenge.includes('error="invalid_token"') === error;
          if (!is_right) t.fail(`${method} ${path} with ${authorization}: ${challenge}`);
          kinds.add(`${scheme} ${error}`);
        }
      }
    }
    t.same([...kinds].sort(), ['Basic false', 'Bearer false', 'Bearer true']);
    const password = { login: 'ada', password: 'not the right one' };
    const answer = await test.inject({ method: 'POST', url: '/sessions', payload: password });
    t.equal(answer.statusCode, 401);
    t.notMatch(answer.headers['www-authenticate'], /error=/, 'who has presented no token is told of none');
  },
);

t.test('RFC 7240 section 2: a preference is one of a list, and what stands in quotes is none', async (t) => {
  const { test, session } = await start(t);
  const change = async (prefer: string) => {
    const headers = { ...bearer(session), prefer };
    const answer = await test.inject({
      method: 'PATCH',
      url: '/orgs/acme',
      headers,
      payload: { profile_name: 'Acme' },
    });
    t.equal(answer.statusCode, 200, prefer);
    return answer.headers['preference-applied'];
  };
  for (const prefer of ['wait=5', 'wait', 'return=minimal, Wait="5"', 'a="x, y", wait=5;z=1', 'a=",\\",", wait=5']) {
    t.equal(await change(prefer), 'wait', prefer);
  }
  for (const prefer of ['a="x, wait=5"', 'a="x, wait', 'waiting', 'wait=soon', 'respond-async', ',', '']) {
    t.equal(await change(prefer), undefined, prefer);
  }
});
