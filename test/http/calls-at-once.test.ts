// Every two operations that change something, at the same moment, come to what they come to one after the other (A2, A4, M10, F4, L1, promises
// P9): pairs are drawn, and places at which the first waits for the second; `SEED` draws others. Those that went wrong once are always tried.

import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { cases } from '../support/effort.ts';
import { numbersFrom } from '../support/numbers.ts';
import { type Races, startRaces } from '../support/races.ts';

const SEED = Number(process.env.SEED ?? 1);
const DRAWN = cases({ short: 12, long: 5000 });
/** Places of a pair that is drawn. */
const PLACES = cases({ short: 1, long: 2 });

type Place = readonly [first: string, second: string, at: number];

/** The places at which they went wrong, or waited for each other in a circle. */
const ONCE_WRONG: readonly Place[] = [
  // A message was written for a hook that was gone: 500.
  ['hook: delete', 'token: make', 3],
  ['hook: delete', 'hook: ping', 2],
  // A request ended twice in the record: by the end of its holder, and by a review. So did a membership.
  ['import: a person goes', 'review: deny many', 9],
  ['member: remove', 'import: a person goes', 4],
  // A right that hangs on a membership: 500.
  ['import: a member goes', 'reviewer: add', 4],
  // Deadlocks.
  ['organization: rename', 'repository: hand one in', 3],
];
const ONCE_WRONG_WITH_SSO: readonly Place[] = [
  // A token of an organization that requires it was made without it.
  ['token: make', 'session: close', 8],
  ['token: make', 'sso: sign off', 8],
  ['token: make', 'sso: unlink', 8],
];

/** What changes nothing that others have in common, or is tried by itself: signing-keys, catalogue, email-verification. */
const APART = /^POST \/(?:access|oauth\/introspect)|^POST .*\/preview$|catalogue|signing-keys|email\/verification/;

type Document = { readonly paths: Readonly<Record<string, object>> };

async function missing({ acts }: Races): Promise<readonly string[]> {
  const { paths } = JSON.parse(readFileSync('openapi/openapi.json', 'utf8')) as Document;
  const called = await Promise.all([...acts.values()].map(async (act) => act()));
  const changing = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).flatMap((method) => (method === 'get' ? [] : [`${method.toUpperCase()} ${path}`])),
  );
  return changing.filter((operation) => {
    const [method, path = ''] = operation.split(' ');
    const like = new RegExp(`^${path.replaceAll(/\{[^}]*\}/g, '[^/]+')}$`);
    return !APART.test(operation) && !called.some((call) => call.method === method && like.test(String(call.url)));
  });
}

async function race(t: Test, sso_required: boolean): Promise<void> {
  const races = await startRaces(t, { sso_required });
  if (races === null) {
    t.comment('this database has no role that may set it back');
    return;
  }
  t.same(await missing(races), [], 'every operation that changes something is tried');
  const draw = numbersFrom(SEED + Number(sso_required));
  const names = [...races.acts.keys()];
  for (let drawn = 0; drawn < DRAWN; drawn += 1) {
    const [first, second] = [names[draw(names.length)] ?? '', names[draw(names.length)] ?? ''];
    const { statements, faultsAt } = await races.raceOf([first, second]);
    for (let count = 0; count < PLACES; count += 1) {
      const at = draw(Math.max(1, statements));
      t.same(await faultsAt(at), [], `${first}, waiting at ${at} of ${statements}; ${second}`);
    }
  }
  for (const [first, second, at] of sso_required ? ONCE_WRONG_WITH_SSO : ONCE_WRONG) {
    const { faultsAt } = await races.raceOf([first, second]);
    t.same(await faultsAt(at), [], `${first}, waiting at ${at}; ${second}`);
  }
}

t.test('two calls at once come to what they come to one after the other', (t) => race(t, false));
t.test('so they do where single sign-on is required', (t) => race(t, true));
