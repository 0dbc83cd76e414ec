// PUBLIC_URL may have a path, which a proxy in front takes away: what leads to this service has it, and what the service itself
// listens to has not.

import t from 'tap';
import { buildTestApp } from '../support/build-app.ts';

/** The first and the second are the beginning of routes; to the second a slash is missing. */
const PATHS = ['/user', '/gate', '/tokens/of/acme'];

t.test('contract 3: the document names the routes as they are, whatever path PUBLIC_URL has', async (t) => {
  const plain = (await (await buildTestApp(t)).inject('/openapi.json')).json();
  for (const path of PATHS) {
    const PUBLIC_URL = `https://gatehouse.example${path}`;
    const { inject } = await buildTestApp(t, { settings: { PUBLIC_URL } });
    const { servers, paths } = (await inject('/openapi.json')).json();
    t.same(servers, [{ url: PUBLIC_URL }], path);
    t.same(Object.keys(paths), Object.keys(plain.paths), path);
  }
});

t.test('contract 3: the page of the document finds its parts below the path of PUBLIC_URL', async (t) => {
  for (const path of ['', ...PATHS]) {
    const { inject } = await buildTestApp(t, { settings: { PUBLIC_URL: `https://gatehouse.example${path}` } });
    const parts = [...(await inject('/docs')).body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, part = '']) => part);
    t.ok(parts.length > 3);
    for (const part of parts) {
      t.ok(part.startsWith(`${path}/docs/`), `${part} is below ${path}/docs`);
      t.equal((await inject(part.slice(path.length))).statusCode, 200, part);
    }
  }
});
