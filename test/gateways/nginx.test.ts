// nginx from Debian's packages with the shipped configuration.

import t from 'tap';
import { checkGateway, gatewayWorld } from '../support/gateway-world.ts';
import { NGINX, startNginx } from '../support/nginx.ts';
import { programs } from '../support/programs.ts';

t.test('nginx asks before it lets a request through (auth_request)', async (t) => {
  const found = await programs(t, NGINX);
  if (found === null) return;
  const world = await gatewayWorld(t);
  const { port } = await startNginx(t, found, world);
  await checkGateway(t, port, world);
});
