// Signing in and out.

import { needs, nobody, type Step, session, shows } from './step.ts';

const ADMIN = { login: 'admin', password: 'an-example-of-a-password' };

export const PEOPLE: readonly Step[] = [
  shows('POST /sessions', 201, 'Signed in', nobody, { body: ADMIN, keep: 'admin' }),
  shows('POST /sessions', 401, 'Wrong password', nobody, { body: { ...ADMIN, password: 'not-the-password' } }),
  shows('POST /sessions', 422, 'A member is missing', nobody, { body: { login: 'admin' } }),
  needs('POST /sessions', 201, nobody, { body: ADMIN, keep: 'second' }),
  shows('DELETE /session', 204, 'Signed out', session('second')),
  shows('DELETE /session', 401, 'Signed out before', session('second')),
];
