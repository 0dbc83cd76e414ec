// Cerbos, asked by AuthZEN over HTTP as we are. At its best: policies from a folder that is not watched, no audit, no telemetry, no
// metrics or traces sent, log of errors only. It keeps no tokens: what we look up (state and end of the token, its permissions and
// repositories, the holder's role, the owner's policy) comes with each question, and nobody has to prove who asks. The policy
// says the same as ours about a question of this kind.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { listening, start } from './start.mjs';

const POLICY = `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: repository
  version: default
  rules:
    - actions: ["contents:read"]
      effect: EFFECT_ALLOW
      roles: ["token"]
      condition:
        match:
          all:
            of:
              - expr: P.attr.state == "active"
              - expr: timestamp(P.attr.expires_at) > now()
              - expr: R.attr.fine_grained_tokens == "allowed"
              - expr: R.id in P.attr.repositories
              - expr: P.attr.permissions.contents in ["read", "write"]
              - expr: R.attr.holder_role in ["read", "triage", "write", "maintain", "admin"]
`;

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

await start(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cerbos-'));
  writeFileSync(join(folder, 'repository.yaml'), POLICY);
  const [port, grpc] = [await freePort(), await freePort()];
  const config = join(tmpdir(), `${folder.split('/').at(-1)}.json`);
  const settings = {
    server: { httpListenAddr: `127.0.0.1:${port}`, grpcListenAddr: `127.0.0.1:${grpc}`, logRequestPayloads: false },
    storage: { driver: 'disk', disk: { directory: folder, watchForChanges: false } },
    telemetry: { disabled: true },
    audit: { enabled: false },
  };
  writeFileSync(config, JSON.stringify(settings));
  const from = dirname(createRequire(import.meta.url).resolve('@cerbos/cerbos-linux-x64/package.json'));
  const args = ['server', `--config=${config}`, '--log-level=error', '--debug-listen-addr='];
  const environment = { ...process.env, OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' };
  const child = spawn(join(from, 'cerbos-linux-x64'), args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment,
  });
  process.on('exit', () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    rmSync(config, { force: true });
  });
  child.on('exit', (code) => process.exit(code ?? 1));
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/_cerbos/health`).catch(() => null);
    if (answer?.ok) return { port, pid: child.pid };
    await wait(50);
  }
  throw new Error('Cerbos does not answer');
});
