// What names resolve to (promises P21): by the hosts file, then by the name servers, and only what these do not know by the operating
// system; whose name server does not answer keeps nobody else waiting.

import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { resolveNames } from '../src/outbound-names.ts';

const [TYPE_A, TYPE_AAAA, NO_SUCH_NAME] = [1, 28, 3];
const HANGING = /^hangs-/;

/** A name server: `good.example` has two addresses, names that hang no answer, all others are not there. */
async function startNameServer(t: Test) {
  const server = createSocket('udp4');
  const asked: string[] = [];
  server.on('message', (question, { port, address }) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const [name, type] = [labels.join('.').toLowerCase(), question.readUInt16BE(at + 1)];
    asked.push(name);
    if (HANGING.test(name)) return;
    const data = new Map([
      [TYPE_A, [192, 0, 2, 7]],
      [TYPE_AAAA, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]],
    ]).get(type);
    const found = name === 'good.example' && data !== undefined ? Buffer.from(data) : null;
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180 | (found === null ? NO_SUCH_NAME : 0), 2);
    head.writeUInt16BE(found === null ? 0 : 1, 6);
    head.fill(0, 8);
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, found?.length ?? 0]);
    const answer = found === null ? [] : [record, found];
    server.send(Buffer.concat([head, question.subarray(12, at + 5), ...answer]), port, address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { servers: [`127.0.0.1:${server.address().port}`], asked };
}

async function start(t: Test, hosts = '') {
  const { servers, asked } = await startNameServer(t);
  const hosts_file = join(t.testdir({ hosts }), 'hosts');
  const left: string[] = [];
  const resolve = resolveNames({
    hosts_file,
    servers,
    system: async (hostname) => {
      left.push(hostname);
      if (hostname !== 'search') throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return [{ address: '198.51.100.1', family: 4 }];
    },
  });
  return { resolve, asked, left };
}

t.test('the hosts file comes first, then the name servers, then the operating system', async (t) => {
  const hosts =
    '# 10.0.0.1 good.example\n10.0.0.2\tListed.example other # good.example\nnone good.example\n::7 listed.example\r\n';
  const { resolve, asked, left } = await start(t, hosts);
  t.same(await resolve('listed.example.'), [
    { address: '10.0.0.2', family: 4 },
    { address: '::7', family: 6 },
  ]);
  t.same(asked, []);
  t.same(await resolve('GOOD.example'), [
    { address: '192.0.2.7', family: 4 },
    { address: '2001:db8::7', family: 6 },
  ]);
  t.same(left, []);
  t.same(await resolve('search'), [{ address: '198.51.100.1', family: 4 }]);
  await t.rejects(resolve('absent.example'), { code: 'ENOTFOUND' });
  t.same(left, ['search', 'absent.example']);
});

t.test('names that nobody answers for keep no other one waiting, and are no thread of the process', async (t) => {
  const { resolve, left } = await start(t);
  const hanging = Array.from({ length: 40 }, (_, n) => resolve(`hangs-${n}.example`));
  const begun = performance.now();
  t.equal((await resolve('good.example')).length, 2);
  t.ok(performance.now() - begun < 900, `${performance.now() - begun} ms`);
  for (const each of await Promise.allSettled(hanging)) t.match(each, { reason: { code: 'ETIMEOUT' } });
  t.same(left, [], 'nothing of it is left to the operating system');
});

t.test('what is left to the operating system is asked one at a time, and not without end', async (t) => {
  const { servers } = await startNameServer(t);
  const word = Promise.withResolvers<void>();
  let at_once = 0;
  const resolve = resolveNames({
    hosts_file: join(t.testdir({}), 'absent'),
    servers,
    system: async () => {
      at_once += 1;
      t.equal(at_once, 1);
      await word.promise;
      at_once -= 1;
      return [];
    },
  });
  const all = Array.from({ length: 60 }, (_, n) => resolve(`absent-${n}`));
  const refused = await Promise.any(all.map((each) => each.then(() => Promise.reject(new Error('found')), String)));
  t.match(refused, 'too many names are looked up');
  word.resolve();
  const ends = await Promise.allSettled(all);
  t.equal(ends.filter(({ status }) => status === 'fulfilled').length, 50);
});
