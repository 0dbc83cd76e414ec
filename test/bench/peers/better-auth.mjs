// better-auth's verification of API keys in PostgreSQL, its endpoint for servers behind a bare Fastify route. At its best: production
// mode, no log, no telemetry, its rate limits off (one write less a verification; the other, `updatedAt`, it always makes), updates
// deferred where it can, a pool as large as ours.
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import fastify from 'fastify';
import pg from 'pg';
import { start } from './start.mjs';

const [database_url, count] = process.argv.slice(2);

await start(async () => {
  const options = {
    baseURL: 'http://127.0.0.1',
    secret: 'a secret of the bench that is long enough, 32 characters',
    database: new pg.Pool({ connectionString: database_url, max: 10 }),
    emailAndPassword: { enabled: true },
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    plugins: [apiKey({ rateLimit: { enabled: false }, deferUpdates: true, enableMetadata: false })],
  };
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  const body = { name: 'bench', email: 'bench@example.test', password: 'a password of the bench' };
  const { user } = await auth.api.signUpEmail({ body });
  const subjects = [];
  for (let i = 0; i < Number(count); i += 1) {
    const permissions = { contents: ['read'] };
    const made = await auth.api.createApiKey({ body: { name: `key ${i}`, userId: user.id, permissions } });
    subjects.push({ text: made.key, id: made.id });
  }
  const app = fastify();
  const schema = { body: { type: 'object', required: ['key'], properties: { key: { type: 'string' } } } };
  app.post('/verify', { schema }, (request) => auth.api.verifyApiKey({ body: { key: request.body.key } }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port, subjects };
});
