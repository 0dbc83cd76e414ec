// An organization with a hook, a receiver on a port of its own, and a worker that delivers: for tests of webhooks.

import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import type { Test } from 'tap';
import { openDeliveryQueue } from '../../src/db/job-queue.ts';
import type { Deps } from '../../src/deps.ts';
import { startWebhookDelivery } from '../../src/jobs/deliver-webhooks.ts';
import type { TestAppOptions } from './build-app.ts';
import { directoryApp } from './directory-app.ts';
import { eventually } from './service.ts';
import { tokensOf } from './world.ts';

export const SECRET = 'a secret of the receiver';

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };
export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  /** The requests once there are so many. */
  readonly until: (count: number) => Promise<readonly Received[]>;
};

/** How a receiver answers its n-th request; nothing is answered to what it leaves alone. */
export type Answering = (response: ServerResponse, n: number) => void;

/** A real server on this machine; it answers 200 unless it is told otherwise. */
export async function startReceiver(
  t: Test,
  answer: Answering = (response) => response.end('thanks'),
): Promise<Receiver> {
  const received: Received[] = [];
  const waiting: { count: number; resolve: (all: readonly Received[]) => void }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    received.push({ headers: request.headers, body });
    answer(response, received.length);
    for (const { count, resolve } of waiting) if (received.length >= count) resolve(received);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    until: (count) =>
      new Promise((resolve) => {
        if (received.length >= count) resolve(received);
        else waiting.push({ count, resolve });
      }),
  };
}

/** A worker over this application's database; it ends with the test, or when the answer is called. */
export async function startWorker(
  t: Test,
  deps: Deps,
  retry_delays_seconds: readonly number[] = [],
): Promise<() => Promise<void>> {
  const queue = openDeliveryQueue(deps.db, (error) => t.fail(String(error)));
  const stop = await startWebhookDelivery(deps, { queue, retry_delays_seconds });
  let stopped: Promise<void> | undefined;
  const once = () => (stopped ??= stop());
  t.teardown(once);
  return once;
}

const OPEN = { PUBLIC_URL: 'https://gate.example', OUTBOUND_ALLOW: '127.0.0.0/8' };

/** Organization acme of ada, where bob is a member; approval is required. */
export async function hookWorld(t: Test, options: TestAppOptions = {}) {
  const application = await directoryApp(t, { ...options, settings: { ...OPEN, ...options.settings } });
  const { call, world, deps, inject } = application;
  const [ada, bob] = [await world.person('ada'), await world.person('bob')];
  const acme = await world.organization('acme', ada, { approval: 'required' });
  await world.member(acme, bob);
  const owner = await world.session(ada);
  const member = await world.session(bob);

  async function hook(url: string, ask: object = {}, config: object = {}): Promise<number> {
    const made = await call(owner, 'POST /orgs/acme/hooks', {
      name: 'web',
      config: { url, content_type: 'json', secret: SECRET, ...config },
      ...ask,
    });
    if (made.status !== 201) throw new Error(`no hook was made: ${made.text}`);
    return made.body.id;
  }

  const { fineGrainedToken } = tokensOf({ inject });
  /** A token of bob's for acme. */
  const token = (ask: object = {}) => fineGrainedToken(member, { resource_owner: 'acme', ...ask });

  /** The attempts at a hook once there are so many, newest first. */
  async function deliveries(id: number, count: number) {
    const list = () => call(owner, `GET /orgs/acme/hooks/${id}/deliveries?per_page=100`);
    await eventually(async () => (await list()).body.length >= count);
    return (await list()).body;
  }

  /** The jobs in the queue, whatever has become of them. */
  async function jobs() {
    const { rows } = await sql<{ state: string; delay: number; data: { message_id: number; attempt: number } }>`
      select state::text, data, extract(epoch from start_after - created_on)::float as delay
      from pgboss.job where name = 'webhook_deliveries' order by created_on, id`.execute(deps.db);
    return rows;
  }

  /** Until nothing is left to be done. */
  async function idle(): Promise<void> {
    await eventually(async () => (await jobs()).every(({ state }) => state === 'completed'));
  }

  return { ...application, ada, bob, acme, owner, member, hook, token, deliveries, jobs, idle };
}

/** `webhook-signature` as Standard Webhooks has it, computed by hand. */
export function standardSignature(key: string | Buffer, { headers, body }: Received): string {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
