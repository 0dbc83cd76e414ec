// The backend services that a node remembers: until they are touched, and no more of them than there is room for.

import t from 'tap';
import { createClientMemory } from '../../src/facts/client-memory.ts';
import type { ClientKey, LoadedClient } from '../../src/facts/source.ts';

const MIB = 1_048_576;

function keyOf(id: number): ClientKey {
  return { client_id: `client_${id}`, digest: 'digest' };
}

function clientOf(id: number, epoch: number, organizations = 0): LoadedClient {
  const organization_ids = Array.from({ length: organizations }, (_, place) => place);
  const lists = { capabilities: [], audiences: ['https://api.example'], strip_prefixes: [] } as const;
  return { client: { id, client_id: `client_${id}`, ...lists, organization_ids }, secret_expires_at: null, epoch };
}

t.test('P1: a client is known until it is touched', async (t) => {
  const memory = createClientMemory(MIB);
  memory.remember(keyOf(1), clientOf(1, 10));
  t.ok(memory.find(keyOf(1), 10));
  t.equal(memory.find(keyOf(1), 9), null, 'not to who has not heard so much');
  t.equal(memory.find({ ...keyOf(1), digest: 'another' }, 10), null, 'nor by another secret');
  memory.forget([{ kind: 'token', id: 1, epoch: 11 }]);
  t.ok(memory.find(keyOf(1), 11), 'what else is touched does not end it');
  memory.forget([{ kind: 'client', id: 1, epoch: 12 }]);
  t.equal(memory.find(keyOf(1), 12), null);
  memory.remember(keyOf(1), clientOf(1, 11));
  t.equal(memory.find(keyOf(1), 12), null, 'as it was before it is not remembered');
  memory.remember(keyOf(1), clientOf(1, 12));
  t.ok(memory.find(keyOf(1), 12));
  memory.forget([{ kind: 'everything', id: 0, epoch: 5 }]);
  t.equal(memory.find(keyOf(1), 12), null, 'nor when everything was touched');
});

t.test('there are never more clients than there is room for, and the last ones stay', async (t) => {
  const memory = createClientMemory(MIB);
  const all = 2000;
  for (let id = 1; id <= all; id += 1) memory.remember(keyOf(id), clientOf(id, 1));
  let known = 0;
  for (let id = 1; id <= all; id += 1) if (memory.find(keyOf(id), 1) !== null) known += 1;
  t.ok(known > 300 && known < 600, `${known} of two kilobytes each`);
  t.ok(memory.find(keyOf(all), 1));
  memory.remember(keyOf(0), clientOf(0, 1, 100_000));
  t.equal(memory.find(keyOf(0), 1), null, 'one that has no room is not remembered');
  t.ok(memory.find(keyOf(all), 1));
});
