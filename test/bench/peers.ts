// The peers that we compare with: installed into a folder of their own at the first run, each served by a process of its own
// (peers/*.mjs say how), each with a database of its own beside ours.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { databaseUrl } from '../support/database.ts';
import type { Ask } from './asking.ts';
import { post } from './cells.ts';
import type { Side } from './compare.ts';
import { askedOnce } from './contest.ts';
import type { Processes } from './processes.ts';
import type { World } from './world.ts';

const FOLDER = fileURLToPath(new URL('./peers', import.meta.url));
const SUBJECTS = 3000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

export type PeersPlace = {
  readonly database_url: string;
  /** How many tokens or keys each of them has. */
  readonly subjects: number;
};

type Manifest = { readonly packages: Readonly<Record<string, { readonly version?: string }>> };

function manifest(path: string): Manifest | null {
  const file = `${FOLDER}/${path}`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : null;
}

/** Installs what the lockfile says, unless it is there. Answers the versions; null where they cannot be had. */
export function installPeers(): readonly string[] | null {
  const wanted = manifest('package-lock.json')?.packages ?? {};
  const names = ['oidc-provider', 'better-auth', '@better-auth/api-key', '@cerbos/cerbos-linux-x64'];
  const versionOf = (of: Manifest | null, name: string) => of?.packages[`node_modules/${name}`]?.version;
  const isThere = () => {
    const there = manifest('node_modules/.package-lock.json');
    return names.every((name) => versionOf(there, name) === versionOf({ packages: wanted }, name));
  };
  if (!isThere()) {
    const args = ['ci', '--ignore-scripts', '--omit=peer', '--no-fund', '--no-audit', '--loglevel=error'];
    spawnSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return isThere() ? names.map((name) => `${name} ${versionOf({ packages: wanted }, name)}`) : null;
}

type Subject = { readonly text: string; readonly account?: string; readonly id?: string };
type Started = { readonly subjects: readonly Subject[]; readonly authorization?: string };

/** A side whose process makes what may be asked about, in an empty database. */
async function peerSide(
  { serve, loaders }: Processes,
  place: PeersPlace,
  name: string,
  askOf: (subject: Subject, started: Started) => Ask,
): Promise<Side> {
  const database_url = await emptyDatabase(place.database_url, name);
  const server = await serve(`./peers/${name}.mjs`, [database_url, String(place.subjects)], { NODE_ENV: 'production' });
  const started = server.started as Started;
  const asks = started.subjects.map((subject) => askOf(subject, started));
  return askedOnce({ name, server, loaders: await loaders(asks) }, asks.length);
}

export function oidcProviderSide(processes: Processes, place: PeersPlace): Promise<Side> {
  return peerSide(processes, place, 'oidc-provider', ({ text, account }, { authorization = '' }) => ({
    request: post('/token/introspection', { authorization, ...FORM }, `token=${text}&token_type_hint=access_token`),
    answers: ['"active":true', `"sub":"${account}"`],
  }));
}

export function betterAuthSide(processes: Processes, place: PeersPlace): Promise<Side> {
  return peerSide(processes, place, 'better-auth', ({ text, id }) => ({
    request: post('/verify', JSON_TYPE, JSON.stringify({ key: text })),
    answers: ['"valid":true', `"id":"${id}"`],
  }));
}

/** Cerbos keeps no tokens: what we look up comes with the question. */
export async function cerbosSide({ serve, loaders }: Processes, world: World): Promise<Side> {
  const asks = world.tokens.slice(0, SUBJECTS).map(({ id, repository }): Ask => {
    const properties = {
      'cerbos.roles': ['token'],
      state: 'active',
      expires_at: '2100-01-01T00:00:00Z',
      permissions: { contents: 'read', metadata: 'read' },
      repositories: [repository, `${repository}0`],
    };
    const question = {
      subject: { type: 'token', id: String(id), properties },
      action: { name: 'contents:read' },
      resource: {
        type: 'repository',
        id: repository,
        properties: { fine_grained_tokens: 'allowed', holder_role: 'triage' },
      },
    };
    return {
      request: post('/access/v1/evaluation', JSON_TYPE, JSON.stringify(question)),
      answers: ['"decision":true'],
    };
  });
  const server = await serve('./peers/cerbos.mjs', []);
  return askedOnce({ name: 'cerbos', server, loaders: await loaders(asks) }, asks.length);
}

async function emptyDatabase(beside: string, peer: string): Promise<string> {
  const name = `bench_${peer.replaceAll('-', '_')}_${process.pid}`;
  const client = new pg.Client({ connectionString: databaseUrl(beside, 'postgres') });
  await client.connect();
  try {
    await client.query(`drop database if exists ${name}`);
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return databaseUrl(beside, name);
}
