// What docker-compose.yml has the image of PostgreSQL do at its first start, without an engine of containers: the script, by psql.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { readInstallation } from '../src/db/installation.ts';
import { migrate } from '../src/db/migrate.ts';
import { createEmptyDatabase, databaseUrl } from './support/database.ts';
import { programs } from './support/programs.ts';
import { REUSE } from './support/reuse.ts';
import { scratchFolder } from './support/scratch-folder.ts';

const { superuser = null } = JSON.parse(process.env[REUSE] ?? '{}');
const ROOT = new URL('../', import.meta.url);

t.test('the service of docker-compose.yml signs in as a role that owns its database and is no superuser', async (t) => {
  const found = await programs(t, { psql: { name: 'psql', debian_package: 'postgresql-client' } });
  if (found === null) return;
  const compose = readFileSync(new URL('docker-compose.yml', ROOT), 'utf8');
  const [, script = ''] = /- \.\/(\S+):\/docker-entrypoint-initdb\.d\/\S+:ro$/m.exec(compose) ?? [];
  accessSync(new URL(script, ROOT), constants.X_OK);
  t.match(compose, 'DATABASE_URL: postgres://gatehouse:${POSTGRES_PASSWORD');

  const name = `composed_${process.pid}`;
  const url = databaseUrl(await createEmptyDatabase(t), name);
  const admin = new URL(databaseUrl(url, 'postgres'));
  admin.username = superuser;
  t.teardown(async () => {
    const cleaning = new pg.Client({ connectionString: admin.href });
    await cleaning.connect();
    await cleaning.query(`drop database if exists "${name}" with (force)`);
    await cleaning.query(`drop role if exists "${name}"`);
    await cleaning.end();
  });
  const file = join(scratchFolder(t), 'make-role.sh');
  writeFileSync(file, readFileSync(new URL(script, ROOT), 'utf8').replaceAll('gatehouse', name));
  const { host, port } = new pg.Client({ connectionString: admin.href });
  const env = { ...process.env, PGHOST: host, PGPORT: String(port), POSTGRES_USER: superuser };
  const password = `a "quoted" 'password'`;
  const run = () => spawnSync('sh', [file], { env: { ...env, POSTGRES_PASSWORD: password }, encoding: 'utf8' });
  const first = run();
  t.equal(first.status, 0, first.stderr);
  t.not(run().status, 0, 'a step that fails ends the start of the database');
  const service = new URL(url);
  service.username = name;
  t.ok((await migrate(service.href)).length > 30);
  const looking = { is_migrated: true, clock: () => new Date(), tell: () => undefined };
  const { seen } = await readInstallation(service.href, looking);
  t.match(seen.role, { name, is_superuser: false, makes_roles: false, owns_tables: true });
});
