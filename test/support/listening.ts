// The application behind a socket of this machine, for what others' code asks: its PUBLIC_URL is where it listens.

import type { Test } from 'tap';
import { buildTestApp, type TestAppOptions } from './build-app.ts';
import { freePort } from './service.ts';
import { tokenRowsOf } from './token-rows.ts';
import { worldOf } from './world.ts';

export async function listeningApp(t: Test, { settings = {}, ...options }: TestAppOptions = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const made = await buildTestApp(t, { ...options, settings: { ...settings, PORT: port, PUBLIC_URL: url } });
  await made.app.listen({ host: '127.0.0.1', port: Number(port) });
  return { ...made, url, issuer: new URL(url), world: worldOf(made.deps), rows: tokenRowsOf(made.deps) };
}
