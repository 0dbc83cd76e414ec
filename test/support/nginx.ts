// nginx and fcgiwrap with the shipped configuration, in a folder of the test.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { answers, type GatewayWorld, shippedConfiguration } from './gateway-world.ts';
import { type Program, runProgram } from './programs.ts';
import { scratchFolder } from './scratch-folder.ts';
import { freePort } from './service.ts';

export const NGINX = {
  nginx: { name: 'nginx', debian_package: 'nginx-light' },
  fcgiwrap: { name: 'fcgiwrap', debian_package: 'fcgiwrap' },
  git: { name: 'git', debian_package: 'git' },
  git_http_backend: { name: 'git-http-backend', debian_package: 'git' },
} satisfies Record<string, Program>;

/** `repositories`: the folder that Git serves. */
export async function startNginx(
  t: Test,
  found: Readonly<Record<keyof typeof NGINX, string>>,
  { service_port, platform, credential }: GatewayWorld,
): Promise<{ readonly port: number; readonly repositories: string }> {
  const folder = scratchFolder(t);
  const port = Number(await freePort());
  const [file, socket, repositories] = ['nginx.conf', 'fcgiwrap.socket', 'repositories'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  mkdirSync(repositories);
  // Where only the administrator may write by default.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const replaced = {
    '127.0.0.1:8000': `127.0.0.1:${port}`,
    '127.0.0.1:8080': `127.0.0.1:${service_port}`,
    '127.0.0.1:9000': `127.0.0.1:${platform.port}`,
    GATEWAY_CREDENTIAL: credential,
    '/run/fcgiwrap.socket': socket,
    '/usr/lib/git-core/git-http-backend': found.git_http_backend,
    '/srv/git': repositories,
    'events {}': `events {}\ndaemon off;\npid ${folder}/nginx.pid;${process.getuid?.() === 0 ? '\nuser root;' : ''}`,
    'http {': `http {\n  access_log off;\n  ${temporary.join('\n  ')}`,
  };
  writeFileSync(file, shippedConfiguration('nginx.conf', replaced));
  await runProgram(t, [found.fcgiwrap, '-c', '2', '-s', `unix:${socket}`], { until: async () => true });
  await runProgram(t, [found.nginx, '-p', folder, '-c', file, '-e', `${folder}/error.log`], {
    until: () => answers(port),
  });
  return { port, repositories };
}
