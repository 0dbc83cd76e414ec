// Webhooks of an organization: a hook is made, told, looked at, changed and removed.

import { from, type Step, session, shows } from './step.ts';

const ada = session('ada');
const ORGANIZATION = { org: 'analytical-engines' };
const HOOKS = '/orgs/{org}/hooks';
const HOOK = `${HOOKS}/{hook_id}`;
const DELIVERY = `${HOOK}/deliveries/{delivery_id}`;
const CONFIG = { url: 'https://receiver.example.com/tokens', content_type: 'json' };

const hook = { ...ORGANIZATION, hook_id: from('hook', 'id') };
const delivery = { ...hook, delivery_id: from('deliveries', '0.id') };

type Shown = { readonly request?: { readonly headers: Readonly<Record<string, string>>; readonly payload: object } };

/** What is random or measured is another at each recording; of the headers and the payload a part says enough. */
function steady(answer: Shown): object {
  const { request, ...rest } = answer;
  const random = { guid: '0b989ba4-242f-41e5-81e1-c7b6966d2516', duration: 0.14 };
  if (request === undefined) return { ...rest, ...random };
  const { 'User-Agent': agent = '', 'X-GitHub-Event': event = '' } = request.headers;
  const payload = Object.fromEntries(Object.entries(request.payload).slice(0, 2));
  return { ...rest, ...random, request: { headers: { 'User-Agent': agent, 'X-GitHub-Event': event }, payload } };
}

export const WEBHOOKS: readonly Step[] = [
  shows(`POST ${HOOKS}`, 201, 'All events, signed', ada, {
    path: ORGANIZATION,
    body: { name: 'web', config: { ...CONFIG, secret: 'an example of a secret' }, events: ['*'] },
    keep: 'hook',
  }),
  shows(`POST ${HOOKS}`, 422, 'An address that is not public', ada, {
    path: ORGANIZATION,
    body: { config: { url: 'http://169.254.169.254/latest' } },
  }),
  shows(`POST ${HOOKS}`, 403, 'Not an owner', session('charles'), { path: ORGANIZATION, body: { config: CONFIG } }),
  shows(`GET ${HOOKS}`, 200, 'Its secret is not shown', ada, { path: ORGANIZATION }),
  shows(`GET ${HOOK}`, 200, 'One of them', ada, { path: hook }),
  shows(`GET ${HOOK}`, 404, 'No hook of this organization', ada, { path: { ...ORGANIZATION, hook_id: 999_999 } }),
  shows(`POST ${HOOK}/pings`, 204, 'A ping is on its way', ada, { path: hook }),
  shows(`GET ${HOOK}/deliveries`, 200, 'The newest attempt', ada, {
    path: hook,
    query: { per_page: 1 },
    keep: 'deliveries',
    show: (attempts: readonly Shown[]) => attempts.map(steady),
  }),
  shows(`GET ${DELIVERY}`, 200, 'What was sent and answered', ada, { path: delivery, show: steady }),
  shows(`POST ${DELIVERY}/attempts`, 202, 'Once more, with the same id', ada, { path: delivery }),
  shows(`PATCH ${HOOK}`, 200, 'Only what becomes of tokens', ada, {
    path: hook,
    body: { events: ['personal_access_token'] },
  }),
  shows(`DELETE ${HOOK}`, 204, 'Nothing more is told', ada, { path: hook }),
];
