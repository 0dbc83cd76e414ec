// HAProxy from Debian's packages with the shipped configuration and script.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { answers, checkGateway, gatewayWorld, shippedConfiguration } from '../support/gateway-world.ts';
import { programs, runProgram } from '../support/programs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { freePort } from '../support/service.ts';

t.test('HAProxy asks before it lets a request through (Lua)', async (t) => {
  const found = await programs(t, { haproxy: { name: 'haproxy', debian_package: 'haproxy' } });
  if (found === null) return;
  const world = await gatewayWorld(t);
  const folder = scratchFolder(t);
  const port = await freePort();
  const [file, script] = [join(folder, 'haproxy.cfg'), join(folder, 'gatehouse.lua')];
  const replaced = {
    '/etc/haproxy/gatehouse.lua': script,
    'bind 127.0.0.1:8000': `bind 127.0.0.1:${port}`,
    'server platform 127.0.0.1:9000': `server platform 127.0.0.1:${world.platform.port}`,
  };
  writeFileSync(file, shippedConfiguration('haproxy.cfg', replaced));
  writeFileSync(script, shippedConfiguration('gatehouse.lua', {}));
  await runProgram(t, [found.haproxy, '-db', '-f', file], {
    env: { GATEWAY_CREDENTIAL: world.credential, GATEHOUSE_URL: `http://127.0.0.1:${world.service_port}` },
    until: () => answers(Number(port)),
  });
  await checkGateway(t, Number(port), world);
});
