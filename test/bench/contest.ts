// Who is compared: a side is a server of its own process, warm, with load of one shape of its own. All that is asked is asked of the
// same tokens.

import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { WorkingToken } from '../support/large-world.ts';
import type { Ask } from './asking.ts';
import { asksOf, bareAsksOf, type CellName } from './cells.ts';
import type { Side } from './compare.ts';
import type { Processes, Server } from './processes.ts';
import { JWT_AUDIENCE, JWT_ISSUER, type SideName } from './sides.ts';
import { forgetEverything, type World } from './world.ts';

const CONNECTIONS_WARMING = 64;
/** Enough for the compiler, where nothing is remembered. */
const WARMING_REQUESTS = 20_000;
const DAY_SECONDS = 86_400;
const JWT_COUNT = 2000;
const FORGETTING_MS = 200;

/** A side that answers this cell, after it has been asked about every token once. */
export async function warmSide(
  processes: Processes,
  world: World,
  cell: CellName,
  side: Exclude<SideName, 'jwt'>,
): Promise<Side> {
  const asks = (side === 'service' ? asksOf : bareAsksOf)(cell, world.tokens, world.client);
  const requests_max = side === 'service' ? asks.length : WARMING_REQUESTS;
  return warmed(processes, side, asks, ['./serve.ts', [side, cell, world.database_url]], requests_max);
}

/** The bare route, where the text is a JWT that it verifies (ES256, jose): no look-up, no revocation. */
export async function jwtSide(processes: Processes, world: World, cell: CellName): Promise<Side> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const seconds = Math.floor(Date.now() / 1000);
  const tokens = await Promise.all(
    world.tokens.slice(0, JWT_COUNT).map(async (token): Promise<WorkingToken> => {
      const text = await new SignJWT({ scope: 'contents:read metadata:read', token_id: token.id })
        .setProtectedHeader({ alg: 'ES256' })
        .setSubject(String(token.id))
        .setIssuer(JWT_ISSUER)
        .setAudience(JWT_AUDIENCE)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + DAY_SECONDS)
        .sign(privateKey);
      return { ...token, text };
    }),
  );
  const asks = bareAsksOf(cell, tokens, world.client);
  return warmed(processes, 'jwt', asks, ['./serve.ts', ['jwt', cell, '', await exportSPKI(publicKey)]]);
}

/** The service, which has forgotten everything before each sample and is asked about no token twice. */
export async function coldSide(processes: Processes, world: World, cell: CellName): Promise<Side> {
  const asks = asksOf(cell, world.tokens, world.client);
  const service = ['./serve.ts', ['service', cell, world.database_url]] as const;
  const side = await warmed(processes, 'cold', asks, service, WARMING_REQUESTS);
  let asked = 0;
  return {
    ...side,
    loaders: {
      take: async (...args) => {
        const sample = await side.loaders.take(...args);
        asked += sample.requests;
        // Both processes of load go round in tokens of their own, at speeds that hardly differ.
        if (asked > world.tokens.length * 0.95) throw new Error('too few tokens: some were asked about twice');
        return sample;
      },
    },
    prepare: async () => {
      asked = 0;
      await forgetEverything(world.database_url);
      await new Promise((resolve) => setTimeout(resolve, FORGETTING_MS));
    },
  };
}

export async function warmed(
  { serve, loaders }: Processes,
  name: string,
  asks: readonly Ask[],
  [file, args, env]: readonly [string, readonly string[], Readonly<Record<string, string>>?],
  requests_max = Number.POSITIVE_INFINITY,
): Promise<Side> {
  const [server, load] = await Promise.all([serve(file, args, env), loaders(asks)]);
  return askedOnce({ name, server, loaders: load }, Math.min(asks.length, requests_max));
}

/** Everything is asked about once: what is remembered then is all. */
export async function askedOnce(side: Side, requests: number): Promise<Side> {
  await side.loaders.take(side.server as Server, CONNECTIONS_WARMING, { requests });
  return side;
}
