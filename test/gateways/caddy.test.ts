// Caddy from Debian's packages with the shipped configuration.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { answers, checkGateway, gatewayWorld, shippedConfiguration } from '../support/gateway-world.ts';
import { programs, runProgram } from '../support/programs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { freePort } from '../support/service.ts';

t.test('Caddy asks before it lets a request through (forward_auth)', async (t) => {
  const found = await programs(t, { caddy: { name: 'caddy', debian_package: 'caddy' } });
  if (found === null) return;
  const world = await gatewayWorld(t);
  const folder = scratchFolder(t);
  const port = await freePort();
  const file = join(folder, 'Caddyfile');
  const addresses = {
    '127.0.0.1:8000': `127.0.0.1:${port}`,
    '127.0.0.1:8080': `127.0.0.1:${world.service_port}`,
    '127.0.0.1:9000': `127.0.0.1:${world.platform.port}`,
  };
  writeFileSync(file, shippedConfiguration('Caddyfile', addresses));
  await runProgram(t, [found.caddy, 'run', '--config', file, '--adapter', 'caddyfile'], {
    env: { GATEWAY_CREDENTIAL: world.credential, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    until: () => answers(Number(port)),
  });
  await checkGateway(t, Number(port), world);
});
