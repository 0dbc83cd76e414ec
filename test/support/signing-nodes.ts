// Nodes of one service that sign: each with settings of its own over one database, and one clock.

import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type Logger, pino } from 'pino';
import type { Test } from 'tap';
import { composeDeps } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import type { Environment } from '../../src/settings.ts';
import { isStartRefusal } from '../../src/start-refusal.ts';
import { prepareSigningKeys } from '../../src/use-cases/signing-keys/prepare-signing-keys.ts';
import { rotateSigningKeys } from '../../src/use-cases/signing-keys/rotate-signing-keys.ts';
import { settableClock } from './clock.ts';
import { createDatabase } from './database.ts';

export async function signingNodes(t: Test) {
  const { pool, db } = await createDatabase(t);
  const { clock, setTo } = settableClock();

  function node(settings: Environment = {}, monotonic_ms = () => performance.now()) {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) }) as Logger;
    const deps = composeDeps({ pool, config: loadConfig({ CACHE_MIB: '4', ...settings }), clock, log, monotonic_ms });
    t.teardown(() => deps.freshness.stop());
    return {
      deps,
      logged: () => lines.join(''),
      start: () => prepareSigningKeys(deps),
      /** The one line that a refused start says. */
      refusal: () =>
        prepareSigningKeys(deps).then(
          () => 'it started',
          (error: unknown) => (isStartRefusal(error) ? error.message : `not refused but failed: ${error}`),
        ),
      rotate: () => rotateSigningKeys(deps).then(deps.signer.forget),
      /** A JWT that this node signs now. */
      sign: () => {
        deps.signer.forget();
        return deps.signer.sign({ sub: '1' }, { typ: 'at+jwt' });
      },
      kids: async () => {
        deps.signer.forget();
        return (await deps.signer.jwks()).keys.map(({ kid }) => String(kid));
      },
      /** Whether who asks this node for its keys takes the JWT for genuine. */
      verifies: async (jwt: string) => {
        deps.signer.forget();
        const jwks = (await deps.signer.jwks()) as unknown as JSONWebKeySet;
        return jwtVerify(jwt, createLocalJWKSet(jwks)).then(
          () => true,
          () => false,
        );
      },
    };
  }

  const rows = () => db.selectFrom('signing_keys').selectAll().orderBy('id').execute();
  return { db, clock, setTo, node, rows };
}

/** The name of the key that signed the JWT. */
export function kidOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
}
