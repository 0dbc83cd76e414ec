// The catalogue of another API: loaded, refused, published, asked about.

import { client, firstRows, from, type Step, session, shows } from './step.ts';

const admin = session('admin');

const LOOMS = {
  openapi: '3.1.0',
  info: { title: 'Looms', version: '1.0.0' },
  paths: {
    '/repos/{owner}/{repo}/patterns': {
      get: { 'x-required-permissions': [{ contents: 'read' }], 'x-public-read': true },
      post: {
        'x-required-permissions': [{ contents: 'write', workflows: 'write' }],
        'x-accepted-scopes': ['workflow'],
      },
    },
    '/yarns': { get: { 'x-permissionless': true } },
  },
};
const BROKEN = {
  openapi: '3.1.0',
  paths: { '/yarns': { get: { 'x-required-permissions': [{ yarns: 'read' }] } } },
};

export const CATALOGUE: readonly Step[] = [
  shows('GET /admin/catalogue', 200, 'Nothing was loaded yet', admin),
  shows('GET /admin/catalogue', 403, 'For site administrators', session('ada')),
  shows('PUT /admin/catalogue', 200, 'An OpenAPI document', admin, { body: LOOMS }),
  shows('PUT /admin/catalogue', 422, 'No such permission: nothing is changed', admin, { body: BROKEN }),
  shows('GET /operations', 200, 'What a path needs', session('ada'), {
    query: { method: 'POST', path: '/repos/analytical-engines/mill/patterns' },
    show: firstRows(1),
  }),
  shows('POST /access/v1/evaluation', 200, 'An operation of a catalogue', client('forge'), {
    body: {
      subject: { type: 'token', id: from('ci', 'token') },
      action: { name: 'GET /repos/{owner}/{repo}/patterns' },
      resource: { type: 'repository', id: 'analytical-engines/mill' },
    },
  }),
];
