// F11: nodes whose clocks are wrong, each by another amount. No token is accepted later than a second after its end by the database's
// clock (contract 10), by whatever node, in whatever zone.

import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { programs } from '../support/programs.ts';
import type { Plant } from './rig/plants.ts';
import { embeddedEngine, startPostgres } from './rig/postgres.ts';
import { type Rig, startRig } from './rig/rig.ts';
import { type Scenario, tell } from './scenario.ts';

const LIBRARIES = ['x86_64', 'aarch64'].map((each) => `/usr/lib/${each}-linux-gnu/faketime/libfaketime.so.1`);
// Whose clock is ahead by more than a session's life ends all sessions at its start, as it must.
const SKEWS = ['+3600', '-3600', '+36000', '-34560000'];
const ZONES = ['Pacific/Apia', 'America/Sao_Paulo'];
const LIFE_MS = 4000;
const LATE_MS = 1000;

/** What shifts the clock of a process by so many seconds, and leaves its steady clock alone. */
const skewed = (library: string, seconds: string) => ({
  LD_PRELOAD: library,
  FAKETIME: seconds,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
});

/** How late, by the true clock, each node let a token in whose end had come; null: never after it was made. */
async function lateness(rig: Rig): Promise<readonly (number | null)[]> {
  const [first] = rig.nodes;
  if (first === undefined) return [];
  const ends_at = Math.ceil((Date.now() + LIFE_MS) / 1000) * 1000;
  const body = { kind: 'classic', name: 'short', scopes: ['repo'], expires_at: new Date(ends_at).toISOString() };
  const made = await rig.call(first, 'POST', '/user/personal-access-tokens', rig.sessions.ada, body);
  const { token } = JSON.parse(made.text) as { token: string };
  const last: (number | null)[] = rig.nodes.map(() => null);
  while (Date.now() < ends_at + 3 * LATE_MS) {
    await Promise.all(
      rig.nodes.map(async (node, index) => {
        const sent = Date.now();
        if ((await rig.may(node, token, 'acme/mill')).decision === true) last[index] = sent - ends_at;
      }),
    );
    await delay(20);
  }
  return last;
}

async function rigOf(t: Test, library: string, plant: Plant | null): Promise<Rig> {
  const postgres = await startPostgres(t, { engine: embeddedEngine(t) });
  const skews = plant === null ? SKEWS : ['-3600'];
  const each = [{}, ...skews.map((skew) => skewed(library, skew)), ...ZONES.map((TZ) => ({ TZ }))];
  return startRig(t, { postgres, nodes: [null, ...each.slice(1).map(() => plant)], each });
}

export const clockSkew: Scenario = {
  ids: ['F11'],
  title: 'a token is dead for every node when it is for the database',
  run: async (t) => {
    const found = await programs(t, { faketime: { name: 'faketime', debian_package: 'faketime' } });
    if (found === null) return;
    const library = LIBRARIES.find((each) => existsSync(each));
    if (library === undefined) return void t.pass('no library', { skip: 'libfaketime is missing (faketime)' });
    await t.test('sound', async (t) => {
      const rig = await rigOf(t, library, null);
      const late = await lateness(rig);
      tell(t, `let in last before its end, in ms: ${late.map((ms) => (ms === null ? 'never' : -ms)).join(', ')}`);
      t.not(late[0], null, 'the node with the true clock let it in');
      t.ok(late.every((ms) => (ms ?? 0) <= LATE_MS));
      t.equal(late[1], null, 'whose clock is ahead does not: its own counts');
      t.not(late[2], null, 'whose clock is behind does, until the database’s says no');
      const in_zones = late.slice(1 + SKEWS.length);
      t.notOk(in_zones.includes(null), 'and so does who lives in another zone');
    });
    await t.test('control: a node that knows its own clock only is found', async (t) => {
      const late = await lateness(await rigOf(t, library, 'own clock only'));
      t.ok(
        late.some((ms) => (ms ?? 0) > LATE_MS),
        late.join(', '),
      );
    });
  },
};
